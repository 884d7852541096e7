"""Levels: where they lie, what they lose, and that the zero point is one of them."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.codec import Activity, DType, Prediction, Quantiser
from host_tools.calibration.models import Shape, fit, symbols_of
from host_tools.calibration.quantisers import (
    dead_zone,
    entropy_constrained,
    even,
    identity,
    least_error,
    levels_of,
    restored,
    values_of,
)

ZERO_POINT = -5


def tensor(seed: int = 1) -> np.ndarray:
    """int8 elements around the zero point, as unsigned bytes, (40, 8, 8, 4)."""
    drawn = np.random.default_rng(seed).laplace(ZERO_POINT, 12, (40, 8, 8, 4))
    return np.clip(np.rint(drawn), -128, 127).astype(np.int8).view(np.uint8)


def signed(elements: np.ndarray) -> np.ndarray:
    return elements.view(np.int8).astype(np.int64)


def error(elements: np.ndarray, quantiser: Quantiser) -> float:
    return float(((signed(elements) - signed(restored(elements, quantiser))) ** 2).mean())


VALUES = values_of(tensor(), DType.INT8, ZERO_POINT)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.UINT8])
def test_identity_loses_nothing_and_has_neighbouring_levels_for_neighbouring_values(dtype: DType) -> None:
    every = np.arange(256).astype(np.uint8)
    zero_point = -5 if dtype is DType.INT8 else 7
    quantiser = identity(values_of(every, dtype, zero_point))
    assert (restored(every, quantiser) == every).all()
    values = np.sort(every.view(np.int8) if dtype is DType.INT8 else every)
    levels = levels_of(values.view(np.uint8), quantiser)
    assert (np.diff(levels.astype(int)) == 1).all()
    assert quantiser.zero_level == levels_of(np.array([zero_point % 256], np.uint8), quantiser)[0]


def test_a_dead_zone_is_as_wide_as_it_was_asked_to_be() -> None:
    quantiser = dead_zone(VALUES, 10, 0.3)
    levels = {int(signed(np.array([byte], np.uint8))[0]): quantiser.to_level[byte] for byte in range(256)}
    for value, level in levels.items():
        apart = value - ZERO_POINT
        steps = int(np.sign(apart) * np.floor(abs(apart) / 10 + 0.3))
        assert level - quantiser.zero_level == np.clip(steps, -16, 15)


def test_the_value_of_a_level_is_the_mean_of_what_has_it() -> None:
    elements, quantiser = tensor(), dead_zone(VALUES, 10, 0.3)
    levels = levels_of(elements, quantiser)
    for level, value in enumerate(quantiser.to_value):
        members = signed(elements)[levels == level]
        if len(members):
            assert abs(members.mean() - signed(np.array([value], np.uint8))[0]) <= 0.5


def test_a_one_sided_tensor_has_no_levels_below_its_zero_point() -> None:
    elements = np.abs(signed(tensor())).clip(0, 127).astype(np.uint8)
    quantiser = dead_zone(values_of(elements, DType.UINT8, 0), 9, 0.4)
    assert quantiser.zero_level == 0


@pytest.mark.parametrize("bits", range(1, 8))
def test_even_bits_have_so_many_levels_and_uneven_ones_lose_no_more(bits: int) -> None:
    one, other = even(VALUES, bits), least_error(VALUES, bits)
    assert len(one.to_value) <= 1 << bits
    assert len(other.to_value) <= 1 << bits
    assert error(tensor(), other) <= error(tensor(), one) + 0.1  # values of levels are whole numbers


def test_more_bits_lose_less() -> None:
    losses = [error(tensor(), least_error(VALUES, bits)) for bits in range(1, 8)]
    assert losses == sorted(losses, reverse=True)


def rate(quantiser: Quantiser) -> float:
    symbols = symbols_of(
        levels_of(tensor(), quantiser),
        len(quantiser.to_value),
        quantiser.zero_level,
        Prediction.NONE,
        Activity.MAGNITUDE,
    )
    fitted = fit(symbols, Shape(Prediction.NONE, Activity.MAGNITUDE, 1), 4096)
    assert fitted is not None
    return float(fitted.frame_bytes)


def test_entropy_constrained_levels_cost_less_than_even_steps() -> None:
    step = 14.0
    weight = step**2 * np.log(2) / 6

    def cost(quantiser: Quantiser) -> float:
        return float(error(tensor(), quantiser) + weight * rate(quantiser) * 8 / 256)

    found = entropy_constrained(tensor(), VALUES, step, contexts=1)
    assert cost(found) < cost(dead_zone(VALUES, step, 0.5))


def test_a_higher_price_makes_fewer_bytes() -> None:
    rates = [rate(entropy_constrained(tensor(), VALUES, 14.0, price=price)) for price in (0.5, 1.0, 2.0)]
    assert rates == sorted(rates, reverse=True)


def test_a_tensor_of_one_value_has_levels_all_the_same() -> None:
    constant = np.full((3, 2, 2, 1), ZERO_POINT % 256, np.uint8)
    values = values_of(constant, DType.INT8, ZERO_POINT)
    for quantiser in (dead_zone(values, 1.0, 0.5), even(values, 3), least_error(values, 3)):
        assert (restored(constant, quantiser) == constant).all()
