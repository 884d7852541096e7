"""How long a device is told to wait."""

from __future__ import annotations

import pytest

from cutpoint.plan.decision import deadline_ms


def test_it_is_three_times_what_is_expected_and_four_deviations() -> None:
    assert deadline_ms(100_000, 10_000, 20_000, known=True) == 410


def test_it_is_at_least_50_ms_and_at_most_10_s() -> None:
    assert deadline_ms(1_000, 0, 0, known=True) == 50
    assert deadline_ms(60e6, 0, 0, known=True) == 10_000


def test_on_an_unknown_link_it_is_at_least_2_s() -> None:
    assert deadline_ms(1_000, 0, 0, known=False) == 2_000


@pytest.mark.parametrize("patience", [1, 2, 8])
def test_patience_multiplies_it(patience: float) -> None:
    assert deadline_ms(100_000, 0, 0, known=True, patience=patience) == 300 * patience
