"""More work than time: bounded, refused at once, and said."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, Leaf, Status
from edge_server.desk.inbox import Inbox
from edge_server.events import Answered, Event
from edge_server.gateway import Arrival


def _arrival(number: int, leaf: Leaf = Leaf.ACT) -> Arrival:
    return Arrival(DeviceId("dev"), leaf, bytes([number]), 0)


def _numbers(inbox: Inbox) -> list[int]:
    taken = []
    while len(inbox):
        turn = inbox.get()
        assert turn is not None
        assert turn.arrival is not None
        taken.append(turn.arrival.payload[0])
    return taken


def test_a_full_inbox_refuses_the_newcomer() -> None:
    inbox = Inbox(3, "refuse")
    for number in range(5):
        inbox.put(_arrival(number))
    turn = inbox.get()
    assert turn is not None
    assert [arrival.payload[0] for arrival in turn.refused] == [3, 4]
    assert _numbers(inbox) == [1, 2]
    assert inbox.drops == {"inbox_refused": 2}


def test_a_full_inbox_may_drop_the_oldest_instead() -> None:
    inbox = Inbox(3, "drop-oldest")
    for number in range(5):
        inbox.put(_arrival(number))
    assert _numbers(inbox) == [2, 3, 4]
    assert inbox.drops == {"inbox_dropped_oldest": 2}


def test_a_birth_finds_room_where_work_does_not() -> None:
    inbox = Inbox(2, "refuse")
    for number in range(3):
        inbox.put(_arrival(number))
    inbox.put(_arrival(9, Leaf.STATE))
    assert _numbers(inbox) == [0, 1, 9]


def test_refused_newcomers_are_bounded_too() -> None:
    inbox = Inbox(2, "refuse")
    for number in range(10):
        inbox.put(_arrival(number))
    assert inbox.drops == {"inbox_refused": 2, "inbox_full": 6}


def test_a_closed_inbox_ends_its_reader() -> None:
    inbox = Inbox(2, "refuse")
    ended = threading.Event()
    threading.Thread(target=lambda: (inbox.get(), ended.set()), daemon=True).start()
    inbox.close()
    assert ended.wait(2)
    inbox.put(_arrival(1))
    assert inbox.drops["inbox_closed"] == 1


class Slow:
    """An observer that holds the worker up until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.held = threading.Event()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Answered):
            self.held.set()
            self.go.wait(10)


@pytest.fixture
def slow(events: list[Event]) -> Slow:
    return Slow()


def test_what_does_not_fit_is_answered_overloaded(
    serve: Any, device: Any, fomo: Bundle, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(inbox_size=2)
    [worker] = server._workers
    monkeypatch.setattr(worker, "_observer", slow)
    dev: HandDevice = device()
    [picture] = pictures(fomo, 1)
    dev.send(dev.activation(3, picture, 1), chunk_bytes=60_000)
    assert slow.held.wait(5)
    for sequence in range(2, 7):
        dev.send(dev.activation(3, picture, sequence), chunk_bytes=60_000)
    until(lambda: server.stats()["counters"].get("inbox_full") == 1)
    slow.go.set()
    results = {result.sequence: result.status for result in (dev.result() for _ in range(5))}
    assert results == {
        1: Status.OK,
        2: Status.OK,
        3: Status.OK,
        4: Status.OVERLOADED,
        5: Status.OVERLOADED,
    }
    assert dev.hears_nothing(), "the sixth is beyond the refusals that are remembered too"
    assert server.stats()["counters"]["overloaded"] == 2


def test_work_that_waited_past_its_deadline_is_not_run(
    serve: Any, device: Any, fomo: Bundle, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(deadline_ms=50, policy="fixed:3")
    dev: HandDevice = device()
    dev.about()
    dev.plan()
    [worker] = server._workers
    monkeypatch.setattr(worker, "_observer", slow)
    [picture] = pictures(fomo, 1)
    dev.send(dev.activation(3, picture, 1))
    assert slow.held.wait(5)
    dev.send(dev.activation(3, picture, 2))
    time.sleep(0.1)
    slow.go.set()
    assert [dev.result().status for _ in range(2)] == [Status.OK, Status.TOO_LATE]
    assert server.stats()["counters"]["too_late"] == 1


def test_the_number_of_devices_is_bounded(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve(max_devices=3)
    dev: HandDevice = device()
    for number in range(10):
        dev.bus.publish(f"cutpoint/1/forged-{number}/state", b'{"state": "online", "boot": 1}')
    until(lambda: server.stats()["counters"].get("devices_evicted") == 7)
    assert server.stats()["devices"] == 3
    assert dev.ask(3, pictures(fomo, 1)[0]).status is Status.OK
