"""What beats what, and what of it is kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from host_tools.calibration.pareto import front, thinned

Point = tuple[float, float]


def itself(point: Point) -> Point:
    return point


@pytest.mark.parametrize("seed", range(10))
def test_nothing_in_the_front_is_beaten_and_everything_else_is(seed: int) -> None:
    points = [(float(a), float(b)) for a, b in np.random.default_rng(seed).integers(0, 12, (30, 2))]
    kept = front(points, itself)

    def beaten(point: Point, by: Point) -> bool:
        return by[0] <= point[0] and by[1] <= point[1] and by != point

    assert not any(beaten(one, other) for one, other in itertools.permutations(kept, 2))
    assert all(point in kept or any(beaten(point, one) for one in kept) for point in points)
    assert kept == sorted(kept)


def test_of_near_ones_the_better_stays() -> None:
    points = [(100.0, 5.0), (104.0, 4.9), (150.0, 2.0), (300.0, 0.0)]
    assert thinned(points, itself, 9, 1.1) == [(104.0, 4.9), (150.0, 2.0), (300.0, 0.0)]


def test_of_many_no_more_than_asked_for_are_kept_and_the_best_is_one() -> None:
    points = [(100.0 * 1.05**n, 50.0 - n) for n in range(50)]
    for most in (1, 3, 8):
        kept = thinned(points, itself, most, 1.1)
        assert 1 <= len(kept) <= most
        assert points[-1] in kept


def test_of_nothing_nothing_is_kept() -> None:
    assert front([], itself) == thinned([], itself, 3, 1.1) == []
