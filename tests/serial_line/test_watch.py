"""A port over pseudo-terminals and sockets: followed, lost, found again, and refused in a sentence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from board_line import BoardLine

from cutpoint.errors import UsageError
from host_tools.flash import BoardError
from host_tools.serial_line import Change, LinePort, Watched, open_port, reset_board, watch


def collect(
    port: LinePort, again: Callable[[], LinePort], enough: Callable[[list[Watched]], bool]
) -> list[Watched]:
    seen: list[Watched] = []
    for one in watch(again, port, until=lambda: enough(seen), sleep=lambda _: None):
        seen.append(one)
    return seen


def test_lines_of_a_port_are_followed(board_line: BoardLine) -> None:
    port = open_port(board_line.name)  # opening drops what was said before
    board_line.say(b"one\ntwo\n")
    seen = collect(port, lambda: pytest.fail("opened again"), lambda seen: len(seen) == 2)
    assert [one.said.text for one in seen if one.said] == ["one", "two"]


def test_what_is_written_reaches_the_board(board_line: BoardLine) -> None:
    port = open_port(board_line.name)
    port.write(b"status\n")
    assert board_line.hear_until(b"\n") == b"status\n"
    port.close()


def test_a_port_that_goes_away_is_opened_again_and_followed_on(board_line: BoardLine) -> None:
    later = BoardLine()
    tries = 0

    def again() -> LinePort:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise BoardError("not there yet")
        opened = open_port(later.name)
        later.say(b"boot 2\n")
        return opened

    port = open_port(board_line.name)
    board_line.say(b"boot 1\nhalf a li")
    threading.Timer(0.3, board_line.unplug).start()
    try:
        seen = collect(port, again, lambda seen: any(one.said and one.said.text == "boot 2" for one in seen))
    finally:
        later.unplug()
    assert [one.change or (one.said and one.said.text) for one in seen] == [
        "boot 1",
        "half a li",
        Change.lost,
        Change.back,
        "boot 2",
    ]


def test_a_socket_is_a_port_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"hello\n")
            seen = collect(port, lambda: pytest.fail("opened again"), lambda seen: len(seen) == 1)
    assert seen[0].said is not None
    assert seen[0].said.text == "hello"


def test_a_port_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="does not exist; connect the board"):
        open_port(str(tmp_path / "ttyUSB9"))


def test_a_port_that_another_program_holds_is_busy(board_line: BoardLine) -> None:
    port = open_port(board_line.name)
    with pytest.raises(BoardError, match="is busy: another program has it open"):
        open_port(board_line.name)
    port.close()


def test_a_scheme_that_is_none_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no serial port and no socket"):
        open_port("nonsense://here")


def test_a_line_without_signals_cannot_restart_a_board(board_line: BoardLine) -> None:
    port = open_port(board_line.name)
    with pytest.raises(BoardError, match="press its RESET"):
        reset_board(port)
    port.close()


def test_a_restart_pulls_en_low_and_leaves_the_boot_pin_high() -> None:
    class Lines:
        def __init__(self) -> None:
            object.__setattr__(self, "set", [])

        dtr = rts = None

        def __setattr__(self, name: str, value: bool) -> None:
            self.set.append((name, value))  # type: ignore[attr-defined]

    lines = Lines()
    reset_board(lines)  # type: ignore[arg-type]
    assert lines.set == [("dtr", False), ("rts", True), ("rts", False)]  # type: ignore[attr-defined]
