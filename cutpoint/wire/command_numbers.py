"""The sequence numbers of commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MASK = 0xFFFF_FFFF


class CommandNumbers:
    """Counts commands up, also over the sender's restarts and beside other senders. May be shared by threads.

    A device drops a command with the number of the one before. So a number is the Unix time in milliseconds, of 32
    bits, or one more than the last where commands go out faster; never 0.
    """

    def __init__(self, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._now_ms = now_ms
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """The number of the next command."""
        with self._lock:
            self._last = max(self._last + 1, self._now_ms())
            if not self._last & _MASK:
                self._last += 1
            return self._last & _MASK
