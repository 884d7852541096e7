"""A fleet, and an edge with c runners and one queue, in virtual time: discrete events, real planners, a real price."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random
from statistics import fmean

from cutpoint.plan import Decision, EdgeEstimator, LinkSample, NetworkShape, Observation, Planner
from cutpoint.plan.load import LoadPrice, Work
from cutpoint.plan.shift import load_share

MACS = (900_000,) * 8
CUT_BYTES = (27_648, 24_000, 5_000, 4_500, 4_000, 3_500, 3_000, 1_500, 64)
SHAPE = NetworkShape(MACS, CUT_BYTES)
N = SHAPE.n
TAIL_US = tuple(5_000.0 * (N - k) / N for k in range(N + 1))
BACKGROUND_US = 4_000.0
TICK_S = 0.05
LEARN_S = 0.5
ASKED_PER_TICK = 8
QUEUE = 256


@dataclass(frozen=True, slots=True)
class Member:
    """One device: how fast it is, how fast its link, how often it infers."""

    operator_us: float
    round_trip_us: float
    bytes_per_s: float
    per_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What a tick saw."""

    at_s: float
    utilisation: float
    price: float
    wait_us: float
    cuts: tuple[int, ...]


@dataclass(slots=True)
class _Job:
    device: int
    cut: int
    arrived_s: float
    late_s: float
    compute_us: float
    started_s: float = 0.0


@dataclass(slots=True)
class _Device:
    """A member and what the server knows of it."""

    member: Member
    planner: Planner
    decision: Decision
    learned_s: float = -1.0
    last: LinkSample | None = None


