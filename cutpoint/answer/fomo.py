"""FOMO grids to centroids, by Edge Impulse's rule.

Source of the rule: edgeimpulse/inferencing-sdk-cpp, `classifier/postprocessing/ei_postprocessing_common.h`
(`ei_handle_cube`, `ei_cube_check_overlap`, `process_cubes`), SDK v1.93.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from cutpoint.answer.errors import OutputError, RuleError
from cutpoint.answer.levels import FLOAT32, LOWEST, check_finite, levels

Fusion = Literal["edge-impulse", "geometric"]
"""How touching boxes become one.

`edge-impulse` is what its SDK does: a box that moves its left or top edge moves as a whole, without growing,
and a box merged in the second pass is dropped without widening the one that is reported. `geometric` is the
smallest rectangle around both, and the higher score, in both passes.
"""


@dataclass(frozen=True, slots=True)
class Centroid:
    """One found object: label index (background not counted), score, centre and size in input pixels."""

    label: int
    score: float
    x: int
    y: int
    width: int
    height: int


@dataclass(slots=True)
class _Box:
    """A box under construction, in cells; `right` and `bottom` are exclusive."""

    label: int
    score: float
    left: int
    top: int
    right: int
    bottom: int


def decode(
    grid: npt.NDArray[Any],
    *,
    scale: float,
    zero_point: int,
    input_shape: tuple[int, int],
    threshold: float = 0.5,
    fusion: Fusion = "edge-impulse",
) -> tuple[Centroid, ...]:
    """The objects in a softmax grid, in the order in which their first cells are met (row by row).

    `grid`: (H, W, C) or (1, H, W, C) of int8, uint8 or float32, channel 0 background; `scale` and
    `zero_point` are ignored for float32. `input_shape`: (height, width) of the network's input in pixels. A
    cell whose score is `threshold` or more opens a box of one cell; boxes of one label that touch, corners
    included, merge. Raises `RuleError` for a threshold, fusion or quantisation out of range, `OutputError`
    for a grid of another shape or dtype or with a number that is not finite.
    """
    if grid.ndim == 4 and grid.shape[0] == 1:
        grid = grid[0]
    if grid.ndim != 3 or grid.shape[2] < 2 or 0 in grid.shape:
        raise OutputError(
            f"a FOMO grid has shape (H, W, C) or (1, H, W, C) with a background and at least one label, "
            f"this one is {grid.shape}; is the output kind 'classes' or 'raw'?"
        )
    check_rule(threshold, fusion)
    rows, columns, channels = grid.shape
    cell_height, cell_width = input_shape[0] // rows, input_shape[1] // columns
    if not (cell_height and cell_width):
        raise OutputError(
            f"a grid of {rows}x{columns} cells is finer than the input "
            f"of {input_shape[0]}x{input_shape[1]} pixels"
        )
    labels = channels - 1
    boxes: list[_Box] = []
    merge = _merge_edge_impulse if fusion == "edge-impulse" else _merge_geometric
    by_label: dict[int, list[_Box]] = {}
    for place, score in _hits(grid, scale, zero_point, threshold):
        cell, label = divmod(place, labels)
        y, x = divmod(cell, columns)
        box = _Box(label, score, x, y, x + 1, y + 1)
        mine = by_label.setdefault(label, [])
        if not _absorb(mine, box, merge):
            mine.append(box)
            boxes.append(box)
    return tuple(
        Centroid(
            box.label,
            box.score,
            box.left * cell_width + (box.right - box.left) * cell_width // 2,
            box.top * cell_height + (box.bottom - box.top) * cell_height // 2,
            (box.right - box.left) * cell_width,
            (box.bottom - box.top) * cell_height,
        )
        for box in _second_pass(boxes, fusion)
    )


def check_rule(threshold: float, fusion: str) -> None:
    """Raises `RuleError` unless 0 < threshold <= 1 and the fusion is known."""
    if not (math.isfinite(threshold) and 0 < threshold <= 1):
        raise RuleError(f"the threshold is {threshold}; it must lie above 0 and not above 1")
    if fusion not in get_args(Fusion):
        raise RuleError(f"fusion {fusion!r} is unknown; use one of {', '.join(get_args(Fusion))}")


def _hits(
    grid: npt.NDArray[Any], scale: float, zero_point: int, threshold: float
) -> Iterator[tuple[int, float]]:
    """Place (row, column and label as one number) and score of everything at or above the threshold."""
    scores = grid[:, :, 1:]
    if grid.dtype == FLOAT32:
        check_finite(grid)
        places = np.flatnonzero(scores >= np.float32(threshold))
        return zip(places.tolist(), scores.reshape(-1)[places].tolist(), strict=True)
    if grid.dtype not in LOWEST:
        raise OutputError(f"a FOMO grid is int8, uint8 or float32, this one is {grid.dtype}")
    real = levels(grid.dtype, scale, zero_point)
    low = LOWEST[grid.dtype]
    first = _first_level(real, threshold)
    if first == len(real):
        return iter(())
    places = np.flatnonzero(scores >= grid.dtype.type(first + low))
    if not len(places):
        return iter(())
    return zip(places.tolist(), (real[q - low] for q in scores.reshape(-1)[places].tolist()), strict=True)


@lru_cache(maxsize=64)
def _first_level(real: tuple[float, ...], threshold: float) -> int:
    """Number of the lowest level at or above the threshold, both in float32 as in the SDK; 256 for none."""
    return bisect_left(real, float(np.float32(threshold)))


def _touch(a: _Box, b: _Box) -> bool:
    return a.left <= b.right and b.left <= a.right and a.top <= b.bottom and b.top <= a.bottom


def _absorb(boxes: list[_Box], box: _Box, merge: Any) -> bool:
    """Merge `box` into the first of `boxes` that it touches; False when it touches none."""
    for other in boxes:
        if _touch(other, box):
            merge(other, box)
            return True
    return False


def _merge_geometric(into: _Box, box: _Box) -> None:
    into.left, into.top = min(into.left, box.left), min(into.top, box.top)
    into.right, into.bottom = max(into.right, box.right), max(into.bottom, box.bottom)
    into.score = max(into.score, box.score)


def _merge_edge_impulse(into: _Box, box: _Box) -> None:
    # The SDK moves the origin before it works out how far it moved, so the far edge moves along.
    if box.left < into.left:
        into.right -= into.left - box.left
        into.left = box.left
    if box.top < into.top:
        into.bottom -= into.top - box.top
        into.top = box.top
    into.right, into.bottom = max(into.right, box.right), max(into.bottom, box.bottom)
    into.score = max(into.score, box.score)


def _second_pass(boxes: list[_Box], fusion: Fusion) -> list[_Box]:
    """Boxes that came to touch while they grew are merged again.

    Under `edge-impulse` a box is reported as it was when first met, while the one that decides about later
    touches goes on growing.
    """
    merge = _merge_edge_impulse if fusion == "edge-impulse" else _merge_geometric
    growing: dict[int, list[_Box]] = {}
    reported: list[_Box] = []
    for box in boxes:
        mine = growing.setdefault(box.label, [])
        if _absorb(mine, box, merge):
            continue
        mine.append(box)
        if fusion == "edge-impulse":
            box = _Box(box.label, box.score, box.left, box.top, box.right, box.bottom)
        reported.append(box)
    return reported
