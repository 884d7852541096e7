"""An edge that is silent, late, or refuses costs no picture its answer."""

from __future__ import annotations

import time

import pytest

from cutpoint.wire import Activation, Status
from host_tools.hil import ScriptedEdge, Stand, refuse, silence


def test_after_the_deadline_it_finishes_from_the_tensors_that_it_holds(stand: Stand) -> None:
    for cut in sorted({0, stand.middle, max(0, min(stand.on_board, stand.bundle.n - 1))}):
        picture = stand.pictures[cut % len(stand.pictures)]
        stand.ready()
        stand.follow(cut, picture, deadline_ms=300)
        stand.edge.reply = silence
        got = stand.infer(picture)
        assert got.answer.reason == "deadline"
        assert got.answer.by == ("device" if stand.whole else "none")
        assert (got.answer.total_us or 0) >= 300_000
        assert not stand.right(got, picture)


def test_an_answer_that_comes_too_late_is_dropped_and_the_next_one_counts(stand: Stand) -> None:
    picture = stand.pictures[2]
    stand.follow(stand.middle, picture, deadline_ms=200)

    def late(edge: ScriptedEdge, activation: Activation) -> None:
        time.sleep(0.6)
        edge.send(edge.result(activation))

    stand.edge.reply = late
    got = stand.infer(picture)
    assert got.answer.reason == "deadline"
    assert not stand.right(got, picture)
    stand.ready()
    assert stand.infer(picture).answer.by == "edge"


@pytest.mark.parametrize("status", [Status.OVERLOADED, Status.UNKNOWN_MODEL, Status.FAILED])
def test_a_refusal_is_answered_at_once_by_the_device(stand: Stand, status: Status) -> None:
    picture = stand.pictures[3]
    stand.follow(stand.middle, picture, deadline_ms=10_000)
    stand.edge.reply = refuse(status)
    got = stand.infer(picture)
    assert got.answer.reason.startswith("refused")
    assert got.answer.by == ("device" if stand.whole else "none")
    assert (got.answer.total_us or 0) < 9_000_000
    assert not stand.right(got, picture)
