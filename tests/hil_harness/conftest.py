"""Boards in software behind a fake emulator and a pseudo-terminal: they prove the harness, not the firmware."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_ppk2 import FakePpk2
from hil_runs import RunBodies

from cutpoint.graph import Bundle

FOMO = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"
# A build folder is made as the tests of flashing make theirs.
sys.path.append(str(Path(__file__).parents[1] / "flash"))
BODIES = Path(__file__).parents[1] / "hil"


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("models")
    return Bundle.create(FOMO.read_bytes(), folder, name="small", labels=("one", "two"), output="fomo")


@pytest.fixture
def run_bodies(small_bundle: Bundle, tmp_path: Path) -> RunBodies:
    """`run_bodies("-k", "birth", "--target", ...)`: the bodies in a pytest of their own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", str(BODIES), "-q", "-x", "-p", "no:cacheprovider", "-rs"]
        command += ["--basetemp", str(tmp_path / "bodies"), "--bundle", str(small_bundle.path), *arguments]
        environment = {**os.environ, "CUTPOINT_SOFTWARE_BOARD_BUNDLE": str(small_bundle.path)}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=110, env=environment, check=False
        )

    return run


@pytest.fixture
def fake_emulator(tmp_path: Path) -> Path:
    """An executable that takes QEMU's flags."""
    program = tmp_path / "qemu-system-fake"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m host_tools.hil.software_board.emulator "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def serial_board(small_bundle: Bundle, tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """`serial_board(port_of_its_broker)`: a board at a pseudo-terminal, by the terminal's name."""
    boards: list[subprocess.Popen[bytes]] = []
    ends: list[int] = []

    def make(broker_port: int) -> str:
        board_end, port_end = pty.openpty()
        ends.extend((board_end, port_end))
        tty.setraw(port_end)
        command = [sys.executable, "-m", "host_tools.hil.software_board", "--id", "hil-serial"]
        command += ["--bundle", str(small_bundle.path), "--host", "127.0.0.1", "--port", str(broker_port)]
        command += ["--folder", str(tmp_path / "kept")]
        with (tmp_path / "board.log").open("wb") as log:
            boards.append(subprocess.Popen(command, stdin=board_end, stdout=board_end, stderr=log))
        return os.ttyname(port_end)

    yield make
    for board in boards:
        board.kill()
        board.wait()
    for end in ends:
        os.close(end)


@pytest.fixture
def ppk2() -> Iterator[FakePpk2]:
    made = FakePpk2()
    yield made
    made.close()


@pytest.fixture
def mute_ppk2() -> Iterator[FakePpk2]:
    """A serial device that never answers the question for its calibration."""
    made = FakePpk2(calibrated=False)
    yield made
    made.close()
