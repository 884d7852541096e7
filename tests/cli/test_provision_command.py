"""`cutpoint provision`: images, boards and batches, and secrets that nobody sees."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutpoint.wire import read_keys
from host_tools.provision import DEFAULT_BYTES
from tests.cli.conftest import Run
from tests.flash.built_files import ROOT, rows_of, table_bytes
from tests.flash.conftest import FakeEsptool
from tests.provision.nvs_parser import parse

SECRET = "Tr0ub4dor&3-horse"
KEY = "0123456789abcdef" * 4


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    return f"@{path}"


def settings_of(path: Path) -> dict[str, object]:
    return {key: value for key, (_, value) in parse(path.read_bytes())["cutpoint"].items()}


def a_board(fake: FakeEsptool, rows: list[tuple[str, int, int, int, int]] | None = None) -> Path:
    flash = bytearray(b"\xff" * (4 << 20))
    flash[0x8000:0x8C00] = table_bytes(rows_of() if rows is None else rows)
    fake.board()
    return fake.memory(bytes(flash))


def test_an_image_holds_what_was_given_and_is_its_owners_alone(
    run: Run, tmp_path: Path, secret_file: str
) -> None:
    out = tmp_path / "nvs.bin"
    outcome = run(
        *("provision", "--wifi-ssid", "lab", "--wifi-pass", secret_file, "--broker", "mqtt://10.0.2.2"),
        *("--set", "period_ms=250", "--id", "cam-1", "--out", out),
    )
    assert outcome.code == 0
    assert settings_of(out) == {
        "wifi_ssid": "lab",
        "wifi_pass": SECRET,
        "broker": "mqtt://10.0.2.2",
        "period_ms": 250,
        "id": "cam-1",
    }
    assert out.stat().st_size == DEFAULT_BYTES
    assert out.stat().st_mode & 0o777 == 0o600
    assert SECRET not in outcome.out + outcome.err
    assert "wifi_pass set" in outcome.sentence


def test_the_size_is_the_one_of_the_builds_partition_table(run: Run, idf: Path, tmp_path: Path) -> None:
    rows = [row if row[0] != "nvs" else ("nvs", 1, 2, 0x9000, 0x5000) for row in rows_of()]
    (idf / "partition_table/partition-table.bin").write_bytes(table_bytes(rows))
    out = tmp_path / "nvs.bin"
    assert run("provision", "--broker", "mqtt://h", "--build", idf, "--out", out).code == 0
    assert out.stat().st_size == 0x5000
    assert run("provision", "--broker", "mqtt://h", "--size", "0x8000", "--out", out).code == 0
    assert out.stat().st_size == 0x8000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "where to? --out FILE writes an image"),
        (("--out", "x.bin"), "no broker is given"),
        (("--out", "x.bin", "--broker", "mqtt://h", "--size", "many"), "--size is 'many'"),
        (("--out", "x.bin", "--broker", "10.0.0.1"), "broker"),
        (("--out", "x.bin", "--set", "chunk"), "--set expects KEY=VALUE"),
        (("--out", "x.bin", "--set", "sixteen_letters_=1"), "has 16 characters; NVS takes keys of up to 15"),
        (("--out", "x.bin", "--new-key"), "name it with --keys"),
        (("--out", "x", "--count", "2", "--port", "auto"), "make images in a folder"),
        (("--improv",), "--improv --port PORT"),
        (("--improv", "--port", "/dev/ttyNONE"), "none is given: --wifi-ssid NAME"),
        (("--improv", "--port", "/dev/ttyNONE", "--wifi-ssid", "x"), "/dev/ttyNONE does not exist"),
        (("--out", "x.bin", "--broker", "mqtt://h", "--keys", "k.toml"), "unless you say --id"),
    ],
)
def test_wrong_use_is_a_sentence_and_writes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("provision", *arguments)
    assert outcome.code == 2
    assert sentence in outcome.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_secret_on_the_command_line_is_warned_of_and_not_repeated(run: Run, tmp_path: Path) -> None:
    outcome = run("provision", "--broker", "mqtt://h", "--set", f"mqtt_pass={SECRET}", "--set", "mqtt_user=u",
                  "--out", tmp_path / "n.bin")  # fmt: skip
    assert outcome.code == 0
    assert "mqtt_pass stood on the command line" in outcome.err
    assert SECRET not in outcome.out + outcome.err


def test_a_file_of_secrets_that_others_may_read_is_warned_of(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    file.write_text(f'broker = "mqtt://h"\nwifi_ssid = "lab"\nwifi_pass = "{SECRET}"\n')
    file.chmod(0o644)
    assert f"chmod 600 {file}" in run("provision", "--file", file, "--out", tmp_path / "n.bin").sentence
    file.chmod(0o600)
    assert "chmod" not in run("provision", "--file", file, "--out", tmp_path / "n.bin").sentence


def test_a_key_is_in_the_image_and_in_the_edges_file(run: Run, tmp_path: Path) -> None:
    keys, out = tmp_path / "keys.toml", tmp_path / "nvs.bin"
    arguments = ("provision", "--broker", "mqtt://h", "--id", "cam-1", "--keys", keys, "--out", out)
    outcome = run(*arguments)
    (key,) = read_keys(keys).values()
    assert settings_of(out)["aead_key"] == key.reveal()
    assert key.reveal().hex() not in outcome.out + outcome.err
    run(*arguments)
    assert settings_of(out)["aead_key"] == key.reveal()
    run(*arguments, "--new-key")
    assert settings_of(out)["aead_key"] != key.reveal()
    both = run(*arguments, "--set", f"aead_key={KEY}")
    assert both.code == 2
    assert "keep one" in both.sentence
    assert KEY not in both.out + both.err


def test_a_batch_is_one_image_and_one_key_a_device(run: Run, tmp_path: Path) -> None:
    devices, folder, keys = tmp_path / "devices.csv", tmp_path / "images", tmp_path / "keys.toml"
    devices.write_text("id,wifi_ssid\ncam-1,north\ncam-2,\n")
    outcome = run(
        *("provision", "--broker", "mqtt://h", "--wifi-ssid", "south", "--batch", devices, "--out", folder),
        *("--keys", keys, "--json"),
    )
    assert outcome.code == 0
    assert [one["id"] for one in json.loads(outcome.out)["images"]] == ["cam-1", "cam-2"]
    first, second = settings_of(folder / "cam-1.bin"), settings_of(folder / "cam-2.bin")
    assert (first["wifi_ssid"], second["wifi_ssid"]) == ("north", "south")
    known = read_keys(keys)
    assert {name: key.reveal() for name, key in known.items()} == {
        "cam-1": first["aead_key"],
        "cam-2": second["aead_key"],
    }


def test_a_batch_with_one_wrong_device_writes_none(run: Run, tmp_path: Path) -> None:
    devices, folder = tmp_path / "devices.csv", tmp_path / "images"
    devices.write_text("id,chunk\ncam-1,512\ncam-2,many\n")
    outcome = run("provision", "--broker", "mqtt://h", "--batch", devices, "--out", folder)
    assert outcome.code == 2
    assert "line 3" in outcome.sentence
    assert not folder.exists()


def test_numbered_images(run: Run, tmp_path: Path) -> None:
    assert (
        run(
            "provision", "--broker", "mqtt://h", "--name", "cam", "--count", "3", "--out", tmp_path / "i"
        ).code
        == 0
    )
    assert sorted(path.name for path in (tmp_path / "i").iterdir()) == [f"cam-000{n}.bin" for n in (1, 2, 3)]
    assert settings_of(tmp_path / "i/cam-0002.bin")["id"] == "cam-0002"


def test_port_writes_the_settings_partition_and_nothing_else(
    run: Run, fake_esptool: FakeEsptool, tmp_path: Path, secret_file: str
) -> None:
    memory = a_board(fake_esptool)
    before = memory.read_bytes()
    keys = tmp_path / "keys.toml"
    outcome = run(
        *("provision", "--wifi-ssid", "lab", "--wifi-pass", secret_file, "--broker", "mqtt://h"),
        *("--keys", keys, "--port", "auto"),
    )
    assert outcome.code == 0
    after = memory.read_bytes()
    assert after[:0x9000] + after[0x19000:] == before[:0x9000] + before[0x19000:]
    written = {key: value for key, (_, value) in parse(after[0x9000:0x19000])["cutpoint"].items()}
    (key,) = read_keys(keys).items()
    assert key[0] == "cutpoint-a1b2c3"  # the last digits of the board's MAC
    assert written == {
        "wifi_ssid": "lab",
        "wifi_pass": SECRET,
        "broker": "mqtt://h",
        "aead_key": key[1].reveal(),
    }


def test_a_board_with_another_firmware_keeps_its_settings(run: Run, fake_esptool: FakeEsptool) -> None:
    memory = a_board(fake_esptool, [("nvs", 1, 2, 0x9000, 0x6000), ("factory", 0, 0, 0x10000, 0x100000)])
    before = memory.read_bytes()
    outcome = run("provision", "--broker", "mqtt://h", "--port", "/dev/ttyUSB0")
    assert outcome.code == 2
    assert "not of Cutpoint's firmware" in outcome.sentence
    assert memory.read_bytes() == before


def test_no_secret_is_in_any_command_line_while_a_board_is_written(
    fake_esptool: FakeEsptool, tmp_path: Path
) -> None:
    a_board(fake_esptool)
    file = tmp_path / "board.toml"
    file.write_text(f'broker = "mqtt://h"\nmqtt_user = "u"\nmqtt_pass = "{SECRET}"\naead_key = "{KEY}"\n')
    file.chmod(0o600)
    ended = subprocess.run(
        [sys.executable, "-m", "host_tools", "provision", "--file", file, "--port", "/dev/ttyUSB0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0
    seen = [line for call in fake_esptool.calls for line in call["processes"]]
    assert any("write-flash" in line for line in seen)
    for secret in (SECRET, KEY):
        assert not any(secret in line for line in seen)
        assert secret not in ended.stdout + ended.stderr
    (call,) = [call for call in fake_esptool.calls if "write-flash" in call["words"]]
    assert set(call["modes"].values()) == {0o600}
    assert not any(Path(name).exists() for name in call["modes"])


def test_a_password_is_asked_for_without_echo_at_a_terminal(tmp_path: Path) -> None:
    out = tmp_path / "nvs.bin"
    command = [
        "provision",
        "--wifi-ssid",
        "lab",
        "--broker",
        "mqtt://h",
        "--set",
        "mqtt_user=",
        "--out",
        str(out),
    ]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "host_tools", *command])
    shown, end = b"", time.monotonic() + 40
    while b"password" not in shown:
        assert time.monotonic() < end
        shown += os.read(terminal, 1024)
    time.sleep(0.2)  # getpass switches the echo off before it asks, and drops what was typed before
    os.write(terminal, SECRET.encode() + b"\n")
    while True:
        try:
            shown += os.read(terminal, 1024)
        except OSError:
            break
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert SECRET.encode() not in shown
    assert settings_of(out)["wifi_pass"] == SECRET


def test_help_and_list_show_no_environment_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTPOINT_SET_WIFI_PASS", SECRET)
    for arguments in (("provision", "--help"), ("provision", "--list"), ("provision", "--list", "--json")):
        outcome = run(*arguments)
        assert outcome.code == 0
        assert SECRET not in outcome.out + outcome.err
    assert "aead_key" in outcome.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_a_board_is_written_leaves_no_secret_behind(
    fake_esptool: FakeEsptool, tmp_path: Path, number: signal.Signals
) -> None:
    a_board(fake_esptool)
    fake_esptool.board(wait=30)
    folder = tmp_path / "tmp"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "host_tools", "provision", "--broker", "mqtt://h", "--port", "/dev/ttyUSB0"],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        waiting, end = fake_esptool.folder / "log.waiting", time.monotonic() + 40
        while not waiting.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        assert list(folder.rglob("*.bin"))
        process.send_signal(number)
        process.communicate(timeout=20)
    finally:
        process.kill()
    assert list(folder.iterdir()) == []
