"""How far a setting's answers agree with exact ones, and what of it is more than chance."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import pytest

from cutpoint.answer import Agreed
from cutpoint.plan import PolicyError
from edge_server.auditing.drift import LEAST_AUDITS, MOST_AUDITS, Drift


def drift(*agreed: Agreed, calibrated: float = 0.95) -> Drift:
    one = Drift(calibrated)
    for pair in agreed:
        one.add(pair)
    return one


GOOD, BAD, NOTHING = Agreed(2, 2), Agreed(0, 2), Agreed(0, 0)


def test_nothing_is_said_of_a_few_audits() -> None:
    few = drift(*[BAD] * (LEAST_AUDITS - 1))
    assert (few.measured, few.points, few.certain) == (None, None, 0.0)


def test_nothing_is_said_where_nothing_was_found() -> None:
    empty = drift(*[NOTHING] * 30)
    assert (empty.measured, empty.points, empty.certain) == (None, None, 0.0)


def test_drift_is_calibrated_less_measured_agreement_in_points() -> None:
    one = drift(*[GOOD] * 15, *[BAD] * 5)
    assert one.measured == pytest.approx(0.75)
    assert one.points == pytest.approx(20)


def test_pictures_with_more_objects_weigh_more() -> None:
    one = drift(*[Agreed(10, 10)] * 9, *[Agreed(0, 2)] * 9)
    assert one.measured == pytest.approx(90 / 108)


def test_what_is_certain_is_two_standard_errors_less() -> None:
    one = drift(*[GOOD] * 20, *[BAD] * 20)
    # The residuals are 1 for each of 40 audits of weight 2: sqrt(40) / 80.
    assert one.certain == pytest.approx(45 - 200 * math.sqrt(40) / 80)


def test_better_answers_than_calibrated_are_no_drift_to_be_held_against_anybody() -> None:
    one = drift(*[GOOD] * 20)
    assert one.points == pytest.approx(-5)
    assert one.certain == 0


def test_only_the_newest_audits_count() -> None:
    one = drift(*[BAD] * 50, *[GOOD] * MOST_AUDITS)
    assert one.measured == 1
    assert one.audits == MOST_AUDITS


def test_chance_alone_rarely_closes_a_setting_that_is_as_calibrated() -> None:
    random = Random(4)
    alarms = 0
    for _ in range(300):
        one = drift(*(GOOD if random.random() < 0.95 else BAD for _ in range(MOST_AUDITS)))
        alarms += one.certain > 0
    assert alarms < 30


def test_a_drift_of_fifteen_points_is_certain_after_its_audits() -> None:
    random = Random(5)
    found = 0
    for _ in range(100):
        one = drift(*(GOOD if random.random() < 0.80 else BAD for _ in range(MOST_AUDITS)))
        found += one.certain > 0
    assert found > 75


def test_forgetting_begins_anew() -> None:
    one = drift(*[BAD] * 30)
    one.left_ns = 5
    one.forget()
    assert (one.audits, one.certain, one.left_ns) == (0, 0.0, None)


def test_a_state_continues_where_it_was() -> None:
    one = drift(*[GOOD] * 15, *[BAD] * 5, Agreed(0.5, 1))
    other = Drift.of_state(json.loads(json.dumps(one.state())))
    assert (other.calibrated, other.measured, other.certain) == (0.95, one.measured, one.certain)


@pytest.mark.parametrize(
    "changes",
    [
        {"calibrated": 1.5},
        {"calibrated": None},
        {"parts": [1.0]},
        {"parts": [3.0] * 20, "wholes": [2.0] * 20},
        {"parts": [math.nan] * 20},
        {"parts": [0.0] * 1_000, "wholes": [2.0] * 1_000},
        {"wholes": "2"},
        {"version": 2},
        {"more": 1},
    ],
)
def test_a_damaged_state_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        Drift.of_state(drift(*[GOOD] * 20).state() | changes)
