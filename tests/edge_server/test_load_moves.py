"""50 devices at a real server, and a step in load, in real time: cuts move to the devices and back."""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.graph import Bundle
from cutpoint.plan import shift
from cutpoint.wire import Activation, LastAnswered, Plan, Timings
from edge_server.backend import threads
from edge_server.batching import Batch, Finished
from tests.edge_server.conftest import MadeDevice, MadeServer

DEVICES, OTHERS = 50, 24
PER_S, OTHERS_PER_S = 2.0, 3.5
RUNNERS = 8
TAIL_US = 40_000
LOCAL_US = 110_000
NETWORK_US = 40_000


@pytest.fixture
def slow_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tails whose time is that of their part of the network, whatever else this machine is doing."""
    real = threads.run_batch

    def run(tails: Any, batch: Batch) -> Finished:
        n = batch.model.n
        want_us = TAIL_US * (n - batch.cut) // n * len(batch.jobs)
        give_up = time.perf_counter() + want_us / 1e6
        finished = real(tails, batch)
        time.sleep(max(0.0, give_up - time.perf_counter()))
        return replace(finished, compute_us=want_us)

    monkeypatch.setattr(threads, "run_batch", run)


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device waits 4 s before it comes back instead of 10, so that the test does."""
    monkeypatch.setattr(shift, "BACK_S", 4.0)


@dataclass
class Runner:
    """Drives one hand-made device, whose computing and whose link are figures only."""

    dev: HandDevice
    per_s: float
    follows: bool
    plan: Plan | None = None
    sequence: int = 0
    last: LastAnswered | None = None
    made: dict[int, Activation] = field(default_factory=dict)

    def infer(self, bundle: Bundle, picture: Any) -> None:
        while not self.dev.plans.empty():
            self.plan = self.dev.plan()
        with_answer = None
        while not self.dev.results.empty():
            with_answer = self.dev.results.get()
        if with_answer is not None and self.sequence:
            us = NETWORK_US + with_answer.edge_us
            self.last = LastAnswered(with_answer.sequence, us, with_answer.edge_us, 2_000, 60)
        # The first one runs everything, so that every operator is known.
        cut = 0 if not self.follows else bundle.n if self.plan is None or not self.sequence else self.plan.cut
        if cut not in self.made:
            self.made[cut] = self.dev.activation(cut, picture, timings=Timings(0, (), None))
        self.sequence += 1
        times = (LOCAL_US // bundle.n,) * cut
        self.dev.send(
            replace(
                self.made[cut],
                sequence=self.sequence,
                plan_epoch=0 if self.plan is None else self.plan.epoch,
                timings=Timings(0, times, self.last),
            ),
            chunk_bytes=1 << 15,
        )


@contextmanager
def driven(runners: list[Runner], bundle: Bundle, seed: int) -> Iterator[None]:
    """All of them at their own pace, on one thread, until the end of the block."""
    [picture] = pictures(bundle, 1)
    random, ended, failed = Random(seed), threading.Event(), queue.SimpleQueue[Exception]()
    due = [(time.monotonic() + random.random() / one.per_s, i) for i, one in enumerate(runners)]
    heapq.heapify(due)

    def drive() -> None:
        try:
            while not ended.is_set():
                at, i = heapq.heappop(due)
                if ended.wait(max(0.0, at - time.monotonic())):
                    return
                runners[i].infer(bundle, picture)
                heapq.heappush(due, (max(at + 1 / runners[i].per_s, time.monotonic()), i))
        except Exception as error:  # noqa: BLE001  told to the thread that waits
            failed.put(error)

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if not failed.empty():
        raise failed.get()


@pytest.mark.slow
def test_a_step_in_load_moves_50_devices_towards_themselves_and_back(
    slow_tails: None, short_patience: None, serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    server = serve(workers=RUNNERS, batch_most=1, decide_every=4)
    fleet = [Runner(device(f"dev-{i}"), PER_S, follows=True) for i in range(DEVICES)]
    others = [Runner(device(f"other-{i}"), OTHERS_PER_S, follows=False) for i in range(OTHERS)]
    for one in fleet:
        one.dev.about(chip="esp32")

    def away() -> int:
        return sum(one.plan is not None and one.plan.cut == fomo.n for one in fleet)

    def load(name: str) -> float:
        return float(server.stats()[name])

    with driven(fleet, fomo, 1):
        until(lambda: all(one.sequence > 3 for one in fleet) and away() <= 3, 8)
        assert load("load_price") < 1.5
        with driven(others, fomo, 2):
            until(lambda: away() >= 10 and 0.55 <= load("utilisation") <= 0.85, 15)
            assert load("load_price") > 1.2
            moved = away()
            assert moved < DEVICES
        until(lambda: away() <= moved // 4, 20)
    assert server.stats()["counters"]["decisions"] > 0
