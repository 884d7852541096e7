"""`cutpoint monitor --serial`: a console over a pseudo-terminal."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.flash.built_files import ROOT
from tests.serial_line.board_line import BoardLine


def test_lines_are_shown_at_their_time_and_events_as_sentences(run: Run) -> None:
    line = BoardLine()
    timer = threading.Timer(0.5, lambda: line.say(b'hello\n@answer {"sequence":7,"by":"edge","cut":3}\n'))
    timer.start()
    outcome = run("monitor", "--serial", line.name, "--seconds", "1.5")
    timer.join()
    line.unplug()
    assert outcome.code == 0
    assert "hello" in outcome.out
    assert "answer #7 by edge, cut 3" in outcome.out


def say_until_shown(peer: socket.socket, line: bytes, process: subprocess.Popen[str]) -> dict[str, object]:
    """Say a line until it is shown, since opening drops what was said before; gives the last that is shown."""
    assert process.stdout is not None
    end = time.monotonic() + 30
    while True:
        assert time.monotonic() < end
        peer.sendall(line)
        if select.select([process.stdout], [], [], 2)[0]:
            said = json.loads(process.stdout.readline())
            if str(said["values"]["number"]).encode() in line:
                return dict(said)


def test_json_is_one_object_a_line_over_a_socket_that_comes_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "host_tools", "monitor", "--serial", url, "--json", "--seconds", "30"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            for number in (1, 2):
                server.settimeout(30)
                peer, _ = server.accept()
                with peer:
                    said = say_until_shown(peer, b'@boot {"number":%d}\n' % number, process)
                    assert (said["event"], said["values"]) == ("boot", {"number": number})
        finally:
            process.terminate()
            _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "went away" in err
    assert "is back" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--serial", "/dev/ttyNONE"), "/dev/ttyNONE does not exist; connect the board"),
        (("--serial", "/dev/ttyNONE", "--device", "cam-1"), "--device chooses one of a broker's devices"),
        (("--reset",), "name it with --serial PORT"),
    ],
)
def test_wrong_use_is_a_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    outcome = run("monitor", *arguments)
    assert outcome.code == 2
    assert sentence in outcome.sentence


def test_a_reset_over_a_line_without_signals_is_refused(run: Run, tmp_path: Path) -> None:
    line = BoardLine()
    outcome = run("monitor", "--serial", line.name, "--reset", "--seconds", "1")
    line.unplug()
    assert outcome.code == 2
    assert "press its RESET" in outcome.sentence
