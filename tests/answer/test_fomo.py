"""FOMO grids to centroids."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from slow_fomo import slow_fomo

from cutpoint.answer import Centroid, Fusion, OutputError, RuleError, fomo

SCALE, ZERO_POINT = 1 / 256, -128
SQUARE = (96, 96)


def grid_of(cells: dict[tuple[int, int], float], *, label: int = 0, labels: int = 2, side: int = 12) -> Any:
    """A float32 softmax grid: {(row, column): score of `label`}, the rest background."""
    grid = np.zeros((side, side, labels + 1), np.float32)
    for (row, column), score in cells.items():
        grid[row, column, label + 1] = score
    grid[:, :, 0] = 1 - grid[:, :, 1:].sum(axis=2)
    return grid


def decode(grid: Any, **options: Any) -> tuple[Centroid, ...]:
    return fomo.decode(grid, **{"scale": SCALE, "zero_point": ZERO_POINT, "input_shape": SQUARE, **options})


def test_one_cell_is_one_object_at_the_middle_of_the_cell() -> None:
    assert decode(grid_of({(2, 5): 0.75}, label=1)) == (Centroid(1, 0.75, x=44, y=20, width=8, height=8),)


def test_a_score_equal_to_the_threshold_counts() -> None:
    just_below = float(np.nextafter(np.float32(0.5), np.float32(0)))
    assert len(decode(grid_of({(0, 0): 0.5}))) == 1
    assert decode(grid_of({(0, 0): just_below})) == ()


def test_a_quantised_score_equal_to_the_threshold_counts() -> None:
    grid = np.full((12, 12, 3), -128, np.int8)
    grid[4, 4, 1], grid[8, 8, 1] = 0, -1
    assert [(found.x, found.score) for found in decode(grid)] == [(36, 0.5)]


def test_a_threshold_no_level_reaches_finds_nothing() -> None:
    assert decode(np.full((12, 12, 3), 127, np.int8), threshold=1.0) == ()


def test_the_background_is_never_an_object() -> None:
    assert decode(grid_of({})) == ()


def test_touching_cells_merge_and_keep_the_higher_score() -> None:
    assert decode(grid_of({(3, 4): 0.625, (3, 5): 0.875})) == (
        Centroid(0, 0.875, x=40, y=28, width=16, height=8),
    )


def test_cells_that_touch_at_a_corner_merge() -> None:
    assert decode(grid_of({(3, 4): 0.625, (4, 5): 0.75})) == (
        Centroid(0, 0.75, x=40, y=32, width=16, height=16),
    )


def test_cells_with_one_cell_between_stay_apart() -> None:
    assert [found.x for found in decode(grid_of({(3, 4): 0.75, (3, 6): 0.75}))] == [36, 52]


def test_touching_cells_of_different_labels_stay_apart() -> None:
    grid = grid_of({(3, 4): 0.75}, label=0)
    grid[3, 5, 2] = 0.75
    assert [found.label for found in decode(grid)] == [0, 1]


DOWN_LEFT = {(3, 5): 0.75, (4, 4): 0.75}


def test_edge_impulse_fusion_moves_a_box_to_the_left_without_widening_it() -> None:
    assert decode(grid_of(DOWN_LEFT)) == (Centroid(0, 0.75, x=36, y=32, width=8, height=16),)


def test_geometric_fusion_widens_a_box_to_the_left() -> None:
    assert decode(grid_of(DOWN_LEFT), fusion="geometric") == (
        Centroid(0, 0.75, x=40, y=32, width=16, height=16),
    )


@pytest.mark.parametrize(
    ("rows", "edge_impulse", "geometric"),
    [
        ("12", [(2, 8, 4, 16, 8)], [(2, 8, 4, 16, 8)]),
        ("1. / .2", [(2, 8, 8, 16, 16)], [(2, 8, 8, 16, 16)]),
        (".1 / 2.", [(2, 4, 8, 8, 16)], [(2, 8, 8, 16, 16)]),
        ("1. / 23", [(3, 8, 8, 16, 16)], [(3, 8, 8, 16, 16)]),
        (".3 / 12", [(3, 8, 8, 16, 16)], [(3, 8, 8, 16, 16)]),
        ("13 / 2.", [(3, 8, 8, 16, 16)], [(3, 8, 8, 16, 16)]),
        ("1.2", [(1, 4, 4, 8, 8), (2, 20, 4, 8, 8)], [(1, 4, 4, 8, 8), (2, 20, 4, 8, 8)]),
        ("..1 / .2. / 3..", [(3, 4, 12, 8, 24)], [(3, 12, 12, 24, 24)]),
        ("1.2 / .3.", [(3, 8, 8, 16, 16)], [(3, 12, 8, 24, 16)]),
        ("1.3 / .2.", [(2, 8, 8, 16, 16)], [(3, 12, 8, 24, 16)]),
    ],
)
def test_small_pictures_worked_out_by_hand(
    rows: str, edge_impulse: list[tuple[int, ...]], geometric: list[tuple[int, ...]]
) -> None:
    """Scores are 1 to 3 fourths, the threshold one fourth; (fourths, x, y, width, height) of each object."""
    cells = {
        (y, x): int(cell) / 4
        for y, row in enumerate(rows.split(" / "))
        for x, cell in enumerate(row)
        if cell != "."
    }
    for fusion, expected in (("edge-impulse", edge_impulse), ("geometric", geometric)):
        found = decode(grid_of(cells), threshold=0.25, fusion=fusion)
        assert [(o.score * 4, o.x, o.y, o.width, o.height) for o in found] == expected, fusion


# Two boxes are opened on the first row; the cell below grows the first one until it touches the second.
VALLEY = {(0, 0): 0.625, (1, 1): 0.75, (0, 2): 0.875}


def test_geometric_fusion_unites_boxes_that_came_to_touch() -> None:
    assert decode(grid_of(VALLEY), fusion="geometric") == (
        Centroid(0, 0.875, x=12, y=8, width=24, height=16),
    )


def test_edge_impulse_fusion_reports_the_first_of_two_boxes_that_came_to_touch_as_it_was() -> None:
    assert decode(grid_of(VALLEY)) == (Centroid(0, 0.75, x=8, y=8, width=16, height=16),)


def test_objects_come_row_by_row() -> None:
    cells = {(9, 1): 0.75, (0, 7): 0.75, (4, 2): 0.75}
    assert [found.y for found in decode(grid_of(cells))] == [4, 36, 76]


def test_a_batch_of_one_is_read_like_its_only_grid() -> None:
    grid = grid_of(DOWN_LEFT)
    assert decode(grid[None]) == decode(grid)


def test_a_grid_that_is_not_square_uses_its_own_cell_size_each_way() -> None:
    grid = np.zeros((4, 8, 2), np.float32)
    grid[3, 7, 1] = 0.75
    assert decode(grid, input_shape=(64, 64)) == (Centroid(0, 0.75, x=60, y=56, width=8, height=16),)


def test_uint8_and_int8_grids_of_the_same_levels_decode_alike() -> None:
    signed = np.random.default_rng(3).integers(-128, 128, (12, 12, 4)).astype(np.int8)
    unsigned = (signed.astype(np.int16) + 128).astype(np.uint8)
    assert decode(unsigned, zero_point=0, threshold=0.9) == decode(signed, threshold=0.9)


def test_scores_survive_a_float32_field() -> None:
    grid = np.random.default_rng(4).integers(-128, 128, (12, 12, 4)).astype(np.int8)
    scores = [found.score for found in decode(grid, scale=0.0039, threshold=0.6)]
    assert scores
    assert scores == [float(np.float32(score)) for score in scores]


def test_the_grid_is_left_as_it_was() -> None:
    grid = np.full((12, 12, 3), 10, np.int8)
    grid.setflags(write=False)
    decode(grid)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(bad: float) -> None:
    grid = grid_of({(0, 0): 0.75})
    grid[11, 11, 0] = bad
    with pytest.raises(OutputError, match="not finite"):
        decode(grid)


@pytest.mark.parametrize("shape", [(12, 12), (2, 12, 12, 3), (12, 12, 1), (0, 12, 3), (1, 1, 12, 12, 3)])
def test_a_grid_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(OutputError, match="FOMO grid has shape"):
        decode(np.zeros(shape, np.float32))


@pytest.mark.parametrize("dtype", [np.int16, np.float64, np.float16, np.bool_])
def test_a_grid_of_another_dtype_is_refused(dtype: Any) -> None:
    with pytest.raises(OutputError, match="int8, uint8 or float32"):
        decode(np.zeros((12, 12, 3), dtype))


def test_a_grid_finer_than_the_input_is_refused() -> None:
    with pytest.raises(OutputError, match="finer than the input"):
        decode(grid_of({}), input_shape=(8, 8))


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.01, math.nan])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(RuleError, match="threshold"):
        decode(grid_of({}), threshold=threshold)


def test_an_unknown_fusion_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuleError, match="edge-impulse, geometric"):
        decode(grid_of({}), fusion="union")


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_is_not_positive_and_finite_is_refused(scale: float) -> None:
    with pytest.raises(RuleError, match="scale"):
        decode(np.zeros((12, 12, 3), np.int8), scale=scale)


def test_a_zero_point_outside_the_dtype_is_refused() -> None:
    with pytest.raises(RuleError, match="zero point is 128"):
        decode(np.zeros((12, 12, 3), np.int8), zero_point=128)


quantised_grids = hnp.arrays(
    st.sampled_from([np.dtype(np.int8), np.dtype(np.uint8)]),
    hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=7),
)
# Few distinct scores, so that most cells of a grid are objects and equal scores meet.
float_grids = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=7),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)


@settings(max_examples=300, deadline=None)
@given(
    grid=quantised_grids | float_grids,
    scale=st.sampled_from([1 / 256, 0.00390625, 0.0041, 0.1]),
    zero=st.integers(0, 40),
    threshold=st.sampled_from([0.1, 0.5, 0.7, 1.0]),
    fusion=st.sampled_from(["edge-impulse", "geometric"]),
)
def test_any_grid_decodes_as_the_slow_reading_of_the_rule_does(
    grid: Any, scale: float, zero: int, threshold: float, fusion: Fusion
) -> None:
    zero_point = zero - 128 if grid.dtype == np.int8 else zero
    rows, columns, _ = grid.shape
    found = fomo.decode(
        grid,
        scale=scale,
        zero_point=zero_point,
        input_shape=(rows * 8, columns * 8),
        threshold=threshold,
        fusion=fusion,
    )
    expected = slow_fomo(grid, scale, zero_point, 8, threshold, fusion)
    assert [(o.label, o.score, o.x, o.y, o.width, o.height) for o in found] == expected
