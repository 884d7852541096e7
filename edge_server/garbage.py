"""Keeps Python's garbage collector from stopping the service: short collections, and often."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 1.0
WHOLE_EVERY_S = 600.0
# Young generations are looked through as ever; the oldest never by itself.
_THRESHOLDS = (5_000, 20, 1_000_000_000)


@contextmanager
def short_collections(idle: Callable[[], bool]) -> Iterator[None]:
    """Collect every second what was made since the second before, and set aside what is still alive.

    The oldest generation of a server with a thousand devices holds some hundred thousand objects, all of them alive,
    and looking through it stops every thread for 70 to 150 ms. What is set aside (`gc.freeze`) is freed as ever when
    nobody refers to it any more; only cycles that die after they were set aside are not found. They are looked for
    every ten minutes, in a moment in which `idle` says that nobody waits.

    For a process that is a server: the collector is the whole process's. Back to what it was at the end of the block.
    """
    before, ended = gc.get_threshold(), threading.Event()

    def work() -> None:
        whole_s = time.monotonic()
        while not ended.wait(EVERY_S):
            if time.monotonic() - whole_s > WHOLE_EVERY_S and idle():
                whole_s = time.monotonic()
                gc.unfreeze()
            gc.collect()
            gc.freeze()

    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()
    thread = threading.Thread(target=work, name="edge-garbage", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        gc.unfreeze()
        gc.set_threshold(*before)
