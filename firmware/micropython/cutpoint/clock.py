"""Microseconds that only count up, made of a counter that wraps."""

import time

_TICKS_US = getattr(time, "ticks_us", None)


class Clock:
    """`now_us` must be called at least once in nine minutes: ticks_us wraps, on 32-bit boards every 18."""

    def __init__(self):
        self._now = 0
        self._ticks = self._read()

    def now_us(self):
        """Since this clock was made."""
        ticks = self._read()
        step = time.ticks_diff(ticks, self._ticks) if _TICKS_US else ticks - self._ticks
        self._ticks = ticks
        if step > 0:
            self._now += step
        return self._now

    def sleep_ms(self, ms):
        """Wait."""
        if _TICKS_US:
            time.sleep_ms(ms)
        else:
            time.sleep(ms / 1000)

    def _read(self):
        return _TICKS_US() if _TICKS_US else time.monotonic_ns() // 1000
