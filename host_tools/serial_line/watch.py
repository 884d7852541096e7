"""Follow a board's serial line until told to stop, across restarts that take its port away for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from host_tools.flash import BoardError
from host_tools.serial_line.lines import LineDecoder, Said
from host_tools.serial_line.port import LinePort, read_some

REOPEN_S = 0.2


class Change(Enum):
    """What happened to the port."""

    lost = auto()
    back = auto()


@dataclass(frozen=True, slots=True)
class Watched:
    """A line that was said, or a change of the port; `why` names the reason of a loss."""

    said: Said | None = None
    change: Change | None = None
    why: str = ""


def watch(
    open_again: Callable[[], LinePort],
    port: LinePort,
    *,
    until: Callable[[], bool],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Watched]:
    """Yield what a board says until `until()` is true; the port is closed at the end.

    A port that breaks, as a native USB port does whenever its board restarts, is opened again with `open_again`
    as often as it takes.
    """
    decoder = LineDecoder()
    opened: LinePort | None = port
    try:
        while not until():
            if opened is None:
                try:
                    opened = open_again()
                except BoardError:
                    sleep(REOPEN_S)
                    continue
                decoder = LineDecoder()
                yield Watched(change=Change.back)
            try:
                data = read_some(opened)
            except OSError as error:
                opened.close()
                opened = None
                if (rest := decoder.rest()) is not None:
                    yield Watched(said=rest)
                yield Watched(change=Change.lost, why=str(error))
                continue
            for said in decoder.push(data):
                yield Watched(said=said)
        if (rest := decoder.rest()) is not None:
            yield Watched(said=rest)
    finally:
        if opened is not None:
            opened.close()
