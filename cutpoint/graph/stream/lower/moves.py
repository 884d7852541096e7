"""Operators that only move elements: PAD, CONCATENATION, RESHAPE and its like, RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from math import gcd

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator, LineTensor, Reading, all_rows, row_by_row
from cutpoint.graph.stream.lower.axes import ROWS, axes_of, axis_of
from cutpoint.graph.stream.lowering import Lowering

MOVED = ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")
MOST_FACTOR = 0xFFFF
"""Of a rule's numerator and denominator."""


def lower_pad(given: Lowering) -> LineOperator:
    """PAD with the output's zero point, and PADV2 with a constant of the output's scale, as TFLM asks for."""
    tensor = given.input(0)
    read, made = given.activation(0), given.lines(given.output())
    before, after = [0, 0, 0], [0, 0, 0]
    paddings = given.constant(1).reshape(-1, 2).astype(int).tolist()
    for axis, (front, back) in zip(axes_of(given, tensor), paddings, strict=True):
        if min(front, back) < 0 or (axis is None and (front or back)):
            given.refuse(f"it pads the batch, or cuts off: {paddings}")
        if axis is not None:
            before[axis], after[axis] = front, back
    shape = (read.rows, read.width, read.channels)
    grown = tuple(size + before[axis] + after[axis] for axis, size in enumerate(shape))
    if grown != (made.rows, made.width, made.channels):
        given.refuse(f"its output {list(given.output().shape)} is not its input with {paddings} around it")
    return LineOperator(
        kind=Kind.PAD,
        inputs=(Reading(read.index, 1, 1, -before[ROWS], -before[ROWS] + 1),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(*before, _fill(given)),
        blob=b"",
    )


def _fill(given: Lowering) -> int:
    scale, zero_point = given.quantisation(given.output())
    if not given.has_input(2):
        return zero_point
    value = given.constant(2).reshape(-1)
    if value.dtype != np.int8 or value.size != 1 or given.quantisation(given.input(2)) != (scale, zero_point):
        given.refuse("it pads with something else than one int8 of its output's scale")
    return int(value[0])


def lower_concatenation(given: Lowering) -> LineOperator:
    """CONCATENATION over rows, columns or channels of tensors with one scale, as TFLM asks for."""
    output = given.output()
    made = given.lines(output, *MOVED)
    if given.options.fusedActivationFunction != 0:
        given.refuse("it has a fused activation")
    axis = axis_of(given, output, given.options.axis)
    read = [given.activation(place, made.dtype.name) for place in range(len(given.operator.inputs))]
    if made.dtype == np.int8:
        scales = {given.quantisation(given.input(place)) for place in range(len(read))}
        if scales != {given.quantisation(output)}:
            given.refuse("its inputs are quantised otherwise than its output")
    readings, row = [], 0
    for one in read:
        if axis == ROWS:
            readings.append(Reading(one.index, 1, 1, -row, -row + 1))
            row += one.rows
        else:
            readings.append(row_by_row(one.index))
    return LineOperator(
        kind=Kind.CONCATENATION,
        inputs=tuple(readings),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(axis,),
        blob=b"",
    )


def lower_reshape(given: Lowering) -> LineOperator:
    """RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes in other rows.

    When an output row is a multiple of an input row, a unit copies one input row, of which one waits at a time.
    """
    read = given.activation(0, *MOVED)
    made = given.lines(given.output(), read.dtype.name)
    if read.bytes != made.bytes:
        given.refuse(f"it makes {made.bytes} bytes of {read.bytes}")
    units_per_row, rest = divmod(made.row_bytes, read.row_bytes)
    if rest:
        units_per_row, reading = 1, _row_parts(read, made)
    else:
        reading = row_by_row(read.index)
    return LineOperator(
        kind=Kind.RESHAPE,
        inputs=(reading,),
        outputs=(made.index,),
        units=made.rows * units_per_row,
        units_per_row=units_per_row,
        words=(),
        blob=b"",
    )


def _row_parts(read: LineTensor, made: LineTensor) -> Reading:
    """Input rows that hold the bytes of an output row."""
    common = gcd(made.row_bytes, read.row_bytes)
    num, den = made.row_bytes // common, read.row_bytes // common
    if max(num, den) > MOST_FACTOR:
        return all_rows(read.index, read.rows)
    return Reading(read.index, num, den, 0, num + den - 1)


def lower_resize_nearest(given: Lowering) -> LineOperator:
    """RESIZE_NEAREST_NEIGHBOR by the rows and columns that TFLM takes, found in single precision as it does."""
    read = given.activation(0, "int8", "int16", "float32")
    made = given.lines(given.output(), read.dtype.name)
    if len(given.input(0).shape) != 4 or read.channels != made.channels:
        given.refuse("it resizes something else than the rows and columns of a picture")
    if given.constant(1).reshape(-1).astype(int).tolist() != [made.rows, made.width]:
        given.refuse("its output has another size than it asks for")
    rows = _nearest(given, read.rows, made.rows)
    columns = _nearest(given, read.width, made.width)
    return LineOperator(
        kind=Kind.RESIZE_NEAREST,
        inputs=(_covering(read, rows),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(),
        blob=np.array([*rows, *columns], "<u2").tobytes(),
    )


def _nearest(given: Lowering, size: int, out: int) -> list[int]:
    """The input's place for every place of the output (`GetNearestNeighbor`)."""
    corners, centers = given.options.alignCorners, given.options.halfPixelCenters
    ends = corners and out > 1
    scale = np.float32(size - 1) / np.float32(out - 1) if ends else np.float32(size) / np.float32(out)
    at = (np.arange(out, dtype=np.float32) + np.float32(0.5 if centers else 0)) * scale
    # Halves up, of numbers that are exact in double precision.
    places = np.floor(at.astype(np.float64) + 0.5) if corners else np.floor(at)
    return [min(max(int(place), 0), size - 1) for place in places]


def _covering(read: LineTensor, rows: list[int]) -> Reading:
    """The narrowest rule of the resize's own slope that gives unit u its row."""
    common = gcd(read.rows, len(rows))
    num, den = read.rows // common, len(rows) // common
    lo = min(row * den + den - 1 - unit * num for unit, row in enumerate(rows))
    hi = max((row + 1) * den - unit * num for unit, row in enumerate(rows))
    return Reading(read.index, num, den, lo, hi)
