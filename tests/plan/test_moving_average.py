"""The exponential moving average."""

from __future__ import annotations

import math

import pytest

from cutpoint.plan import Ema, PolicyError


def test_the_first_sample_is_taken_as_it_is() -> None:
    average = Ema()
    average.add(10.0)
    assert average.value == 10.0


def test_a_further_sample_moves_it_a_fifth_of_the_way() -> None:
    average = Ema()
    average.add(10.0)
    average.add(20.0)
    assert average.value == pytest.approx(12.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 1e12, None, "7", True])
def test_what_is_no_figure_is_counted_and_changes_nothing(bad: float) -> None:
    average = Ema()
    average.add(10.0)
    assert not average.add(bad)
    assert average.value == 10.0
    assert sum(average.rejected.values()) == 1


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.1, math.nan])
def test_a_weight_outside_0_to_1_is_refused(alpha: float) -> None:
    with pytest.raises(PolicyError, match="alpha"):
        Ema(alpha)
