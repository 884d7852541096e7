"""The doctor knows what boards need: esptool, the right to use ports, a toolchain."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from host_tools import doctor_boards
from host_tools.health import Health


def test_esptool_is_found_by_its_version() -> None:
    check = doctor_boards.esptool()
    assert check.health is Health.ok
    assert check.seen.startswith("5.")


def test_a_machine_without_anything_for_boards_is_told_the_mends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("IDF_PATH", raising=False)
    monkeypatch.delenv("CUTPOINT_ESPTOOL", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    esptool, toolchains = doctor_boards.esptool(), doctor_boards.toolchains()
    assert (esptool.health, esptool.mend) == (Health.warn, "pip install 'cutpoint[board]'")
    assert (toolchains.health, toolchains.seen) == (Health.warn, "neither PlatformIO nor ESP-IDF")
    assert "platformio" in toolchains.mend


def test_ports_without_rights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    assert doctor_boards.serial_ports(lambda: [str(port)]).health is Health.ok
    monkeypatch.setattr("os.access", lambda *_: False)  # root may use everything
    check = doctor_boards.serial_ports(lambda: [str(port)])
    assert check.health is Health.warn
    assert "dialout" in check.mend
    assert "no board is connected" in doctor_boards.serial_ports(lambda: []).seen
