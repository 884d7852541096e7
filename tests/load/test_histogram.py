"""Percentiles of log buckets are those of the values, within the width of a bucket."""

from __future__ import annotations

import numpy as np
import pytest

from host_tools.load.histogram import COARSE, PRECISE, Histogram


@pytest.mark.parametrize(("bits", "width"), [(PRECISE, 1 / 128), (COARSE, 1 / 32)])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
def test_percentiles_are_numpys_within_a_bucket(bits: int, width: float, share: float) -> None:
    values = np.random.default_rng(1).lognormal(8, 2, 50_000).astype(int)
    made = Histogram.of(map(int, values), bits)
    expected = float(np.quantile(values, share, method="inverted_cdf"))
    found = made.percentile(share)
    assert found is not None
    assert expected <= found <= expected * (1 + width) + 1


def test_small_values_are_exact_and_the_largest_is_never_exceeded() -> None:
    made = Histogram.of([0, 1, 2, 3, 200, 1_000_003])
    assert [value for value, _ in made.curve()] == [0, 1, 2, 3, 200, 1_000_003]
    assert made.percentile(1.0) == made.most == 1_000_003
    assert made.percentile(0.5) == 2


def test_every_value_lies_in_the_bucket_whose_upper_end_is_stated() -> None:
    for value in [*range(2000), 2**20 - 1, 2**20, 2**20 + 1, 123_456_789]:
        made = Histogram.of([value])
        upper = made._upper(next(iter(made.counts)))
        assert value <= upper <= value * (1 + 1 / 128)


def test_what_two_counted_is_what_one_would_have_counted() -> None:
    left, right = Histogram.of(range(500)), Histogram.of(range(300, 9000, 7))
    both = Histogram.of([*range(500), *range(300, 9000, 7)])
    left.add(right)
    assert (left.counts, left.total, left.most) == (both.counts, both.total, both.most)


def test_another_precision_is_refused_and_an_empty_one_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="5 bits"):
        Histogram().add(Histogram(COARSE))
    assert Histogram().percentile(0.5) is None
    assert Histogram().mean() is None


def test_the_mean_is_that_of_the_values_within_a_bucket() -> None:
    values = list(range(1, 100_000, 13))
    found = Histogram.of(values).mean()
    assert found is not None
    assert np.mean(values) <= found <= np.mean(values) * (1 + 1 / 128)
