"""`cutpoint monitor --serial`: a board's console, its events as sentences, its restarts survived."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType

from rich.markup import escape

from host_tools.cli.output import console, errors, print_json
from host_tools.serial_line import Change, LinePort, Said, open_port, reset_board, watch


def follow_serial(name: str, baud: int, *, reset: bool, seconds: float | None, json: bool) -> None:
    """Print what the board says until the time is up or Ctrl-C.

    Raises:
        BoardError: the port cannot be opened, or not be used for a restart.
        UsageError: it is no port, or pyserial is missing.
    """
    port = open_port(name, baud)
    current: list[LinePort] = [port]
    if reset:
        try:
            reset_board(port)
        except BaseException:
            port.close()
            raise

    def again() -> LinePort:
        current[0] = open_port(name, baud)
        return current[0]

    end = None if seconds is None else time.monotonic() + seconds
    stopped = noting_signals()
    if sys.stdin is not None and sys.stdin.isatty():
        threading.Thread(target=forward, args=(current,), daemon=True).start()

    def over() -> bool:
        if stopped:
            signal.raise_signal(stopped[0])
        return end is not None and time.monotonic() >= end

    for seen in watch(again, port, until=over):
        if seen.change is Change.lost:
            errors.print(f"{escape(name)} went away ({escape(seen.why)}); waiting for it", soft_wrap=True)
        elif seen.change is Change.back:
            errors.print(f"{escape(name)} is back", soft_wrap=True)
        elif seen.said is not None:
            show(seen.said, json=json)


def noting_signals() -> list[int]:
    """Every SIGINT and SIGTERM from now on, beside what they do already.

    pyserial closes a socket under a bare `except`, which swallows an interrupt that comes in that moment.
    """
    came: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def note(seen: int, frame: FrameType | None, before: object = before) -> None:
            came.append(seen)
            if callable(before):
                before(seen, frame)

        signal.signal(number, note)
    return came


def forward(current: list[LinePort]) -> None:
    """Send what is typed, line by line, to whichever port is open at the moment; a line for no port is lost."""
    for line in sys.stdin:
        with suppress(OSError):
            current[0].write(line.encode())


def show(said: Said, *, json: bool) -> None:
    """One line, at its time."""
    now = time.time()
    if json:
        print_json({"time": now, "event": said.event, "text": said.text, "values": said.values}, indent=None)
        return
    clock = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03}"
    text = escape(said.text)
    console.print(
        f"[dim]{clock}[/] {text if said.event is None else f'[cyan]{text}[/]'}",
        highlight=False,
        soft_wrap=True,
    )
    sys.stdout.flush()