class Fleet:
    """Runs `members` on `runners`, under a background of jobs that never move.

    background  share of the capacity that others take at a second of the run
    priced      False: the edge never says that it is busy
    spread      False: every device feels the same price
    """

    def __init__(
        self,
        members: list[Member],
        background: Callable[[float], float],
        *,
        runners: int = 4,
        priced: bool = True,
        spread: bool = True,
        seed: int = 0,
    ) -> None:
        self.moments: list[Moment] = []
        self.moves: list[tuple[float, int, int, int]] = []
        self.late: list[float] = []
        self.price = LoadPrice()
        self._edge = EdgeEstimator(SHAPE)
        self._runners = self._free = runners
        self._background = background
        self._priced = priced
        self._random = Random(seed)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._queue: deque[_Job] = deque()
        self._arrived, self._finished, self._busy_us, self._waited_us = 0, 0, 0.0, 0.0
        self._asked = 0
        self.devices = [self._device(i, member, spread) for i, member in enumerate(members)]

    def _device(self, i: int, member: Member, spread: bool) -> _Device:
        share = load_share(f"dev-{i}") if spread else 1.0
        planner = Planner(SHAPE, seed=i, exploration=0.0, edge=self._edge, load_share=share)
        return _Device(member, planner, planner.decide(0.0))

    def run(self, seconds: float) -> Fleet:
        for i, device in enumerate(self.devices):
            self._at(self._random.random() / device.member.per_s, partial(self._infer, i))
        self._at(0.0, self._others)
        self._at(0.0, self._tick)
        now = 0.0
        while now < seconds:
            now, _, what = heapq.heappop(self._events)
            what(now)
        return self

    def _at(self, when: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), what))

    def _noise(self, share: float) -> float:
        return self._random.gauss(1, share)

    def _infer(self, i: int, now: float) -> None:
        device = self.devices[i]
        member, cut = device.member, device.decision.cut
        self._at(now + self._random.expovariate(member.per_s), partial(self._infer, i))
        device_us = member.operator_us * cut * self._noise(0.02)
        if cut == N:
            self._at(now + device_us / 1e6, partial(self._learn, i, cut, None))
            return
        up_us = member.round_trip_us / 2 + CUT_BYTES[cut] / member.bytes_per_s * 1e6
        sent = now + (device_us + up_us * self._noise(0.03)) / 1e6
        late = sent + device.decision.deadline_ms / 1e3
        self._at(sent, partial(self._arrive, _Job(i, cut, sent, late, TAIL_US[cut] * self._noise(0.05))))

    def _others(self, now: float) -> None:
        rate = self._background(now) * self._runners / (BACKGROUND_US / 1e6)
        self._at(now + (self._random.expovariate(rate) if rate else TICK_S), self._others)
        if rate:
            compute_us = self._random.expovariate(1 / BACKGROUND_US)
            self._arrive(_Job(-1, 0, now, now + 1.0, compute_us), now)

    def _arrive(self, job: _Job, now: float) -> None:
        self._arrived += 1
        if len(self._queue) >= QUEUE:
            self._miss(job, now)
            return
        self._queue.append(job)
        self._serve(now)

    def _miss(self, job: _Job, now: float) -> None:
        if job.device >= 0:
            self.late.append(now)
            waited_us = 1e6 * (job.late_s - job.arrived_s)
            self.devices[job.device].planner.missed(CUT_BYTES[job.cut], waited_us)

    def _serve(self, now: float) -> None:
        while self._free and self._queue:
            job = self._queue.popleft()
            if now > job.late_s:
                self._miss(job, now)
                continue
            self._free -= 1
            job.started_s = now
            self._at(now + job.compute_us / 1e6, partial(self._finish, job))

    def _finish(self, job: _Job, now: float) -> None:
        self._free += 1
        self._finished += 1
        self._busy_us += job.compute_us
        self._waited_us += 1e6 * (job.started_s - job.arrived_s)
        if job.device >= 0:
            device = self.devices[job.device]
            up, down = CUT_BYTES[job.cut] + 52, 64
            network_us = device.member.round_trip_us + (up + down) / device.member.bytes_per_s * 1e6
            residence_us = 1e6 * (now - job.arrived_s)
            device.last = LinkSample(network_us * self._noise(0.03) + residence_us, residence_us, up, down)
            self._learn(job.device, job.cut, job.compute_us, now)
        self._serve(now)

    def _learn(self, i: int, cut: int, edge_us: float | None, now: float) -> None:
        device = self.devices[i]
        if now - device.learned_s < LEARN_S:
            return
        device.learned_s = now
        sample, device.last = device.last, None
        operators_us = [device.member.operator_us * self._noise(0.02) for _ in range(cut)]
        device.planner.observe(Observation(cut, operators_us=operators_us, edge_us=edge_us, link=sample))
        self._decide(i, now)

    def _decide(self, i: int, now: float) -> None:
        device = self.devices[i]
        before, device.decision = device.decision.cut, device.planner.decide(now)
        if device.decision.cut != before:
            self.moves.append((now, i, before, device.decision.cut))

    def _tick(self, now: float) -> None:
        wait_us = self._waited_us / max(self._finished, 1)
        work = Work(self._arrived, self._finished, self._busy_us, wait_us)
        self._arrived, self._finished, self._busy_us, self._waited_us = 0, 0, 0.0, 0.0
        self.price.update(work, self._runners, now)
        if self._priced:
            self._edge.load, self._edge.wait_us = self.price.price, self.price.wait_us
            for _ in range(ASKED_PER_TICK):
                self._asked = (self._asked + 1) % len(self.devices)
                if self.devices[self._asked].planner.load_asks():
                    self._decide(self._asked, now)
        cuts = tuple(device.decision.cut for device in self.devices)
        self.moments.append(Moment(now, self.price.utilisation, self._edge.load, self.price.wait_us, cuts))
        self._at(now + TICK_S, self._tick)

    def between(self, begin_s: float, end_s: float) -> list[Moment]:
        return [moment for moment in self.moments if begin_s <= moment.at_s < end_s]

    def utilisation(self, begin_s: float, end_s: float) -> float:
        """Mean over a while."""
        return fmean(moment.utilisation for moment in self.between(begin_s, end_s))

    def mean_cut(self, begin_s: float, end_s: float) -> float:
        """Mean over a while and all devices."""
        return fmean(fmean(moment.cuts) for moment in self.between(begin_s, end_s))

    def moves_between(self, begin_s: float, end_s: float) -> list[int]:
        """Moves of each device in a while."""
        moved = Counter(device for at_s, device, _, _ in self.moves if begin_s <= at_s < end_s)
        return [moved[i] for i in range(len(self.devices))]

    def late_between(self, begin_s: float, end_s: float) -> int:
        """Jobs that came too late to be run, or found the queue full."""
        return sum(begin_s <= at_s < end_s for at_s in self.late)


def identical(devices: int = 50) -> list[Member]:
    return [Member(8_000, 10_000, 1.2e6, 8.0)] * devices


def mixed(devices: int = 50, seed: int = 0) -> list[Member]:
    """Devices of 2 to 20 inferences a second (half at 2 to 6), fast and slow, near and far."""
    random = Random(seed)
    return [
        Member(
            8_000 * 2 ** random.uniform(-1.5, 1.0),
            10_000 * 2 ** random.uniform(-1, 1.5),
            1.2e6 * 2 ** random.uniform(-1, 1),
            random.choice((2.0, 4.0, 6.0, 8.0, 12.0, 20.0)),
        )
        for _ in range(devices)
    ]
