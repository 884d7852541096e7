"""The invariant holds for an edge that does right, and fails for every edge that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fleet_turns import ask_all
from told_edge import (
    Reply,
    ToldEdge,
    of_another_picture,
    rightly,
    silently,
    to_a_neighbour,
    twice_differently,
    unasked,
)

from cutpoint.bus import MqttBus
from cutpoint.wire import ModelId, Result, Status, Topics, encode
from host_tools.load.fleet import Fleet
from host_tools.load.invariant import EdgeView, Ledger
from host_tools.load.recording import Recording
from host_tools.load.witness import Witness


def frame(recording: Recording, picture: int, sequence: int = 1, status: Status = Status.OK) -> bytes:
    answer = recording.pictures[picture].answer if status is Status.OK else None
    (encoded,) = encode(Result(ModelId(recording.model_id), 7, sequence, 3, status, 5, answer))
    return encoded


def test_one_right_answer_each_is_all_that_is_asked_for(recording: Recording) -> None:
    ledger, view = Ledger(recording), EdgeView(recording)
    for sequence, by in enumerate(("edge", "device", "edge"), 1):
        ledger.ask("dev-0", 7, sequence, sequence % 2)
        answer = frame(recording, sequence % 2, sequence) if by == "edge" else None
        if answer is not None:
            view.answered("dev-0", 7, sequence, answer)
            view.answered("dev-0", 7, sequence, answer)
        ledger.deliver("dev-0", sequence, by, answer)  # type: ignore[arg-type]
    ledger.finish()
    view.reconcile(ledger.asked.items())
    assert not ledger.violations
    assert not view.violations
    assert view.counts["taken"] == view.counts["repeated"] == 2


def kinds(ledger: Ledger) -> dict[str, int]:
    ledger.finish()
    return dict(ledger.violations.counts)


def test_the_ledger_sees_what_is_delivered_wrongly_twice_never_or_unasked(recording: Recording) -> None:
    ledger = Ledger(recording)
    for sequence in range(1, 5):
        ledger.ask("dev-0", 7, sequence, 0)
    ledger.deliver("dev-0", 1, "edge", frame(recording, 1))
    ledger.deliver("dev-0", 2, "device", None)
    ledger.deliver("dev-0", 2, "edge", frame(recording, 0))
    ledger.deliver("dev-0", 3, "none", None)
    ledger.deliver("dev-0", 9, "device", None)
    assert kinds(ledger) == {"wrong": 1, "doubled": 1, "unanswered": 2, "unasked": 1}
    listed = {(one.kind, one.sequence) for one in ledger.violations.listed}
    assert listed == {("wrong", 1), ("doubled", 2), ("unanswered", 3), ("unanswered", 4), ("unasked", 9)}
    assert "dev-0 #1 wrong: " in str(ledger.violations.listed[0])


def test_a_part_of_a_network_may_stay_without_an_answer_but_never_pending(recording: Recording) -> None:
    ledger = Ledger(recording, whole=False)
    ledger.ask("dev-0", 7, 1, 0)
    ledger.deliver("dev-0", 1, "none", None)
    ledger.ask("dev-0", 7, 2, 0)
    assert kinds(ledger) == {"unanswered": 1}


def test_the_edges_end_sees_contradictions_and_answers_to_nothing(recording: Recording) -> None:
    ledger, view = Ledger(recording), EdgeView(recording)
    ledger.ask("dev-0", 7, 1, 0)
    view.answered("dev-0", 7, 1, frame(recording, 0))
    view.answered("dev-0", 7, 1, frame(recording, 1))
    view.answered("dev-0", 7, 5, frame(recording, 0, 5))
    view.answered("dev-0", 8, 1, frame(recording, 1))
    view.answered("dev-9", 7, 1, frame(recording, 1))
    view.answered("dev-0", 7, 1, frame(recording, 0, status=Status.OVERLOADED))
    view.reconcile(ledger.asked.items())
    assert dict(view.violations.counts) == {"contradiction": 1, "answered unasked": 1}
    assert view.counts["of others"] == 2
    assert view.counts["refused"] == 1


@pytest.mark.broker
@pytest.mark.parametrize(
    ("reply", "devices_end", "edges_end"),
    [
        (rightly, set(), set()),
        (silently, set(), set()),
        (of_another_picture, {"wrong"}, {"edge wrong"}),
        (twice_differently, set(), {"contradiction"}),
        (unasked, set(), {"answered unasked"}),
        (to_a_neighbour, {"wrong"}, {"edge wrong"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_an_edge_that_does_wrong_is_caught_over_a_real_broker(
    mosquitto: object,
    recording: Recording,
    make_fleet: Callable[..., Fleet],
    told_edge: Callable[[tuple[str, int]], ToldEdge],
    reply: Reply,
    devices_end: set[str],
    edges_end: set[str],
) -> None:
    broker: tuple[str, int] = mosquitto.address  # type: ignore[attr-defined]
    told_edge(broker).reply = reply
    witness = Witness(MqttBus(*broker, client_id="witness"), Topics("cutpoint/1"), recording)
    witness.start()
    fleet = make_fleet(broker, 4, deadline_ms=400)
    ask_all(fleet, 3)
    view = witness.stop()
    view.reconcile(fleet.ledger.asked.items())
    assert set(fleet.ledger.violations.counts) == devices_end
    assert set(view.violations.counts) == edges_end
    assert sum(fleet.ledger.by.values()) == 12
    if reply is rightly:
        assert fleet.ledger.by["edge"] == 12
        assert view.counts["taken"] == 12
