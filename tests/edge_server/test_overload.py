"""More work than time: bounded, refused at once, fair, and said."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.graph import Bundle
from cutpoint.wire import Status
from edge_server.backend import threads
from edge_server.events import Answered, Event


class SlowTails:
    """Holds every batch up until it is let go, or for a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.held = threading.Event()
        self.wait_s = 10.0
        run = threads.run_batch

        def held_up(*arguments: Any) -> Any:
            self.held.set()
            self.go.wait(self.wait_s)
            return run(*arguments)

        monkeypatch.setattr(threads, "run_batch", held_up)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowTails:
    return SlowTails(monkeypatch)


def test_what_finds_no_place_in_the_queue_is_answered_overloaded_at_once(
    slow: SlowTails, serve: Any, device: Any, fomo: Bundle
) -> None:
    server = serve(workers=1, queue_size=3, queue_per_device=2)
    dev, other = device(), device("dev-2")
    [picture] = pictures(fomo, 1)
    dev.send(dev.activation(3, picture, 1))
    assert slow.held.wait(5)
    for sequence in range(2, 6):
        dev.send(dev.activation(3, picture, sequence))
    assert [(result.sequence, result.status) for result in (dev.result(), dev.result())] == [
        (2, Status.OVERLOADED),
        (3, Status.OVERLOADED),
    ]
    other.send(other.activation(3, picture, 1))
    until(lambda: server.stats()["queue"] == 3)
    slow.go.set()
    assert {dev.result().sequence for _ in range(3)} == {1, 4, 5}
    assert other.result().answer == whole_answer(fomo, picture)
    assert server.stats()["counters"]["overloaded"] == 2


def test_what_finds_no_place_in_the_inbox_is_answered_overloaded(
    serve: Any, device: Any, fomo: Bundle
) -> None:
    go, held = threading.Event(), threading.Event()
    server = serve(inbox_size=4)
    dev: HandDevice = device()
    [picture] = pictures(fomo, 1)
    server._desk.call(lambda: (held.set(), go.wait(10)))
    assert held.wait(5)
    for sequence in range(1, 9):
        dev.send(dev.activation(3, picture, sequence), chunk_bytes=60_000)
    until(lambda: server.stats()["counters"].get("inbox_full") == 2)
    go.set()
    results = Counter(dev.result().status for _ in range(6))
    assert results == {Status.OK: 2, Status.OVERLOADED: 4}
    assert dev.hears_nothing(), "the last two are beyond the refusals that are remembered too"


def test_work_that_waited_past_its_deadline_is_not_run(
    slow: SlowTails, serve: Any, device: Any, fomo: Bundle, events: list[Event]
) -> None:
    server = serve(workers=1, deadline_ms=50, policy="fixed:3")
    dev: HandDevice = device()
    dev.about()
    dev.plan()
    [picture] = pictures(fomo, 1)
    dev.send(dev.activation(3, picture, 1))
    assert slow.held.wait(5)
    dev.send(dev.activation(3, picture, 2))
    until(lambda: server.stats()["queue"] == 1)
    time.sleep(0.1)
    slow.go.set()
    assert [dev.result().status for _ in range(2)] == [Status.OK, Status.TOO_LATE]
    assert server.stats()["counters"]["too_late"] == 1
    until(lambda: sum(isinstance(event, Answered) for event in events) == 2)
    [_, late] = [event for event in events if isinstance(event, Answered)]
    assert late.batch == 0


def test_an_inference_asked_again_while_it_waits_is_run_once(
    slow: SlowTails, serve: Any, dev: HandDevice, fomo: Bundle, events: list[Event]
) -> None:
    server = serve(workers=1)
    [picture] = pictures(fomo, 1)
    for _ in range(3):
        dev.send(dev.activation(3, picture, 1))
    until(lambda: server.stats()["counters"].get("repeated_in_flight") == 2)
    slow.go.set()
    assert dev.result().answer == whole_answer(fomo, picture)
    assert dev.hears_nothing()
    assert sum(isinstance(event, Answered) for event in events) == 1


def test_a_noisy_device_does_not_starve_the_others(
    slow: SlowTails, serve: Any, device: Any, fomo: Bundle
) -> None:
    """Nine devices that ask one thing at a time beside one that floods an edge that takes 5 ms for each."""
    slow.wait_s = 0.005
    server = serve(workers=1, queue_size=32, queue_per_device=8, batch_most=1)
    noisy, quiet = device("noisy"), [device(f"quiet-{number}") for number in range(9)]
    [picture] = pictures(fomo, 1)
    flood = [noisy.activation(3, picture, sequence) for sequence in range(1, 2001)]
    ended = threading.Event()

    def shout() -> None:
        for message in flood:
            if ended.is_set():
                return
            noisy.send(message)
            time.sleep(0.0005)

    shouting = threading.Thread(target=shout)
    shouting.start()
    until(lambda: server.stats()["counters"].get("overloaded", 0) > 5)
    waits: list[float] = []
    for sequence in range(1, 6):
        began = time.monotonic()
        for one in quiet:
            one.send(one.activation(3, picture, sequence))
        for one in quiet:
            assert one.result().status is Status.OK
        waits.append(time.monotonic() - began)
    ended.set()
    shouting.join()
    served = Counter(result.status for result in list(noisy.results.queue))
    assert served[Status.OVERLOADED] > served[Status.OK], "the flood was refused, not queued"
    # A round is ten turns of 5 ms: the flood costs the nine one turn, not its whole queue.
    assert sorted(waits)[2] < 0.2


def test_the_number_of_devices_is_bounded(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve(max_devices=3)
    dev: HandDevice = device()
    for number in range(10):
        dev.bus.publish(f"cutpoint/1/forged-{number}/state", b'{"state": "online", "boot": 1}')
    until(lambda: server.stats()["counters"].get("devices_evicted") == 7)
    assert server.stats()["devices"] == 3
    assert dev.ask(3, pictures(fomo, 1)[0]).status is Status.OK


def test_what_was_heard_before_a_stop_is_still_answered(
    slow: SlowTails, serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(workers=1)
    [picture] = pictures(fomo, 1)
    for sequence in (1, 2, 3):
        dev.send(dev.activation(3, picture, sequence))
    assert slow.held.wait(5)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    slow.wait_s = 0.0
    slow.go.set()
    assert [dev.result().sequence for _ in range(3)] == [1, 2, 3]
    stopping.join(5)
    assert not stopping.is_alive()
