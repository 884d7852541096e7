"""The number that orders the plans of one device, across restarts of the server and forgetful brokers."""

from __future__ import annotations

_HALF = 1 << 31
_MASK = (1 << 32) - 1
# Plans that a server can have sent to one device since it saved that device: one every 100 ms, or 32 inferences.
_UNWRITTEN = 4096


def newer(a: int, b: int) -> bool:
    """Whether `a` was given out after `b` (serial-number arithmetic of 32 bits, RFC 1982); 0 is before all."""
    if b == 0 or a == 0:
        return a != 0 and b == 0
    return 0 < ((a - b) & _MASK) < _HALF


class Epoch:
    """Counts up from whatever was seen last: own plans, and those that a device says it follows."""

    __slots__ = ("_last", "_step")

    def __init__(self) -> None:
        self._last = 0
        self._step = 1

    @property
    def last(self) -> int:
        """Newest epoch given out or seen; 0 when there is none."""
        return self._last

    def saw(self, epoch: int) -> bool:
        """Take note of an epoch that a device follows; True when it is newer than any known here."""
        if newer(epoch, self._last):
            self._last = epoch
            return True
        return False

    def resume(self, epoch: int) -> None:
        """Continue from what a store kept, which a server that was killed may have passed before it was written.

        The next epoch is so far ahead that it is newer than those as well; those that a device turns out to follow
        are still noticed as newer than what is known here.
        """
        if self.saw(epoch):
            self._step = _UNWRITTEN

    def next(self) -> int:
        """A new epoch, newer than all before; never 0."""
        self._last = ((self._last + self._step) & _MASK) or 1
        self._step = 1
        return self._last
