"""`cutpoint flash`: a dry run needs no board, an image is complete, `--model` alone swaps the model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import cutpoint
from cutpoint.board import read_slot_image, slot_image
from host_tools.provision import Entry, nvs_image
from host_tools.shipped import shipped_bundle
from tests.cli.conftest import Run
from tests.flash.built_files import idf_build, nvs_bytes, pio_build, rows_of, table_bytes
from tests.flash.conftest import FakeEsptool


@pytest.fixture
def nvs(tmp_path: Path) -> Path:
    path = tmp_path / "nvs.bin"
    path.write_bytes(nvs_bytes())
    return path


def test_a_dry_run_prints_addresses_sizes_and_hashes(run: Run, idf: Path, nvs: Path) -> None:
    outcome = run("flash", "--build", idf, "--model", shipped_bundle(), "--nvs", nvs, "--dry-run", "--json")
    assert outcome.code == 0
    plan = json.loads(outcome.out)
    image = slot_image(cutpoint.Bundle.open(shipped_bundle()))
    model = next(part for part in plan["parts"] if part["name"] == "model")
    assert model["address"] == 0x320000
    assert model["bytes"] == len(image)
    assert model["sha256"] == hashlib.sha256(image).hexdigest()
    table = run("flash", "--build", idf, "--dry-run")
    for words in (
        "0x00001000",
        "0x00008000",
        "0x00020000",
        "bootloader",
        "partition table",
        "otadata",
        "note: no model",
    ):
        assert words in table.sentence


def test_the_image_for_an_emulator_is_the_whole_flash(run: Run, idf: Path, nvs: Path, tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    arguments = (
        "flash",
        "--build",
        idf,
        "--model",
        shipped_bundle(),
        "--nvs",
        nvs,
        "--dry-run",
        "--image",
        path,
    )
    assert run(*arguments).code == 0
    image = path.read_bytes()
    assert len(image) == 4 << 20
    assert image[0x9000:0x19000] == nvs.read_bytes()
    assert image[0x20000 : 0x20000 + 1000] == (idf / "cutpoint.bin").read_bytes()[:1000]
    assert read_slot_image(image[0x320000:0x390000]).name == "fomo_digits"
    assert set(image[0x390000:]) == {0xFF}
    assert path.stat().st_mode & 0o777 == 0o600  # it holds settings
    assert run(*arguments, "--flash-size", "8MB").code == 0
    assert path.stat().st_size == 8 << 20


def test_nothing_built_says_what_is_missing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "firmware/esp32/boards").mkdir(parents=True)
    (tmp_path / "firmware/esp32/CMakeLists.txt").touch()
    (tmp_path / "firmware/esp32/boards/esp32dev.defaults").write_text('CONFIG_IDF_TARGET="esp32"\n')
    monkeypatch.chdir(tmp_path)
    outcome = run("flash", "--dry-run")
    assert outcome.code == 2
    assert "nothing has been built yet" in outcome.sentence
    assert "Missing are bootloader, partition table and app" in outcome.sentence
    assert "cutpoint build --env esp32dev" in outcome.sentence
    assert (
        "nothing has been built for esp32dev yet" in run("flash", "--env", "esp32dev", "--dry-run").sentence
    )
    assert "--env is 'esp8266'; expected one of esp32dev" in run("flash", "--env", "esp8266").sentence


def test_builds_are_found_by_environment_and_the_only_one_by_itself(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = tmp_path / "firmware/esp32/boards"
    boards.mkdir(parents=True)
    (tmp_path / "firmware/esp32/CMakeLists.txt").touch()
    for name, chip in (("esp32dev", "esp32"), ("esp32-c3", "esp32c3")):
        (boards / f"{name}.defaults").write_text(f'CONFIG_IDF_TARGET="{chip}"\n')
    monkeypatch.chdir(tmp_path)
    pio_build(tmp_path / ".pio/build/esp32dev")
    assert "esp32dev (PlatformIO): ESP32, 4MB" in run("flash", "--dry-run").sentence
    idf_build(tmp_path / "build/firmware/esp32-c3", "esp32c3")
    several = run("flash", "--dry-run")
    assert several.code == 2
    assert "more than one build" in several.sentence
    assert "esp32-c3 (idf.py): ESP32-C3, 4MB" in run("flash", "--env", "esp32-c3", "--dry-run").sentence


def test_options_that_contradict_each_other_are_refused_instead_of_ignored(
    run: Run, idf: Path, tmp_path: Path
) -> None:
    both = run("flash", "--env", "esp32-s3-eye", "--build", idf, "--dry-run")
    assert both.code == 2
    assert "each name a build; keep one" in both.sentence
    files = run(
        "flash", "--build", idf, "--factory", tmp_path / "dist", "--dry-run", "--image", tmp_path / "f"
    )
    assert files.code == 2
    assert "leave out --image" in files.sentence
    assert not (tmp_path / "dist").exists()
    sizes = run(
        "provision", "--broker", "mqtt://h", "--env", "esp32dev", "--build", idf, "--out", tmp_path / "n.bin"
    )
    assert sizes.code == 2
    assert "each name a build" in sizes.sentence


def test_a_board_is_written_and_verified(run: Run, idf: Path, nvs: Path, fake_esptool: FakeEsptool) -> None:
    memory = fake_esptool.memory(b"\xff" * (4 << 20))
    port = fake_esptool.board()
    outcome = run("flash", "--build", idf, "--nvs", nvs, "--model", shipped_bundle(), "--port", port)
    assert outcome.code == 0
    assert "written and verified" in outcome.sentence
    assert memory.read_bytes()[0x9000:0x19000] == nvs.read_bytes()


def test_the_wrong_chip_ends_with_code_2_and_writes_nothing(
    run: Run, idf: Path, fake_esptool: FakeEsptool
) -> None:
    fake_esptool.board("ESP32-S3")
    outcome = run("flash", "--build", idf)
    assert outcome.code == 2
    assert "wrong chip" in outcome.sentence
    assert all("write-flash" not in call["words"] for call in fake_esptool.calls)


def a_running_board(fake: FakeEsptool, record: bytes | None) -> Path:
    flash = bytearray(b"\xff" * (4 << 20))
    flash[0x8000:0x8C00] = table_bytes(rows_of())
    if record is not None:
        flash[0x1C000:0x20000] = nvs_image("slots", [Entry("choice", "blob", record)], 0x4000)
    fake.board()
    return fake.memory(bytes(flash))


@pytest.mark.parametrize(
    ("record", "address"),
    [
        (None, 0x320000),
        (bytes([1, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0]), 0x390000),
        (bytes([1, 1, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0]), 0x320000),
    ],
)
def test_model_alone_writes_the_slot_that_is_not_in_use_and_nothing_else(
    run: Run, fake_esptool: FakeEsptool, record: bytes | None, address: int
) -> None:
    memory = a_running_board(fake_esptool, record)
    before = memory.read_bytes()
    assert run("flash", "--model", shipped_bundle()).code == 0
    after = memory.read_bytes()
    stamp = read_slot_image(after[address:]).stamp
    assert stamp != 0  # the board tries it, whatever it has judged before
    image = slot_image(cutpoint.Bundle.open(shipped_bundle()), stamp=stamp)
    assert after == before[:address] + image + before[address + len(image) :]


def test_erasing_is_never_a_mere_swap_of_the_model(run: Run, idf: Path, fake_esptool: FakeEsptool) -> None:
    a_running_board(fake_esptool, None)
    outcome = run("flash", "--model", shipped_bundle(), "--build", idf, "--erase")
    assert outcome.code == 0
    assert "give it a new key" in outcome.sentence
    assert any("--erase-all" in call["words"] for call in fake_esptool.calls)


def test_swapping_without_a_board_shows_where_the_model_would_go(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "firmware/esp32").mkdir(parents=True)
    (tmp_path / "firmware/esp32/CMakeLists.txt").touch()
    idf_build(tmp_path / "firmware/esp32/build")
    monkeypatch.chdir(tmp_path)
    outcome = run("flash", "--model", shipped_bundle(), "--dry-run")
    assert outcome.code == 0
    assert "0x00320000" in outcome.out
    assert "bootloader" not in outcome.out
    assert "the slot that it does not use" in outcome.sentence


@pytest.mark.parametrize(
    ("model", "sentence"),
    [("model.tflite", "is a .tflite file; expected a bundle's folder"), ("nothing.cut", "is no bundle")],
)
def test_a_foreign_model_is_refused(run: Run, tmp_path: Path, model: str, sentence: str) -> None:
    (tmp_path / "model.tflite").write_bytes(b"TFL3")
    outcome = run("flash", "--model", tmp_path / model)
    assert outcome.code == 2
    assert sentence in outcome.sentence


def test_a_truncated_bundle_is_refused_before_a_board_is_looked_for(
    run: Run, tmp_path: Path, fake_esptool: FakeEsptool
) -> None:
    bundle = cutpoint.Bundle.create(cutpoint.load(shipped_bundle() / "full.tflite"), tmp_path, name="m")
    device = bundle.path / "device.tflite"
    device.write_bytes(device.read_bytes()[:-100])
    outcome = run("flash", "--model", bundle.path)
    assert outcome.code == 2
    assert "device.tflite" in outcome.sentence
    assert fake_esptool.calls == []


def test_factory_files_hold_every_part_and_no_settings(
    run: Run, idf: Path, nvs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "factory"
    outcome = run("flash", "--build", idf, "--model", shipped_bundle(), "--factory", folder)
    assert outcome.code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    (build,) = manifest["builds"]
    assert build["chipFamily"] == "ESP32"
    assert build["improv"] is True
    merged = (folder / "factory.bin").read_bytes()
    for part in build["parts"]:
        data = (folder / part["path"]).read_bytes()
        assert merged[part["offset"] : part["offset"] + len(data)] == data
    assert [part["offset"] for part in build["parts"]] == [
        0x1000,
        0x8000,
        0x19000,
        0x20000,
        0x320000,
        0x390000,
    ]
    refused = run("flash", "--build", idf, "--nvs", nvs, "--factory", folder)
    assert refused.code == 2
    assert "--nvs holds secrets" in refused.sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--image", "x.bin"), "say so with --dry-run"),
        (("--on-board", "3"), "name its bundle with --model"),
        (("--flash-size", "5MB"), "flash size '5MB'; expected 1MB, 2MB, 4MB"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_use(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = run("flash", *arguments)
    assert outcome.code == 2
    assert sentence in outcome.sentence
