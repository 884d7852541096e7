"""What the desk's events make of the price, and that devices which hardly send follow it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hand_device import HandDevice, until
from test_planning_restart import on_desk, talk

from cutpoint.graph import Bundle
from cutpoint.plan.load import LoadPrice
from cutpoint.wire import DeviceId, ModelId, Status
from edge_server.events import Answered, Stages
from edge_server.planning.load import LoadWatch
from tests.edge_server.conftest import MadeServer

JOB_US = 1_000


class Runners:
    """A watch over two runners, and what happens at them."""

    def __init__(self) -> None:
        self.backend = SimpleNamespace(busy_us=0, capacity=2)
        self.price = LoadPrice()
        self.under_way = 0
        self.watch = LoadWatch(self.backend, self.price, lambda: self.under_way)  # type: ignore[arg-type]
        self.now_s = 0.0

    def answered(self, device: str, *, status: Status = Status.OK, batch: int = 1, queue_us: int = 0) -> None:
        about: Any = (DeviceId(device), ModelId(bytes(4)), 1, 1, 0, status, False, 0, JOB_US, 0, 0, None)
        self.watch.seen(Answered(*about, stages=Stages(queue=queue_us), batch=batch))
        self.backend.busy_us += JOB_US * (batch > 0)

    def second(self, per_s: dict[str, int]) -> None:
        for tick in range(20):
            for device, count in per_s.items():
                for _ in range(count * (tick + 1) // 20 - count * tick // 20):
                    self.answered(device)
            self.now_s += 0.05
            self.watch.tick(self.now_s)


def test_jobs_that_ran_and_jobs_that_were_refused_are_load() -> None:
    runners = Runners()
    for _ in range(15):
        runners.second({f"dev-{i}": 20 for i in range(50)})
    assert runners.price.load == pytest.approx(0.5, rel=0.05)
    assert runners.price.utilisation == pytest.approx(0.5, rel=0.05)
    for _ in range(200):
        for i in range(50):
            runners.answered(f"dev-{i}")
            runners.answered(f"dev-{i}", status=Status.OVERLOADED, batch=0)
        runners.now_s += 0.05
        runners.watch.tick(runners.now_s)
    assert runners.price.load == pytest.approx(1.0, rel=0.05)
    assert runners.price.utilisation == pytest.approx(0.5, rel=0.05)


def test_a_queue_that_grows_is_load_before_it_has_run() -> None:
    runners = Runners()
    for _ in range(10):
        runners.second({f"dev-{i}": 20 for i in range(50)})
    for _ in range(40):
        runners.under_way += 100
        runners.now_s += 0.05
        runners.watch.tick(runners.now_s)
    assert runners.price.load > 0.8


def test_answers_that_nothing_was_run_for_are_none() -> None:
    runners = Runners()
    for _ in range(100):
        for _ in range(100):
            runners.answered("dev-1", batch=0)
        runners.now_s += 0.05
        runners.watch.tick(runners.now_s)
    assert runners.price.load == 0.0


def test_the_flood_of_one_device_moves_nobody() -> None:
    runners = Runners()
    for _ in range(30):
        runners.second({f"dev-{i}": 10 for i in range(50)} | {"noisy": 1_500})
    assert runners.price.utilisation == pytest.approx(1.0, rel=0.05)
    assert runners.price.load < 0.4
    assert runners.price.price == 1.0


def test_a_device_that_hardly_sends_is_moved_by_the_price_as_well(
    serve: MadeServer, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(decide_every=1, learn_interval_ms=0)
    dev.about()
    plan = talk(dev, fomo, dev.plan(), 1, 20)
    assert plan.cut < fomo.n
    until(dev.plans.empty)
    on_desk(server, lambda desk: desk.plans.price.restore({"version": 1, "price": 20_000.0}))
    moved = dev.plan()
    assert moved.cut > plan.cut
    assert server.stats()["counters"]["load_moves"] == 1
    assert server.stats()["load_price"] > 1
