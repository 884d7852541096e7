"""MEAN and SUM over rows, columns or both."""

from __future__ import annotations

from math import prod

from cutpoint.graph.stream.lines import Kind, LineOperator, row_by_row
from cutpoint.graph.stream.lower.axes import CHANNELS, COLUMNS, ROWS, axes_of, dimension
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import quantised_multiplier

LARGEST_FACTOR = 1 << 30


def lower_mean(given: Lowering) -> LineOperator:
    """The multiplier takes in the number of elements, rounded down (`QuantizedMeanOrSum` of LiteRT's reduce.h)."""
    count = _count(given)
    multiplier, shift = _factor(given)
    added = min(count.bit_length() - 1, 32, 31 + shift)
    return _reduction(given, count, (multiplier << added) // count, shift - added)


def lower_sum(given: Lowering) -> LineOperator:
    return _reduction(given, _count(given), *_factor(given))


def _factor(given: Lowering) -> tuple[int, int]:
    factor = given.quantisation(given.input(0))[0] / given.quantisation(given.output())[0]
    if factor >= LARGEST_FACTOR:
        given.refuse("its scales are too far apart")
    return quantised_multiplier(factor)


def _reduced(given: Lowering) -> set[int]:
    """The dimensions that are summed up."""
    tensor = given.input(0)
    return {dimension(given, tensor, int(number)) for number in given.constant(1).reshape(-1)}


def _count(given: Lowering) -> int:
    return prod(given.input(0).shape[number] for number in _reduced(given))


def _reduction(given: Lowering, count: int, multiplier: int, shift: int) -> LineOperator:
    tensor = given.input(0)
    read, made = given.activation(0), given.lines(given.output())
    axes = axes_of(given, tensor)
    along = {axes[number] for number in _reduced(given) if tensor.shape[number] > 1}
    if CHANNELS in along:
        given.refuse("it sums up channels, the engine rows and columns")
    rows = 1 if ROWS in along else read.rows
    if (made.rows, made.width, made.channels) != (rows, 1 if COLUMNS in along else read.width, read.channels):
        given.refuse(f"its output {list(given.output().shape)} has rows where its input has none")
    units_per_row = read.rows // rows
    _, zero = given.quantisation(tensor)
    _, made_zero = given.quantisation(given.output())
    return LineOperator(
        kind=Kind.MEAN,
        inputs=(row_by_row(read.index),),
        outputs=(made.index,),
        units=read.rows,
        units_per_row=units_per_row,
        words=(zero * count, multiplier, shift, made_zero),
        blob=b"",
        state_bytes=4 * made.width * made.channels if units_per_row > 1 else 0,
    )
