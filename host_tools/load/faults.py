"""Carries out a scenario: each fault at its time, on the broker, the server, the links, the devices."""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from cutpoint.errors import CutpointError, UsageError
from host_tools.hil.broker import HilBroker
from host_tools.load.attack import Attack, Target
from host_tools.load.proxy import Proxy
from host_tools.load.scenario import Fault, Scenario
from host_tools.load.server_process import ServerProcess
from host_tools.load.small_disk import SmallDisk

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""A server that did not come up, because its broker is away as well, is started again after so long."""
MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Stage:
    """What faults may be done to; None where it is not ours. `skew` moves the clocks of a share of the devices."""

    broker: HilBroker | None
    server: ServerProcess | None
    proxies: Mapping[str, Proxy]
    skew: Callable[[float, float], None]
    target: Target
    disk: SmallDisk | None = None

    def check(self, scenario: Scenario) -> None:
        """Raises UsageError when a fault of the scenario needs what is not here."""
        if "broker" in scenario.groups and (self.broker is None or not self.broker.own):
            raise UsageError("the scenario kills or freezes the broker, which is not ours; add --serve")
        if "broker" in scenario.groups and self.broker is not None and self.broker.kind != "mosquitto":
            raise UsageError("the scenario kills or freezes the broker, which needs mosquitto; install it")
        if "server" in scenario.groups and self.server is None:
            raise UsageError("the scenario kills or freezes the server, which is not ours; add --serve")
        if "store" in scenario.groups and self.disk is None:
            raise UsageError(
                "the scenario fills the store's disk, which is not ours; add --serve and a store (run as root)"
            )


@dataclass(slots=True)
class Happened:
    """A fault as it was carried out: seconds of the run."""

    fault: Fault
    began_s: float
    ended_s: float | None = None


@dataclass(order=True, slots=True)
class _Due:
    at_s: float
    tie: int
    happened: Happened = field(compare=False)
    end: bool = field(compare=False, default=False)
    attempts: int = field(compare=False, default=0)


class Director:
    """A thread that carries out a scenario, from `start` to its end, or until `stop`, which ends what is under way."""

    def __init__(self, scenario: Scenario, stage: Stage, duration_s: float) -> None:
        stage.check(scenario)
        self.happened: list[Happened] = []
        self.failure: str | None = None
        self._stage = stage
        self._tie = itertools.count()
        self._due = [
            _Due(fault.at_s, next(self._tie), Happened(fault, fault.at_s))
            for fault in scenario.within(duration_s)
        ]
        heapq.heapify(self._due)
        self._attacks: dict[int, Attack] = {}
        self._stopped = threading.Event()
        self._seed = scenario.seed
        self._thread = threading.Thread(target=self._live, name="fault-director", daemon=True)

    def start(self, began_ns: int) -> None:
        """Count seconds from this moment of `time.monotonic_ns`."""
        self._began_ns = began_ns
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, end what is under way, and return when that is done."""
        self._stopped.set()
        self._thread.join()

    @property
    def now_s(self) -> float:
        return (time.monotonic_ns() - self._began_ns) / 1e9

    def _live(self) -> None:
        try:
            while self._due:
                wait_s = self._due[0].at_s - self.now_s
                if self._stopped.wait(max(0.0, wait_s)):
                    break
                self._carry_out(heapq.heappop(self._due))
            for due in sorted(self._due):
                if due.end:
                    self._end(due)
        except (CutpointError, OSError) as error:
            log.exception("event=scenario_failed")
            self.failure = f"the scenario could not be carried out: {error}"

    def _carry_out(self, due: _Due) -> None:
        if due.end:
            self._end(due)
            return
        happened, fault = due.happened, due.happened.fault
        happened.began_s = self.now_s
        self.happened.append(happened)
        self._begin(fault)
        heapq.heappush(self._due, _Due(happened.began_s + fault.for_s, next(self._tie), happened, True))

    def _end(self, due: _Due) -> None:
        try:
            self._undo(due.happened.fault)
        except UsageError:
            # Its broker may be away too, and come back later.
            if due.attempts >= MOST_ATTEMPTS or self._stopped.is_set():
                raise
            due.attempts += 1
            due.at_s = self.now_s + AGAIN_S
            heapq.heappush(self._due, due)
            return
        due.happened.ended_s = self.now_s

    def _begin(self, fault: Fault) -> None:
        stage = self._stage
        match fault.what:
            case "broker.kill":
                assert stage.broker is not None
                stage.broker.stop()
            case "broker.freeze":
                self._signal_broker(signal.SIGSTOP)
            case "server.kill":
                assert stage.server is not None
                stage.server.kill()
            case "server.freeze":
                assert stage.server is not None
                stage.server.freeze(True)
            case "server.clock":
                self._set_clock(fault.by_s)
            case "device.clock":
                stage.skew(fault.share, fault.by_s)
            case "store.full":
                assert stage.disk is not None
                stage.disk.fill()
            case _ if fault.group == "attack":
                attack = Attack(fault, stage.target, seed=self._seed)
                self._attacks[id(fault)] = attack
                attack.start()
            case _:
                stage.proxies[fault.place].begin(fault)

    def _undo(self, fault: Fault) -> None:
        stage = self._stage
        match fault.what:
            case "broker.kill":
                assert stage.broker is not None
                stage.broker.start()
            case "broker.freeze":
                self._signal_broker(signal.SIGCONT)
            case "server.kill":
                assert stage.server is not None
                if not stage.server.running:
                    stage.server.start()
            case "server.freeze":
                assert stage.server is not None
                stage.server.freeze(False)
            case "server.clock":
                self._set_clock(0.0)
            case "device.clock":
                # A clock that jumped goes on from there.
                pass
            case "store.full":
                assert stage.disk is not None
                stage.disk.empty()
            case _ if fault.group == "attack":
                self._attacks.pop(id(fault)).stop()
            case _:
                stage.proxies[fault.place].end(fault)

    def _signal_broker(self, number: signal.Signals) -> None:
        assert self._stage.broker is not None
        pid = self._stage.broker.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _set_clock(self, seconds: float) -> None:
        assert self._stage.server is not None
        assert self._stage.server.clock is not None
        self._stage.server.clock.seconds = seconds
