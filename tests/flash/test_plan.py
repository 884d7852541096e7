"""A plan is checked before anything is written: where everything goes, that it fits, that it is for this board."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from host_tools.flash import (
    FlashPlan,
    Part,
    SlotsInUse,
    plan_firmware,
    plan_model,
    read_build,
    targets,
)
from tests.flash.built_files import idf_build, image_bytes, nvs_bytes, pio_build, rows_of, table_bytes

MODEL = b"CPSL" + bytes(4) + b"\x11\x22\x33\x44" + b"m" * 9000


def test_a_build_of_idf_becomes_a_plan_in_order_of_addresses(idf: Path) -> None:
    plan = plan_firmware(read_build(idf), model=(MODEL, "m.cut"), settings=(nvs_bytes(), "nvs.bin"))
    assert [(part.name, part.address) for part in plan.parts] == [
        ("bootloader", 0x1000),
        ("partition table", 0x8000),
        ("settings", 0x9000),
        ("otadata", 0x19000),
        ("app", 0x20000),
        ("model", 0x320000),
        ("spare", 0x390000),
    ]
    assert plan.parts[5].data == MODEL
    assert plan.parts[6].data == b"\xff" * 4096  # so that no older model is left to choose


@pytest.mark.parametrize(
    ("chip", "size"), [("esp32", "4MB"), ("esp32s3", "8MB"), ("esp32s3", "16MB"), ("esp32c3", "4MB")]
)
def test_both_tools_builds_give_the_same_plan(tmp_path: Path, chip: str, size: str) -> None:
    by_idf = plan_firmware(read_build(idf_build(tmp_path / "idf", chip, size)))
    by_pio = plan_firmware(read_build(pio_build(tmp_path / "pio", chip, size)))
    assert [(part.address, part.data) for part in by_idf.parts] == [
        (part.address, part.data) for part in by_pio.parts
    ]
    assert by_idf.chip == by_pio.chip
    assert by_idf.flash_bytes == by_pio.flash_bytes


def test_the_image_is_what_esptool_would_merge_byte_by_byte(idf: Path, tmp_path: Path) -> None:
    plan = plan_firmware(read_build(idf), model=(MODEL, "m.cut"), settings=(nvs_bytes(), "nvs.bin"))
    pairs = []
    for part in plan.parts:
        path = tmp_path / f"{part.name}.bin"
        path.write_bytes(part.data)
        pairs += [hex(part.address), str(path)]
    keep = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"]
    merge = [sys.executable, "-m", "esptool", "--chip", "esp32", "merge-bin", *keep]
    padded, merged = tmp_path / "padded.bin", tmp_path / "merged.bin"
    subprocess.run([*merge, "--pad-to-size", "4MB", "-o", padded, *pairs], check=True, capture_output=True)
    subprocess.run([*merge, "-o", merged, *pairs], check=True, capture_output=True)
    assert len(plan.image()) == 4 << 20
    assert plan.image() == padded.read_bytes()
    assert plan.merged() == merged.read_bytes()


def test_hashes_are_of_what_is_written_and_settings_have_none(idf: Path) -> None:
    plan = plan_firmware(read_build(idf), settings=(nvs_bytes(), "nvs.bin"))
    for part in plan.parts:
        assert part.sha256 == (None if part.name == "settings" else hashlib.sha256(part.data).hexdigest())


def test_nothing_of_the_content_is_in_a_printed_plan(idf: Path) -> None:
    secret = nvs_bytes()[:-32] + b"a very secret password of mine!!"
    plan = plan_firmware(read_build(idf), settings=(secret, "nvs.bin"))
    assert "secret password" not in repr(plan)


def test_a_flash_that_is_too_small_is_named(tmp_path: Path) -> None:
    build = read_build(idf_build(tmp_path / "big", "esp32s3", "8MB"))
    with pytest.raises(UsageError, match=r"flash too small: .* needs 8MB, the flash has 4MB"):
        plan_firmware(build, flash_size=4 << 20)


def test_an_app_that_outgrew_its_slot_says_by_how_much(tmp_path: Path) -> None:
    build = read_build(idf_build(tmp_path / "fat", payload=b"x" * 0x180000))
    with pytest.raises(UsageError, match=r"cutpoint.bin has 1,573,\d+ B, \d+ more than the slot ota_0 holds"):
        plan_firmware(build)


def test_a_model_larger_than_its_slot_says_what_to_do(idf: Path) -> None:
    with pytest.raises(UsageError, match=r"needs 458,753 B in its slot, the slot has 458,752: .*--max-cut"):
        plan_firmware(read_build(idf), model=(b"x" * 458_753, "big.cut"))


def test_settings_of_another_size_or_kind_are_refused(idf: Path) -> None:
    with pytest.raises(UsageError, match=r"has 24,576 B; the settings' partition has 65,536"):
        plan_firmware(read_build(idf), settings=(nvs_bytes(0x6000), "nvs.bin"))
    with pytest.raises(UsageError, match="is no NVS image"):
        plan_firmware(read_build(idf), settings=(b"x" * 0x10000, "photo.jpg"))


def test_parts_that_overlap_are_refused() -> None:
    parts = (Part("a", 0, b"x" * 20, 100, ""), Part("b", 10, b"x", 100, ""))
    with pytest.raises(UsageError, match="a and b overlap at 0xa"):
        FlashPlan(None, 1 << 20, parts)


@pytest.mark.parametrize(
    "name", ["bootloader/bootloader.bin", "partition_table/partition-table.bin", "cutpoint.bin"]
)
def test_a_build_with_a_missing_or_empty_file_is_unfinished(idf: Path, name: str) -> None:
    (idf / name).write_bytes(b"")
    with pytest.raises(UsageError, match=f"{name} is empty; the build is not finished"):
        read_build(idf)
    (idf / name).unlink()
    with pytest.raises(UsageError, match=f"{name} does not exist; the build is not finished"):
        read_build(idf)


def test_a_build_that_mixes_chips_is_refused(idf: Path) -> None:
    (idf / "bootloader/bootloader.bin").write_bytes(image_bytes("esp32s3"))
    with pytest.raises(UsageError, match=r"bootloader.bin is for ESP32-S3, but the build is for ESP32"):
        read_build(idf)


def test_an_app_where_no_slot_begins_is_refused(idf: Path) -> None:
    rows = [row if row[0] != "ota_0" else ("ota_0", 0, 0x10, 0x30000, 0x170000) for row in rows_of()]
    (idf / "partition_table/partition-table.bin").write_bytes(table_bytes(rows))
    with pytest.raises(
        UsageError, match="puts the app at 0x20000, where the partition table has no app slot"
    ):
        plan_firmware(read_build(idf))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"flash_files": {"zero": "x"}}', '{"flash_files": []}', "\0"]
)
def test_a_damaged_flasher_args_is_called_that(idf: Path, text: str) -> None:
    (idf / "flasher_args.json").write_text(text)
    with pytest.raises(UsageError, match=r"not what idf.py writes|is empty"):
        read_build(idf)


def test_a_folder_without_a_build_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no finished build: .*cutpoint build --env esp32dev"):
        read_build(tmp_path)


def test_extra_files_of_a_build_are_written_too(idf: Path) -> None:
    arguments = json.loads((idf / "flasher_args.json").read_text())
    arguments["flash_files"]["0x1b000"] = "phy.bin"
    (idf / "flasher_args.json").write_text(json.dumps(arguments))
    (idf / "phy.bin").write_bytes(b"phy")
    assert ("phy", 0x1B000) in [(part.name, part.address) for part in plan_firmware(read_build(idf)).parts]


@pytest.mark.parametrize(
    ("slots", "labels"),
    [
        (None, ("model",)),
        (SlotsInUse(0, False, (0, 0)), ("model",)),  # never started: it takes the first
        (SlotsInUse(0, False, (1, 2)), ("spare",)),
        (SlotsInUse(1, False, (1, 2)), ("model",)),
        (SlotsInUse(1, True, (1, 2)), ("model", "spare")),
    ],
)
def test_a_new_model_goes_where_the_board_will_run_it(
    slots: SlotsInUse | None, labels: tuple[str, ...]
) -> None:
    assert targets(slots) == labels


def test_swapping_writes_the_model_and_nothing_else(idf: Path) -> None:
    plan = plan_model(read_build(idf).table, MODEL, "m.cut", ("spare",), 4 << 20)
    assert [(part.name, part.address, part.data) for part in plan.parts] == [("spare", 0x390000, MODEL)]
