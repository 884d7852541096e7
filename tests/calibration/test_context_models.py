"""Predictions, activities, thresholds and groups: as the page says, and the best where they claim to be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cutpoint.codec import Activity, Prediction
from host_tools.calibration.contexts import Symbols, best_thresholds, context_of, merged_channels
from host_tools.calibration.frequencies import entropy_bits
from host_tools.calibration.models import Shape, fit, fit_best, fit_sliced, lossless_shapes, symbols_of
from host_tools.calibration.neighbours import activity, predicted

ZERO = 3


def levels(seed: int = 0, shape: tuple[int, ...] = (2, 4, 5, 3), count: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, shape).astype(np.uint8)


def at(values: np.ndarray, frame: int, y: int, x: int, channel: int) -> int:
    return int(values[frame, y, x, channel]) if y >= 0 and x >= 0 else ZERO


def test_predictions_are_those_of_the_page() -> None:
    values, reference = levels(), levels(1)
    made = {one: predicted(values, ZERO, one, reference) for one in Prediction}
    for frame, y, x, channel in np.ndindex(*values.shape):
        a, b = at(values, frame, y, x - 1, channel), at(values, frame, y - 1, x, channel)
        here = (frame, y, x, channel)
        assert [made[one][here] for one in Prediction] == [0, a, b, (a + b) >> 1, reference[here]]


def test_activities_are_those_of_the_page() -> None:
    values, reference = levels(), levels(1)
    made = {one: activity(values, ZERO, one, reference) for one in Activity}
    for frame, y, x, channel in np.ndindex(*values.shape):
        a, b = at(values, frame, y, x - 1, channel), at(values, frame, y - 1, x, channel)
        c = at(values, frame, y - 1, x - 1, channel)
        ra, rb = at(reference, frame, y, x - 1, channel), at(reference, frame, y - 1, x, channel)
        here = (frame, y, x, channel)
        expected = [abs(a - ZERO) + abs(b - ZERO), abs(a - c) + abs(b - c), abs(a - ra) + abs(b - rb)]
        assert [made[one][here] for one in Activity] == expected


def test_a_context_is_how_many_thresholds_are_reached() -> None:
    assert context_of((2, 5))[[0, 1, 2, 4, 5, 255]].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("contexts", [2, 3])
def test_thresholds_leave_the_least_entropy_of_all(contexts: int) -> None:
    counts = np.zeros((256, 4))
    counts[:9] = np.random.default_rng(5).integers(1, 60, (9, 4)) ** 2

    def left(thresholds: tuple[int, ...]) -> float:
        context = context_of(thresholds)
        merged = np.stack([counts[context == one].sum(axis=0) for one in range(contexts)])
        return float(entropy_bits(merged).sum())

    every = itertools.combinations(range(1, 9), contexts - 1)
    assert left(best_thresholds(counts, contexts)) == pytest.approx(min(left(one) for one in every))


def test_where_there_is_one_activity_there_is_one_context() -> None:
    counts = np.zeros((256, 4))
    counts[0] = 7
    assert best_thresholds(counts, 4) == ()


def test_channels_of_one_kind_come_into_one_group() -> None:
    quiet, loud = np.array([[90.0, 5, 5]]), np.array([[10.0, 45, 45]])
    by_channel = np.stack([quiet, loud, quiet * 2, loud * 3, quiet])
    assert merged_channels(by_channel, 2) == [[0, 2, 4], [1, 3]]
    assert merged_channels(by_channel, 9) == [[0], [1], [2], [3], [4]]


def smooth(frames: int = 40) -> np.ndarray:
    """Values that a neighbour tells much about."""
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 3, (frames, 12, 12, 4)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(np.rint(noise / 3 + 128), 0, 255).astype(np.uint8)


def test_where_neighbours_tell_much_a_prediction_is_chosen_and_pays() -> None:
    values = smooth()
    best = fit_best(values, 256, 128, lossless_shapes(), 1500)
    assert best.model.prediction is not Prediction.NONE
    plain = fit(
        symbols_of(values, 256, 128, Prediction.NONE, Activity.GRADIENT),
        Shape(Prediction.NONE, Activity.GRADIENT, 1),
        1500,
    )
    assert plain is not None
    assert best.frame_bytes < 0.8 * plain.frame_bytes
    assert best.bytes <= 1500


def test_what_a_model_promises_is_the_entropy_of_its_symbols() -> None:
    values = smooth()
    symbols = symbols_of(values, 256, 128, Prediction.AVERAGE, Activity.GRADIENT)
    model = fit(symbols, Shape(Prediction.AVERAGE, Activity.GRADIENT, 1), 4096)
    assert model is not None
    counts = np.bincount(symbols.symbols.ravel(), minlength=256).astype(np.float64)
    assert model.frame_bytes == pytest.approx(float(entropy_bits(counts)) / 8 / len(values) + 3.5, rel=0.01)


def test_slices_have_a_stream_each_in_the_order_given() -> None:
    values = levels(shape=(50, 6, 6, 4))
    symbols = symbols_of(values, 8, ZERO, Prediction.NONE, Activity.MAGNITUDE)
    shape = Shape(Prediction.NONE, Activity.MAGNITUDE, 1)
    sliced = fit_sliced(symbols, shape, [[2], [0, 3], [1]], 2048)
    whole = fit(symbols, shape, 2048)
    assert sliced is not None
    assert whole is not None
    assert sliced.model.sliced
    assert sliced.model.groups == bytes((1, 2, 0, 1))
    assert len(sliced.model.tables) == 3
    assert sliced.frame_bytes > whole.frame_bytes


def test_a_model_that_fits_nowhere_is_said() -> None:
    with pytest.raises(ValueError, match="no model fits into 10 bytes"):
        fit_best(levels(), 8, ZERO, [Shape(Prediction.NONE, Activity.MAGNITUDE, 1)], 10)


def test_symbols_count_every_element_once() -> None:
    values = levels()
    symbols: Symbols = symbols_of(values, 8, ZERO, Prediction.LEFT, Activity.MAGNITUDE)
    assert symbols.by_activity().sum() == symbols.by_channel((2, 4)).sum() == values.size
    assert symbols.by_channel((2, 4)).shape == (3, 3, 8)
