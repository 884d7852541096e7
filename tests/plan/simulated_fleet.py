"""A fleet, and an edge with c runners and one queue, in virtual time: discrete events, real planners, a real price."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from cutpoint.plan import EdgeEstimator, LinkSample, NetworkShape, Observation, Planner
from cutpoint.plan.load import LoadPrice, Work
from cutpoint.plan.shift import load_share

MACS = (900_000,) * 8
CUT_BYTES = (27_648, 24_000, 18_000, 12_000, 9_000, 6_000, 3_000, 1_500, 64)
SHAPE = NetworkShape(MACS, CUT_BYTES)
N = SHAPE.n
TAIL_US = tuple(4_000.0 * (N - k) / N for k in range(N + 1))
BACKGROUND_US = 4_000.0
TICK_S = 0.05
LEARN_S = 0.25
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
    service_us: float


@dataclass(slots=True)
class Fleet:
    """Runs `members` on `runners` under a background of jobs that never move.

    background  share of the capacity that others take at a second of the run
    priced      False: the edge never says that it is busy
    spread      False: every device feels the same price
    """

    members: list[Member]
    background: Callable[[float], float]
    runners: int = 4
    priced: bool = True
    spread: bool = True
    seed: int = 0
    moments: list[Moment] = field(default_factory=list)
    moves: list[tuple[float, int, int, int]] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    answered: int = 0

    def run(self, seconds: float) -> Fleet:
        random, order = Random(self.seed), count()
        edge, price = EdgeEstimator(SHAPE), LoadPrice()
        planners = [
            Planner(
                SHAPE, seed=i, exploration=0.0, edge=edge, load_share=load_share(f"dev-{i}") if self.spread else 1.0
            )
            for i in range(len(self.members))
        ]
        decisions = [planner.decide(0.0) for planner in planners]
        learned = [-1.0] * len(planners)
        last: list[LinkSample | None] = [None] * len(planners)
        events: list[tuple[float, int, Callable[[float], None]]] = []
        queue: deque[_Job] = deque()
        free, busy_us, finished, waited_us, arrived, asked = self.runners, 0.0, 0, 0.0, 0, 0

        def at(when: float, what: Callable[[float], None]) -> None:
            heapq.heappush(events, (when, next(order), what))

        def decide(i: int, now: float) -> None:
            before, decisions[i] = decisions[i].cut, planners[i].decide(now)
            if decisions[i].cut != before:
                self.moves.append((now, i, before, decisions[i].cut))

        def infer(i: int) -> Callable[[float], None]:
            member = self.members[i]

            def begin(now: float) -> None:
                at(now + random.expovariate(member.per_s), begin)
                cut = decisions[i].cut
                device_us = member.operator_us * cut * random.gauss(1, 0.02)
                if cut == N:
                    at(now + device_us / 1e6, lambda then: learn(i, cut, device_us, then))
                    return
                up_us = member.round_trip_us / 2 + CUT_BYTES[cut] / member.bytes_per_s * 1e6
                sent = now + (device_us + up_us * random.gauss(1, 0.03)) / 1e6
                late = sent + decisions[i].deadline_ms / 1e3
                job = _Job(i, cut, sent, late, TAIL_US[cut] * random.gauss(1, 0.05))
                at(sent, lambda then: arrive(job, then))

            return begin

        def background(now: float) -> None:
            share = self.background(now)
            rate = share * self.runners / (BACKGROUND_US / 1e6)
            at(now + (random.expovariate(rate) if rate else TICK_S), background)
            if rate:
                arrive(_Job(-1, 0, now, now + 1.0, random.expovariate(1 / BACKGROUND_US)), now)

        def arrive(job: _Job, now: float) -> None:
            nonlocal arrived
            arrived += 1
            if len(queue) >= QUEUE:
                missed(job, now)
                return
            queue.append(job)
            serve(now)

        def missed(job: _Job, now: float) -> None:
            if job.device >= 0:
                self.late.append(now)
                planners[job.device].missed(CUT_BYTES[job.cut], 1e6 * (job.late_s - job.arrived_s))

        def serve(now: float) -> None:
            nonlocal free
            while free and queue:
                job = queue.popleft()
                if now > job.late_s:
                    missed(job, now)
                    continue
                free -= 1
                at(now + job.service_us / 1e6, done(job, now))

        def done(job: _Job, started: float) -> Callable[[float], None]:
            def finish(now: float) -> None:
                nonlocal free, busy_us, finished, waited_us
                free += 1
                busy_us += job.service_us
                finished += 1
                waited_us += 1e6 * (started - job.arrived_s)
                if job.device >= 0:
                    self.answered += 1
                    member, i = self.members[job.device], job.device
                    up, down = CUT_BYTES[job.cut] + 52, 64
                    network_us = (member.round_trip_us + (up + down) / member.bytes_per_s * 1e6) * random.gauss(1, 0.03)
                    residence_us = 1e6 * (now - job.arrived_s)
                    last[i] = LinkSample(network_us + residence_us, residence_us, up, down)
                    learn(i, job.cut, member.operator_us * job.cut, now, job.service_us)
                serve(now)

            return finish

        def learn(i: int, cut: int, device_us: float, now: float, edge_us: float | None = None) -> None:
            if now - learned[i] < LEARN_S:
                return
            learned[i] = now
            sample, last[i] = last[i], None
            planners[i].observe(
                Observation(cut, operators_us=[device_us / cut] * cut if cut else None, edge_us=edge_us, link=sample)
            )
            decide(i, now)

        def tick(now: float) -> None:
            nonlocal busy_us, finished, waited_us, arrived, asked
            work = Work(arrived, finished, busy_us, waited_us)
            busy_us, finished, waited_us, arrived = 0.0, 0, 0.0, 0
            price.update(work, self.runners, now)
            if self.priced:
                edge.load, edge.wait_us = price.price, price.wait_us
                for _ in range(ASKED_PER_TICK):
                    asked = (asked + 1) % len(planners)
                    if planners[asked].load_asks():
                        decide(asked, now)
            cuts = tuple(decision.cut for decision in decisions)
            self.moments.append(Moment(now, price.utilisation, edge.load, price.wait_us, cuts))
            at(now + TICK_S, tick)

        for i in range(len(planners)):
            at(random.random() / self.members[i].per_s, infer(i))
        at(0.0, background)
        at(0.0, tick)
        now = 0.0
        while now < seconds:
            now, _, what = heapq.heappop(events)
            what(now)
        return self

    def between(self, begin_s: float, end_s: float) -> list[Moment]:
        return [moment for moment in self.moments if begin_s <= moment.at_s < end_s]

    def utilisation(self, begin_s: float, end_s: float) -> float:
        """Mean over a while."""
        moments = self.between(begin_s, end_s)
        return sum(moment.utilisation for moment in moments) / len(moments)

    def mean_cut(self, begin_s: float, end_s: float) -> float:
        moments = self.between(begin_s, end_s)
        return sum(sum(moment.cuts) / len(moment.cuts) for moment in moments) / len(moments)

    def moves_between(self, begin_s: float, end_s: float) -> list[int]:
        """Moves of each device in a while."""
        per_device = [0] * len(self.members)
        for at_s, device, _, _ in self.moves:
            if begin_s <= at_s < end_s:
                per_device[device] += 1
        return per_device


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
