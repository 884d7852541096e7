"""A serial port of the operating system's with a test on its other end."""

from __future__ import annotations

import os
import select
import time
import tty


class BoardLine:
    """A pseudo-terminal: `name` is the port, and the test writes and reads what the board would."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        self._slave: int | None = slave

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def hear(self, seconds: float = 5.0) -> bytes:
        """What was written to the port, as soon as there is something."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 4096) if ready else b""

    def hear_until(self, wanted: bytes, seconds: float = 10.0) -> bytes:
        heard, end = b"", time.monotonic() + seconds
        while wanted not in heard:
            assert time.monotonic() < end, f"{wanted!r} never came, only {heard!r}"
            heard += self.hear(0.2)
        return heard

    def unplug(self) -> None:
        """The port is gone: reads fail, and so does opening it."""
        if self._slave is not None:
            os.close(self._slave)
            os.close(self._master)
            self._slave = None
