"""STRIDED_SLICE, SLICE, SPLIT and SPLIT_V: outputs that are even grids of the input's elements."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from cutpoint.graph.stream.lines import Kind, LineOperator, LineTensor, Reading, all_rows
from cutpoint.graph.stream.lower.axes import CHANNELS, COLUMNS, ROWS, axes_of, axis_of
from cutpoint.graph.stream.lower.moves import MOVED
from cutpoint.graph.stream.lowering import Lowering


@dataclass(frozen=True, slots=True)
class Grid:
    """begin, begin + step, ... along one axis, `count` of them."""

    begin: int
    step: int
    count: int

    @property
    def words(self) -> tuple[int, int, int]:
        return self.begin, self.step, self.count


Cut = dict[int, Grid]
"""The grid of each axis."""


def lower_strided_slice(given: Lowering) -> LineOperator:
    """STRIDED_SLICE with begins, ends, strides, and masks for begins, ends and dropped dimensions."""
    options, tensor = given.options, given.input(0)
    if options.ellipsisMask or options.newAxisMask:
        given.refuse("it has an ellipsis or a new axis")
    begins, ends, strides = (given.constant(place).reshape(-1).astype(int).tolist() for place in (1, 2, 3))
    grids = []
    for number, (size, begin, end, step) in enumerate(zip(tensor.shape, begins, ends, strides, strict=True)):
        if step == 0:
            given.refuse("it has a stride of 0")
        if options.shrinkAxisMask >> number & 1:
            grids.append(Grid(begin % size if begin < 0 else begin, 1, 1))
            continue
        taken = range(size)[
            slice(
                None if options.beginMask >> number & 1 else begin,
                None if options.endMask >> number & 1 else end,
                step,
            )
        ]
        grids.append(Grid(taken.start, step, len(taken)))
    return _slice(given, 0, [_cut(given, 0, grids)])


def lower_slice(given: Lowering) -> LineOperator:
    """SLICE: sizes of -1 go to the end."""
    begins, sizes = (given.constant(place).reshape(-1).astype(int).tolist() for place in (1, 2))
    grids = [
        Grid(begin, 1, whole - begin if size == -1 else size)
        for whole, begin, size in zip(given.input(0).shape, begins, sizes, strict=True)
    ]
    return _slice(given, 0, [_cut(given, 0, grids)])


def lower_split(given: Lowering) -> LineOperator:
    return _split(given, 1, int(given.constant(0).reshape(-1)[0]))


def lower_split_v(given: Lowering) -> LineOperator:
    return _split(given, 0, int(given.constant(2).reshape(-1)[0]))


def _split(given: Lowering, place: int, number: int) -> LineOperator:
    tensor = given.input(place)
    along = axis_of(given, tensor, number)
    read = given.activation(place, *MOVED)
    shape = (read.rows, read.width, read.channels)
    cuts, begin = [], 0
    for index in range(len(given.operator.outputs)):
        made = given.lines(given.output(index), *MOVED)
        count = (made.rows, made.width, made.channels)[along]
        cuts.append(
            {axis: Grid(0, 1, size) for axis, size in enumerate(shape)} | {along: Grid(begin, 1, count)}
        )
        begin += count
    if begin != shape[along]:
        given.refuse(f"its parts are {begin} together, its input {shape[along]}")
    return _slice(given, place, cuts)


def _cut(given: Lowering, place: int, grids: list[Grid]) -> Cut:
    """Grids of rows, columns and channels from those of the tensor's dimensions."""
    cut = dict.fromkeys((ROWS, COLUMNS, CHANNELS), Grid(0, 1, 1))
    for axis, grid in zip(axes_of(given, given.input(place)), grids, strict=True):
        if axis is None:
            if (grid.begin, grid.count) != (0, 1):
                given.refuse("it cuts the batch")
            continue
        cut[axis] = grid
    return cut


def _slice(given: Lowering, place: int, cuts: list[Cut]) -> LineOperator:
    read = given.activation(place, *MOVED)
    made = [given.lines(given.output(index), read.dtype.name) for index in range(len(cuts))]
    for cut, one in zip(cuts, made, strict=True):
        items = prod(cut[axis].count for axis in (COLUMNS, CHANNELS))
        if (cut[ROWS].count, items) != (one.rows, one.width * one.channels):
            given.refuse("its output has rows where its input has none")
        if one.rows != made[0].rows:
            given.refuse("its outputs have different numbers of rows")
    return LineOperator(
        kind=Kind.SLICE,
        inputs=(_reading(read, [cut[ROWS] for cut in cuts]),),
        outputs=tuple(one.index for one in made),
        units=made[0].rows,
        units_per_row=1,
        words=tuple(word for cut in cuts for axis in (ROWS, COLUMNS, CHANNELS) for word in cut[axis].words),
        blob=b"",
    )


def _reading(read: LineTensor, rows: list[Grid]) -> Reading:
    """From the first part's row to the last one's; all rows when they are taken backwards."""
    if rows[0].step < 0:
        return all_rows(read.index, read.rows)
    return Reading(read.index, rows[0].step, 1, rows[0].begin, rows[-1].begin + 1)
