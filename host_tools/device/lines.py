"""An engine that works line by line, as the driver sees it: what leaves, and what arrives, while a range runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from host_tools.device.pace import Pace, Paced

if TYPE_CHECKING:
    from host_tools.device.engine import LiveTensor

SLICE_UNITS = 64
SLICE_US = 2000
"""A slice is so many units of work, or less when a chunk can leave or the time is up; as in the core's own driver."""


class Step(IntEnum):
    """What `LineEngine.advance` did; the numbers are the core's."""

    MORE = 0
    WAITING = 1
    DONE = 2
    FAILED = 3


class LineEngine(Protocol):
    """The second face of an `Engine` (`Engine.lines`): a range that can be left after any line and gone on with."""

    def begin(self, first: int, last: int) -> tuple[LiveTensor, ...]:
        """Start operators [first, last): `first` is 0 or where the last range ended, and 0 is allowed at any time.

        For `first` 0 the live tensors of `last`: their arrays are C-contiguous, of full size, and fill while the range
        runs. Raises CutpointError when there is no such range.
        """
        ...

    def advance(self) -> Step:
        """One unit of work, as a rule one line of one operator."""
        ...

    def ready(self, place: int) -> int:
        """Bytes at the front of the live tensor at `place` that are final."""
        ...

    def operators_us(self) -> list[int]:
        """Microseconds spent in each operator of the range so far."""
        ...

    def shares(self) -> Sequence[float]:
        """How much of each operator of the range is done, 0 to 1: what a board's tempo is kept by."""
        ...

    def can_cut(self, cut: int) -> bool:
        """Whether there is the memory for a cut: to run [0, cut), and to go on from there where all is on board."""
        ...


class SlicedRange:
    """Operators [first, last) on their way through a line engine, at a board's tempo.

    `live`: of `first` 0, the tensors that will be alive at `last`. Raises CutpointError when the engine cannot begin.
    """

    def __init__(self, lines: LineEngine, first: int, last: int, pace: Pace) -> None:
        began_ns = time.monotonic_ns()
        self.first = first
        self.last = last
        self._lines = lines
        self._paced = pace.slices(first, last)
        begun = lines.begin(first, last)
        self.live = begun if first == 0 else ()
        self.worked_us = (time.monotonic_ns() - began_ns) // 1000
        """What the engine has taken so far, waiting for the board's tempo included."""

    def slice(self, progress: Callable[[Sequence[int]], bool]) -> Step:
        """Some units of work; `progress` is told the final bytes of each live tensor after each, and true ends it."""
        began_ns = time.monotonic_ns()

        def now_us() -> int:
            return (time.monotonic_ns() - began_ns) // 1000

        step, places = Step.MORE, range(len(self.live))
        for _ in range(SLICE_UNITS):
            step = self._lines.advance()
            spent_us = now_us()
            ahead_us = self._paced.ahead_us(self._lines.shares(), self.worked_us + spent_us)
            if step is not Step.MORE or progress([self._lines.ready(place) for place in places]):
                break
            if spent_us + max(0.0, ahead_us) >= SLICE_US:
                break
        self._paced.keep(self._lines.shares(), self.worked_us + now_us())
        self.worked_us += now_us()
        return step

    def ended(self) -> Paced:
        """What to report of a range that is done."""
        return self._paced.ended(self._lines.operators_us())


def cuts_taken(lines: LineEngine | None, on_board: int) -> tuple[int, ...] | None:
    """The cuts that there is the memory for; None for an engine that has it for all of them."""
    if lines is None:
        return None
    taken = tuple(cut for cut in range(on_board + 1) if lines.can_cut(cut))
    return None if len(taken) == on_board + 1 else taken
