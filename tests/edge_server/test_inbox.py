"""The queue between the gateway's thread and the desk."""

from __future__ import annotations

import threading

import pytest

from cutpoint.wire import DeviceId, Leaf
from edge_server.desk.inbox import Inbox, Turn
from edge_server.gateway import Arrival


def _arrival(number: int, leaf: Leaf = Leaf.ACT, device: str = "dev") -> Arrival:
    return Arrival(DeviceId(device), leaf, bytes([number]), 0)


def _turn(inbox: Inbox) -> Turn:
    turn = inbox.get(0.0)
    assert turn is not None
    return turn


def _numbers(inbox: Inbox) -> list[int]:
    taken: list[int] = []
    while len(inbox):
        taken += [arrival.payload[0] for arrival in _turn(inbox).arrivals]
    return taken


def test_a_full_inbox_refuses_the_newcomer() -> None:
    inbox = Inbox(6, "refuse")
    for number in range(5):
        inbox.put(_arrival(number))
    turn = _turn(inbox)
    assert [arrival.payload[0] for arrival in turn.refused] == [3, 4], "one device has half of the places"
    assert [arrival.payload[0] for arrival in turn.arrivals] == [0, 1, 2]
    assert inbox.drops == {"inbox_refused": 2}


def test_a_full_inbox_may_drop_the_oldest_instead() -> None:
    inbox = Inbox(6, "drop-oldest")
    for number in range(5):
        inbox.put(_arrival(number))
    assert _numbers(inbox) == [2, 3, 4]
    assert inbox.drops == {"inbox_dropped_oldest": 2}


@pytest.mark.parametrize("when_full", ["refuse", "drop-oldest"])
def test_room_is_made_at_the_device_that_has_most(when_full: str) -> None:
    inbox = Inbox(4, when_full)  # type: ignore[arg-type]
    for number in range(2):
        inbox.put(_arrival(number, device="noisy"))
    inbox.put(_arrival(2, device="other"))
    inbox.put(_arrival(3, device="third"))
    inbox.put(_arrival(4, device="quiet"))
    kept = _numbers(inbox)
    assert kept == ([0, 2, 3, 4] if when_full == "refuse" else [1, 2, 3, 4])


def test_where_all_have_as_much_the_newcomer_is_refused() -> None:
    inbox = Inbox(2, "refuse")
    for name in ("one", "other", "third"):
        inbox.put(_arrival(1, device=name))
    assert [arrival.device for arrival in _turn(inbox).refused] == ["third"]


def test_devices_take_turns_and_each_keeps_its_order() -> None:
    inbox = Inbox(100, "refuse")
    for number in range(4):
        inbox.put(_arrival(number, device="noisy"))
    inbox.put(_arrival(10, device="quiet"))
    inbox.put(_arrival(11, Leaf.STATE, device="quiet"))
    assert _numbers(inbox) == [0, 10, 1, 11, 2, 3]


def test_a_birth_finds_room_where_work_does_not() -> None:
    inbox = Inbox(4, "refuse")
    for number in range(3):
        inbox.put(_arrival(number))
    inbox.put(_arrival(9, Leaf.STATE))
    assert _numbers(inbox) == [0, 1, 9]
    assert inbox.drops == {"inbox_refused": 1}


def test_births_are_bounded_too() -> None:
    inbox = Inbox(4, "drop-oldest")
    for number in range(6):
        inbox.put(_arrival(number, Leaf.STATE, f"dev-{number}"))
    assert _numbers(inbox) == [0, 1, 2, 3]
    assert inbox.drops == {"inbox_full": 2}


def test_only_work_makes_room_for_work() -> None:
    inbox = Inbox(4, "drop-oldest")
    inbox.put(_arrival(0, Leaf.STATE))
    for number in range(1, 4):
        inbox.put(_arrival(number))
    assert _numbers(inbox) == [0, 2, 3]


def test_refused_newcomers_are_bounded_too() -> None:
    inbox = Inbox(2, "refuse")
    for number in range(10):
        inbox.put(_arrival(number))
    assert inbox.drops == {"inbox_refused": 2, "inbox_full": 7}


def test_a_turn_is_short_enough_for_finished_work_to_come_between() -> None:
    inbox = Inbox(1000, "refuse")
    for number in range(100):
        inbox.put(_arrival(number))
    inbox.call(lambda: None)
    turn = _turn(inbox)
    assert len(turn.calls) == 1
    assert len(turn.arrivals) < 100


def test_a_reader_with_nothing_to_do_gets_an_empty_turn_in_time() -> None:
    assert _turn(Inbox(2, "refuse")) == Turn((), (), ())


def test_a_closed_inbox_ends_its_reader() -> None:
    inbox = Inbox(2, "refuse")
    ended = threading.Event()
    threading.Thread(target=lambda: (inbox.get(10), ended.set()), daemon=True).start()
    inbox.close()
    assert ended.wait(2)
    inbox.put(_arrival(1))
    assert inbox.drops["inbox_closed"] == 1


def test_who_hears_no_more_still_works_off_what_was_heard() -> None:
    inbox = Inbox(2, "refuse")
    inbox.put(_arrival(1))
    inbox.hear_no_more()
    inbox.put(_arrival(2))
    inbox.call(lambda: None)
    assert len(_turn(inbox).calls) == 1
    assert inbox.drops == {"inbox_closed": 1}
