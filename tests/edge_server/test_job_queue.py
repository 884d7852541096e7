"""Which job is run next, with whom, and which is not run at all."""

from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.wire import DeviceId, ModelId
from edge_server.batching import Batch, BatchCost, Job, JobQueue, Late
from edge_server.batching.cost import worthwhile

MODEL: Any = SimpleNamespace(id=ModelId(b"\1\2\3\4"))
OTHER: Any = SimpleNamespace(id=ModelId(b"\5\6\7\x08"))
FAR_NS = 1 << 60


class Clock:
    """Nanoseconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now


def _job(
    device: str, deadline_ns: int = FAR_NS, *, model: Any = MODEL, cut: int = 3, queued_ns: int = 0
) -> Job:
    return Job(DeviceId(device), model, cut, 0, queued_ns, deadline_ns, None, [np.zeros(1)])


def _queue(clock: Clock | None = None, *, late: list[Job] | None = None, **bounds: int) -> JobQueue:
    dropped = [] if late is None else late
    return JobQueue(
        **({"size": 100, "per_device": 100} | bounds),  # type: ignore[arg-type]
        late=lambda gone: dropped.extend(gone.jobs),
        clock_ns=clock or Clock(),
    )


def _order(queue: JobQueue, count: int) -> list[str]:
    taken: list[str] = []
    for _ in range(count):
        batch = queue.take(5.0)
        assert batch is not None
        taken += [str(job.device) for job in batch.jobs]
    return taken


def test_the_earliest_deadline_goes_first() -> None:
    queue = _queue()
    for name, deadline in (("late", 30), ("soon", 10), ("then", 20)):
        queue.put(_job(name, FAR_NS + deadline))
    assert _order(queue, 3) == ["soon", "then", "late"]


def test_every_device_gets_one_turn_a_round_however_much_it_asks() -> None:
    queue = _queue()
    for _ in range(5):
        queue.put(_job("noisy", FAR_NS))
    queue.put(_job("quiet", FAR_NS + 10**9))
    queue.put(_job("other", FAR_NS + 10**9))
    assert _order(queue, 7)[:3] in (["noisy", "quiet", "other"], ["noisy", "other", "quiet"])


def test_a_device_that_comes_later_is_not_behind_the_rounds_of_others() -> None:
    queue = _queue()
    for _ in range(10):
        queue.put(_job("noisy"))
    assert _order(queue, 4) == ["noisy"] * 4
    queue.put(_job("quiet", FAR_NS + 10**9))
    assert "quiet" in _order(queue, 2)


def test_a_noisy_device_takes_no_more_than_its_share_of_a_busy_edge() -> None:
    """100 turns; nine devices that ask again as soon as they were served, one that keeps 40 waiting."""
    queue = _queue(size=60, per_device=40)
    quiet = [f"quiet-{number}" for number in range(9)]
    for name in quiet:
        queue.put(_job(name))
    served = []
    for _ in range(100):
        while queue.put(_job("noisy")) is None:
            pass
        [name] = _order(queue, 1)
        served.append(name)
        if name != "noisy":
            queue.put(_job(name))
    assert served.count("noisy") in range(9, 12)
    assert all(served.count(name) in range(9, 12) for name in quiet)


def test_places_are_bounded_for_each_device() -> None:
    queue = _queue(per_device=2)
    first, second, third, fourth = (_job("dev", cut=cut) for cut in (0, 0, 1, 0))
    assert [queue.put(one) for one in (first, second)] == [None, None]
    assert queue.put(_job("other")) is None
    assert queue.put(third) is first  # the newest question of a device is the one that it waits for
    assert queue.put(fourth) is second
    assert len(queue) == 3
    assert set(map(id, queue.close())) >= {id(third), id(fourth)}


def test_a_device_that_asks_on_keeps_its_turn_and_takes_no_memory() -> None:
    queue = _queue(per_device=2)
    for _ in range(50):
        queue.put(_job("noisy"))
    queue.put(_job("quiet", FAR_NS + 1))
    assert sum(map(len, queue._waiting.values())) == 3
    assert _order(queue, 3) == ["noisy", "quiet", "noisy"]


def test_a_full_queue_makes_room_at_the_device_that_has_most() -> None:
    queue = _queue(size=4)
    for number in range(3):
        queue.put(_job("noisy", FAR_NS + number))
    queue.put(_job("other"))
    pushed_out = queue.put(_job("quiet"))
    assert pushed_out is not None
    assert (pushed_out.device, pushed_out.deadline_ns) == ("noisy", FAR_NS + 2)
    assert len(queue) == 4
    assert sorted(_order(queue, 4)) == ["noisy", "noisy", "other", "quiet"]


def test_a_full_queue_of_modest_devices_refuses_the_newcomer() -> None:
    queue = _queue(size=2)
    queue.put(_job("one"))
    queue.put(_job("other"))
    newcomer = _job("third")
    assert queue.put(newcomer) is newcomer


def test_what_cannot_be_ready_in_time_is_dropped_before_it_is_run() -> None:
    clock, late = Clock(), list[Job]()
    queue = _queue(clock, late=late)
    queue.price((MODEL.id.raw, 3), BatchCost({1: 5_000.0}))
    queue.put(_job("gone", clock.now - 1))
    queue.put(_job("too-near", clock.now + 4_000_000))
    queue.put(_job("in-time", clock.now + 6_000_000))
    assert _order(queue, 1) == ["in-time"]
    assert [job.device for job in late] == ["gone", "too-near"]
    assert len(queue) == 0


def test_jobs_of_one_tail_share_a_batch_the_most_urgent_first() -> None:
    queue = _queue(batch_most=4)
    queue.price((MODEL.id.raw, 3), BatchCost({1: 2_000.0, 2: 2_500.0, 4: 3_000.0}))
    for number in range(6):
        queue.put(_job(f"dev-{number}", FAR_NS - number))
    queue.put(_job("elsewhere", cut=4))
    queue.put(_job("stranger", model=OTHER))
    batch = queue.take(5.0)
    assert batch is not None
    assert [job.device for job in batch.jobs] == ["dev-5", "dev-4", "dev-3", "dev-2"]


def test_without_a_gain_only_quick_tails_are_handed_out_together() -> None:
    for single_us, together in ((5_000.0, 1), (250.0, 4), (10.0, 8)):
        queue = _queue(batch_most=8)
        queue.price((MODEL.id.raw, 3), BatchCost({1: single_us}))
        for number in range(20):
            queue.put(_job(f"dev-{number}"))
        batch = queue.take(5.0)
        assert batch is not None
        assert len(batch.jobs) == together


def test_a_batch_leaves_something_for_another_idle_thread() -> None:
    queue = _queue(batch_most=16)
    queue.price((MODEL.id.raw, 3), BatchCost({1: 100.0, 16: 160.0}))
    for number in range(8):
        queue.put(_job(f"dev-{number}"))
    queue._idle = 1  # the other one, about to look
    batch = queue.take(5.0)
    assert batch is not None
    assert len(batch.jobs) == 4


def test_quick_tails_are_left_to_the_thread_that_runs_one_until_they_pile_up() -> None:
    queue = _queue(batch_most=4)
    queue.price((MODEL.id.raw, 3), BatchCost({1: 100.0}))
    queue.price((MODEL.id.raw, 4), BatchCost({1: 5_000.0}))
    queue.put(_job("first"))
    assert queue.take(5.0) is not None
    queue.put(_job("second"))
    taken: list[Batch | None] = []

    def other(timeout_s: float, times: int = 1) -> None:
        thread = threading.Thread(target=lambda: taken.extend(queue.take(timeout_s) for _ in range(times)))
        thread.start()
        thread.join(10)

    other(0.05)
    assert taken == [None], "the first thread will have it in a moment"
    queue.put(_job("slow", cut=4))
    other(5.0)
    assert [job.device for job in taken[-1].jobs] == ["slow"]  # type: ignore[union-attr]
    for number in range(12):
        queue.put(_job(f"more-{number}"))
    other(5.0, times=3)
    assert [len(batch.jobs) for batch in taken[-3:]] == [4, 4, 4], "who asks again has ended its batch"  # type: ignore[union-attr]


def test_jobs_left_to_a_quick_thread_are_anothers_when_it_turns_to_a_slow_tail() -> None:
    queue = _queue()
    for cut in (3, 4):
        queue.price((MODEL.id.raw, cut), BatchCost({1: 100.0}))
    queue.put(_job("quick"))
    assert queue.take(5.0) is not None
    taken: list[Batch | None] = []
    other = threading.Thread(target=lambda: taken.append(queue.take(10.0)))
    other.start()
    while queue._idle == 0:
        time.sleep(0.001)
    queue.put(_job("left", FAR_NS))
    queue.put(_job("urgent", FAR_NS - 1, cut=4))
    # Its tail was given up meanwhile, so that it will take its time.
    queue.price((MODEL.id.raw, 4), None)
    batch = queue.take(5.0)
    assert batch is not None
    assert batch.cut == 4
    other.join(5)
    assert [one.jobs[0].device for one in taken if one is not None] == ["left"]


def test_of_tails_that_were_given_up_nothing_is_kept() -> None:
    queue = _queue()
    for cut in range(50):
        queue.price((MODEL.id.raw, cut), BatchCost({1: 100.0}))
        for _ in range(2):
            queue.put(_job(f"dev-{cut}", cut=cut))
            assert queue.take(5.0) is not None
        queue.price((MODEL.id.raw, cut), None)
    assert not queue._costs
    assert not queue._gap_ns
    assert not queue._came_ns


def test_a_batch_is_waited_for_no_longer_than_it_saves() -> None:
    queue = JobQueue(size=10, per_device=10, late=lambda _late: None, window_us=2000)
    queue.price((MODEL.id.raw, 3), BatchCost({1: 100_000.0, 2: 100_500.0}))
    now = time.perf_counter_ns()
    queue.put(_job("before", now + 10**10, queued_ns=now))
    queue.put(_job("dev", now + 10**10, queued_ns=now))
    assert len(queue.take(5.0).jobs) == 2  # type: ignore[union-attr]
    now = time.perf_counter_ns()
    queue.put(_job("dev", now + 10**10, queued_ns=now))
    queue._gap_ns[(MODEL.id.raw, 3)] = 100_000.0
    batch = queue.take(5.0)
    waited_us = (time.perf_counter_ns() - now) / 1000
    assert batch is not None
    assert 1_500 < waited_us < 60_000, "another was expected, for 2 ms at most"


@pytest.mark.parametrize(
    ("by_size", "gap_us", "slack_us"),
    [
        ({1: 100_000.0}, 10.0, 10**7),
        ({1: 100_000.0, 2: 100_500.0}, 10_000.0, 10**7),
        ({1: 1_000.0, 2: 1_100.0}, 10.0, 1_900),
    ],
    ids=["no gain", "nobody expected", "no slack"],
)
def test_nobody_waits_for_company_that_would_not_pay(
    by_size: dict[int, float], gap_us: float, slack_us: int
) -> None:
    clock = Clock()
    queue = _queue(clock, window_us=2000)
    key = (MODEL.id.raw, 3)
    queue.price(key, BatchCost(by_size))
    queue.put(_job("dev", clock.now + 1000 * slack_us, queued_ns=clock.now))
    queue._gap_ns[key] = 1000 * gap_us
    assert queue._worth_waiting_s(key) == 0.0


def test_a_closed_queue_hands_back_what_waits_and_ends_its_takers() -> None:
    queue = _queue()
    queue.put(_job("one"))
    queue.put(_job("other"))
    assert {job.device for job in queue.close()} == {"one", "other"}
    assert queue.take() is None
    refused = _job("third")
    assert queue.put(refused) is refused


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 50)), max_size=80),
    takes=st.integers(0, 100),
    size=st.integers(1, 20),
    per_device=st.integers(1, 8),
)
def test_no_job_is_lost_or_run_twice(
    asked: list[tuple[int, int, int]], takes: int, size: int, per_device: int
) -> None:
    clock, late = Clock(), list[Job]()
    queue = _queue(clock, late=late, size=size, per_device=per_device)
    queue.price((MODEL.id.raw, 0), BatchCost({1: 50.0, 2: 60.0}))
    put, out = [], list[Job]()
    refused = []
    for turn, (device, cut, deadline) in enumerate(asked):
        job = _job(f"dev-{device}", clock.now + deadline * 1_000_000, cut=cut)
        put.append(job)
        if (gone := queue.put(job)) is not None:
            refused.append(gone)
        assert len(queue) <= size
        held = [entry[3] for entries in queue._waiting.values() for entry in entries]
        assert len(held) >= len(queue)
        if takes and turn % 3 == 0 and len(queue):
            takes -= 1
            clock.now += 5_000_000
            batch = queue.take(0.0)
            out += () if batch is None else batch.jobs
    out += queue.close()
    seen = [id(job) for job in (*out, *late, *refused)]
    assert len(seen) == len(set(seen))
    assert set(seen) == {id(job) for job in put}


def test_sizes_are_kept_that_cost_less_for_each_job() -> None:
    assert worthwhile({1: 100, 2: 199, 4: 300, 8: 599, 16: 800}) == {1: 100, 4: 300, 16: 800}
    assert worthwhile({1: 100}) == {1: 100}


def test_several_takers_and_one_giver_lose_nothing() -> None:
    late: list[Job] = []
    queue = JobQueue(size=10_000, per_device=10_000, late=lambda gone: late.extend(gone.jobs))
    queue.price((MODEL.id.raw, 3), BatchCost({1: 10.0, 4: 20.0}))
    taken: list[list[Job]] = [[] for _ in range(4)]

    def take(mine: list[Job]) -> None:
        while (batch := queue.take()) is not None:
            mine += batch.jobs

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    jobs = [_job(f"dev-{number % 7}") for number in range(2_000)]
    for job in jobs:
        assert queue.put(job) is None
    give_up = time.monotonic() + 10
    while len(queue) and time.monotonic() < give_up:
        time.sleep(0.001)
    queue.close()
    for thread in threads:
        thread.join(5)
    assert sorted(map(id, itertools.chain(*taken))) == sorted(map(id, jobs))
    assert late == []


def test_late_names_its_jobs() -> None:
    job = _job("dev")
    assert Late((job,)).jobs == (job,)
