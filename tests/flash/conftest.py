"""A scripted esptool on the PATH, and builds of both tools."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flash.built_files import idf_build

SCRIPT = Path(__file__).parent / "fake_esptool.py"


@dataclass
class FakeEsptool:
    """What the next calls find, and what the last ones were."""

    folder: Path
    case: dict[str, Any]

    def save(self) -> None:
        (self.folder / "case.json").write_text(json.dumps(self.case))

    def board(
        self, chip: str = "ESP32", port: str = "/dev/ttyUSB0", flash: str = "4MB", **more: object
    ) -> str:
        self.case["ports"][port] = {"chip": chip, "mac": "24:6f:28:a1:b2:c3", "flash": flash, **more}
        self.save()
        return port

    def failure(self, name: str, port: str = "/dev/ttyUSB0") -> str:
        self.case["ports"][port] = name
        self.save()
        return port

    def memory(self, flash: bytes) -> Path:
        path = self.folder / "memory.bin"
        path.write_bytes(flash)
        self.case["memory"] = str(path)
        self.save()
        return path

    @property
    def calls(self) -> list[dict[str, Any]]:
        path = self.folder / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def fake_esptool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEsptool:
    folder = tmp_path / "fake"
    folder.mkdir()
    command = folder / "esptool"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {SCRIPT} "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("FAKE_ESPTOOL", str(folder / "case.json"))
    monkeypatch.delenv("CUTPOINT_ESPTOOL", raising=False)
    monkeypatch.setattr("host_tools.flash.board.usb_ports", lambda: [])
    fake = FakeEsptool(folder, {"ports": {}, "log": str(folder / "log")})
    fake.save()
    return fake


@pytest.fixture
def idf(tmp_path: Path) -> Path:
    """A finished build of idf.py for a 4 MB ESP32."""
    return idf_build(tmp_path / "build")
