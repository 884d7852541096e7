"""esptool is found, run, listened to and stopped; each of its complaints becomes a sentence with what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from host_tools.flash import (
    BoardError,
    Esptool,
    FlashPlan,
    Part,
    chip_named,
    find_board,
    plan_firmware,
    read_build,
    read_table,
    slots_in_use,
    write_plan,
)
from host_tools.provision import Entry, nvs_image
from tests.flash.built_files import idf_build, nvs_bytes, rows_of, table_bytes
from tests.flash.conftest import FakeEsptool

ROOT = Path(__file__).parents[2]


def test_a_board_is_described_by_what_esptool_says(fake_esptool: FakeEsptool) -> None:
    port = fake_esptool.board("ESP32-S3", flash="8MB")
    board = find_board(Esptool.find(), port, chip_named("esp32s3"))
    assert (board.port, board.chip.name, board.flash_bytes) == (port, "esp32s3", 8 << 20)
    assert board.mac == "24:6f:28:a1:b2:c3"


def test_without_a_port_esptool_looks_for_the_board(fake_esptool: FakeEsptool) -> None:
    fake_esptool.board(port="/dev/ttyACM0")
    assert find_board(Esptool.find(), None, None).port == "/dev/ttyACM0"
    assert "--port" not in fake_esptool.calls[0]["words"]


def test_of_several_boards_the_one_with_the_right_chip_is_taken(
    fake_esptool: FakeEsptool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_esptool.board("ESP32", "/dev/ttyUSB0")
    fake_esptool.board("ESP32-C3", "/dev/ttyUSB1")
    fake_esptool.failure("busy", "/dev/ttyUSB2")
    monkeypatch.setattr("host_tools.flash.board.usb_ports", lambda: [f"/dev/ttyUSB{i}" for i in range(3)])
    assert find_board(Esptool.find(), None, chip_named("esp32c3")).port == "/dev/ttyUSB1"
    with pytest.raises(BoardError, match=r"2 boards are connected .* say which one with --port"):
        find_board(Esptool.find(), None, None)


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("missing", "/dev/ttyUSB0 does not exist; connect the board"),
        ("busy", "/dev/ttyUSB0 is busy: another program has it open"),
        ("forbidden", "no right to use /dev/ttyUSB0; .*dialout"),
        ("silent", "no board answers on /dev/ttyUSB0; hold BOOT"),
        ("running", "runs its program instead of waiting for a new one; hold BOOT"),
        ("no ports", "no board: this machine has no serial port"),
        ("nobody", "no board answers on any serial port"),
        ("stopped", "the connection to /dev/ttyUSB0 broke .* repeat the command"),
        ("other chip", "wrong chip: /dev/ttyUSB0 has an ESP32-S3, the firmware is for ESP32;"),
        ("strange", "esptool ended with code 2 on /dev/ttyUSB0 and said: .*The moon is in the wrong quarter"),
    ],
)
def test_every_complaint_is_a_sentence(fake_esptool: FakeEsptool, failure: str, sentence: str) -> None:
    port = fake_esptool.failure(failure)
    with pytest.raises(BoardError, match=sentence):
        find_board(Esptool.find(), port, None)


def test_the_real_esptools_complaint_about_a_missing_port_is_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUTPOINT_ESPTOOL", str(Path(sys.executable).parent / "esptool"))
    with pytest.raises(BoardError, match="/dev/ttyNONE does not exist; connect the board"):
        find_board(Esptool.find(), "/dev/ttyNONE", None)


def test_the_wrong_chip_is_refused_before_anything_is_written(fake_esptool: FakeEsptool) -> None:
    port = fake_esptool.board("ESP32-C3")
    with pytest.raises(BoardError, match=f"wrong chip: {port} has an ESP32-C3, the firmware is for ESP32;"):
        find_board(Esptool.find(), port, chip_named("esp32"))
    assert all("write-flash" not in call["words"] for call in fake_esptool.calls)


def test_a_plan_is_written_whole_with_progress(fake_esptool: FakeEsptool, idf: Path) -> None:
    memory = fake_esptool.memory(b"\xff" * (4 << 20))
    port = fake_esptool.board()
    plan = plan_firmware(read_build(idf), settings=(nvs_bytes(), "nvs.bin"))
    board = find_board(Esptool.find(), port, plan.chip)
    told: list[tuple[str, float]] = []
    write_plan(Esptool.find(), board, plan, progress=lambda part, share: told.append((part.name, share)))
    assert memory.read_bytes() == plan.image()
    assert [name for name, share in told if share == 1.0] == [part.name for part in plan.parts]
    assert [share for name, share in told if name == "app"] == [0.0, 0.5, 1.0]
    (call,) = [call for call in fake_esptool.calls if "write-flash" in call["words"]]
    assert call["words"][:6] == ["--port", port, "--chip", "esp32", "--baud", "460800"]
    assert "--erase-all" not in call["words"]


def test_files_for_esptool_are_private_and_gone_afterwards(fake_esptool: FakeEsptool, idf: Path) -> None:
    port = fake_esptool.board()
    board = find_board(Esptool.find(), port, None)
    write_plan(Esptool.find(), board, plan_firmware(read_build(idf), settings=(nvs_bytes(), "n")), erase=True)
    (call,) = [call for call in fake_esptool.calls if "write-flash" in call["words"]]
    assert "--erase-all" in call["words"]
    assert call["modes"]
    assert set(call["modes"].values()) == {0o600}
    assert not any(Path(name).exists() for name in call["modes"])


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("dropped", "the connection to /dev/ttyUSB0 broke while the board was written; nothing is lost"),
        ("md5", "reads back differently; try a lower --baud"),
    ],
)
def test_a_failure_in_the_middle_is_told_and_leaves_no_files(
    fake_esptool: FakeEsptool, idf: Path, failure: str, sentence: str
) -> None:
    port = fake_esptool.board(fail=failure, part=2, at="write")
    board = find_board(Esptool.find(), port, None)
    with pytest.raises(BoardError, match=sentence):
        write_plan(Esptool.find(), board, plan_firmware(read_build(idf)))
    assert not any(Path(name).exists() for name in fake_esptool.calls[-1]["modes"])


def test_a_part_that_was_not_verified_is_a_failure(fake_esptool: FakeEsptool, idf: Path) -> None:
    port = fake_esptool.board(unverified=1)
    board = find_board(Esptool.find(), port, None)
    with pytest.raises(BoardError, match="esptool verified 3 of 4 parts"):
        write_plan(Esptool.find(), board, plan_firmware(read_build(idf)))


def test_a_board_with_less_flash_than_the_build_is_refused(fake_esptool: FakeEsptool, tmp_path: Path) -> None:
    port = fake_esptool.board("ESP32-S3", flash="4MB")
    board = find_board(Esptool.find(), port, None)
    with pytest.raises(BoardError, match=r"flash too small: the board on /dev/ttyUSB0 has 4MB, .* for 8MB"):
        write_plan(
            Esptool.find(), board, plan_firmware(read_build(idf_build(tmp_path / "b", "esp32s3", "8MB")))
        )


def test_the_table_and_the_slots_are_read_from_the_board(fake_esptool: FakeEsptool) -> None:
    flash = bytearray(b"\xff" * (4 << 20))
    flash[0x8000:0x8C00] = table_bytes(rows_of())
    record = bytes([1, 1, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0])
    flash[0x1C000:0x20000] = nvs_image("slots", [Entry("choice", "blob", record)], 0x4000)
    fake_esptool.memory(bytes(flash))
    board = find_board(Esptool.find(), fake_esptool.board(), None)
    table = read_table(Esptool.find(), board)
    assert table.need("model").address == 0x320000
    slots = slots_in_use(Esptool.find(), board, table)
    assert slots is not None
    assert (slots.slot, slots.trial, slots.known) == (1, False, (7, 8))


def test_a_blank_board_has_no_table_and_says_so(fake_esptool: FakeEsptool) -> None:
    fake_esptool.memory(b"\xff" * (4 << 20))
    board = find_board(Esptool.find(), fake_esptool.board(), None)
    with pytest.raises(UsageError, match=r"holds no partitions: .* or the flash is blank"):
        read_table(Esptool.find(), board)


def test_an_esptool_that_is_too_old_or_missing_is_named(
    fake_esptool: FakeEsptool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_esptool.case["version"] = "4.7.0"
    fake_esptool.save()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(
        UsageError, match=r"is esptool 4.7.0; 5 or newer is needed: pip install 'cutpoint\[board\]'"
    ):
        Esptool.find()
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"esptool is not installed; .*pip install 'cutpoint\[board\]'"):
        Esptool.find()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_while_writing_stops_esptool_and_leaves_no_files(
    fake_esptool: FakeEsptool, idf: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    port = fake_esptool.board(wait=30)
    nvs = tmp_path / "nvs.bin"
    nvs.write_bytes(nvs_bytes())
    folder = tmp_path / "tmp"
    folder.mkdir()
    command = [sys.executable, "-m", "host_tools", "flash", "--build", idf, "--nvs", nvs, "--port", port]
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        waiting, end = fake_esptool.folder / "log.waiting", time.monotonic() + 30
        while not waiting.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        assert list(folder.iterdir())
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == code
    assert "Traceback" not in err
    assert list(folder.iterdir()) == []


def test_a_plan_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to write"):
        FlashPlan(None, 1 << 20, ())
    assert Part("a", 0, b"x", 1, "").end == 1
