"""A share of the devices, in this process or in one of its own, and what it hands back."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import psutil

from cutpoint.errors import UsageError
from host_tools.load.device import Manner
from host_tools.load.fleet import Fleet, Tally
from host_tools.load.invariant import Asked, Violations
from host_tools.load.recording import Recording
from host_tools.load.schedule import Schedule

REPORT_S = 1.0
_SPARE_FILES = 100


@dataclass(frozen=True, slots=True)
class Share:
    """Which devices, at which broker, asking when."""

    names: tuple[str, ...]
    first_place: int
    recording: Recording = field(repr=False)
    manner: Manner
    broker: tuple[str, int]
    schedule: Schedule
    exact: bool
    connect_s: float
    drain_s: float
    connects_per_s: float


@dataclass(slots=True)
class Progress:
    """How a share stands: devices connected, inferences asked, delivered by whom."""

    online: int = 0
    asked: int = 0
    by: Counter[str] = field(default_factory=Counter)
    violations: int = 0


@dataclass(slots=True)
class Outcome:
    """What a share came to."""

    tally: Tally
    asked: dict[str, Asked] = field(repr=False)
    violations: Violations
    by: Counter[str]
    connected: int
    cpu_s: float
    device_bytes: float


def check_open_files(connections: int) -> None:
    """Raise the limit of open files as far as these need it; UsageError when it does not go so far."""
    needed = connections + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"{connections:,} sockets need {needed:,} open files, this process may have {hard:,}; "
            "raise the limit (ulimit -Hn), ask for fewer devices, or spread them with --processes"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def run_share(
    share: Share,
    begin_ns: Callable[[int], int],
    going_on: Callable[[Fleet, Progress | None], bool],
) -> Outcome:
    """Connect, ask by the schedule, wait for what is in flight, leave.

    `begin_ns` is told how many devices are connected and says when to begin; `going_on` is asked at every turn, with
    news once a second, and may end it.
    """
    before = psutil.Process().memory_info().rss
    fleet = Fleet(
        share.names,
        share.recording,
        share.manner,
        share.broker,
        exact=share.exact,
        connects_per_s=share.connects_per_s,
        first_place=share.first_place,
    )
    try:
        connected = fleet.connect(share.connect_s)
        device_bytes = (psutil.Process().memory_info().rss - before) / max(1, len(share.names))
        # The devices stay: a collector that walks over all of them holds the loop up for a tenth of a second.
        fleet.prepare(share.schedule)
        gc.collect()
        gc.freeze()
        began_ns = begin_ns(connected)
        cpu_s, told_ns = time.process_time(), 0

        def goes_on() -> bool:
            nonlocal told_ns
            now_ns = time.monotonic_ns()
            news = None
            if now_ns - told_ns > REPORT_S * 1e9:
                told_ns = now_ns
                asked = sum(device.asked for device in fleet.devices)
                news = Progress(
                    fleet.online, asked, Counter(fleet.ledger.by), fleet.ledger.violations.counts.total()
                )
            return going_on(fleet, news)

        fleet.run(share.schedule, began_ns, going_on=goes_on)
        cpu_s = time.process_time() - cpu_s
        fleet.drain(share.drain_s)
    finally:
        gc.unfreeze()
        fleet.close()
    ledger = fleet.ledger
    return Outcome(
        fleet.tally, ledger.asked, ledger.violations, Counter(ledger.by), connected, cpu_s, device_bytes
    )


class ShardProcess:
    """A share in a process of its own. `news` are its last words, `outcome` the very last."""

    def __init__(self, share: Share) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(share, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.news = Progress()
        self.connected: int | None = None
        self.outcome: Outcome | None = None

    def tell(self, word: str, *values: Any) -> None:
        """`begin` with the moment, `skew` with share and seconds, `stop`. One that has ended is told nothing."""
        if self.outcome is None:
            with suppress(OSError):
                self._pipe.send((word, *values))

    def listen(self, timeout_s: float) -> None:
        """Take what it has to say. Raises UsageError when it ended without an outcome."""
        try:
            while self.outcome is None and self._pipe.poll(timeout_s):
                word, value = self._pipe.recv()
                timeout_s = 0.0
                if word == "connected":
                    self.connected = value
                elif word == "news":
                    self.news = value
                else:
                    self.outcome = value
        except EOFError:
            self._process.join()
            raise UsageError(f"a process of the load rig ended with code {self._process.exitcode}") from None

    def close(self) -> None:
        """End it if it has not ended."""
        if self.outcome is None:
            self._process.kill()
        self._process.join()
        self._pipe.close()


def _work(share: Share, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    check_open_files(len(share.names))

    def begin_ns(connected: int) -> int:
        pipe.send(("connected", connected))
        word, *values = pipe.recv()
        return int(values[0]) if word == "begin" else time.monotonic_ns()

    def going_on(fleet: Fleet, news: Progress | None) -> bool:
        if news is None:
            return True
        pipe.send(("news", news))
        while pipe.poll():
            word, *values = pipe.recv()
            if word == "stop":
                return False
            fleet.skew(*values)
        return True

    pipe.send(("outcome", run_share(share, begin_ns, going_on)))
    pipe.close()
