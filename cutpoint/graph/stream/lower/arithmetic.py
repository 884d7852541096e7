"""ADD, SUB and MUL: two operands, either of which may be a constant or spread over rows, columns or channels."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.model import Tensor
from cutpoint.graph.stream.lines import Kind, LineOperator, LineTensor, Reading, line_shape, row_by_row
from cutpoint.graph.stream.lower.activation import fused_range
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import quantised_multiplier

LEFT_SHIFT = 20
"""Bits by which ADD and SUB shift their inputs before they scale them (LiteRT's add.cc)."""
NO_CONSTANT = -1


def lower_add(given: Lowering) -> LineOperator:
    """ADD of int8: both inputs scaled to twice the larger scale, added, scaled to the output.

    `CalculateOpDataAdd` of TFLM's add_common.cc, in double precision.
    """
    (first, _), (second, _), (made, _) = _quantisations(given)
    twice = 2 * max(first, second)
    return _sum(given, (first / twice, second / twice, twice / ((1 << LEFT_SHIFT) * made)), subtracts=False)


def lower_sub(given: Lowering) -> LineOperator:
    """SUB of int8, as ADD, but in single precision: `CalculateOpDataSub` of TFLM's sub_common.cc."""
    first, second, made = (np.float32(scale) for scale, _ in _quantisations(given))
    twice = np.float32(2) * max(first, second)
    factors = (first / twice, second / twice, twice / (np.float32(1 << LEFT_SHIFT) * made))
    return _sum(given, (float(factors[0]), float(factors[1]), float(factors[2])), subtracts=True)


def lower_mul(given: Lowering) -> LineOperator:
    """MUL of int8 (`CalculateOpDataMul` of TFLM's mul_common.cc)."""
    (first, first_zero), (second, second_zero), (made, made_zero) = _quantisations(given)
    factor = first * second / made
    if factor >= 1 << 30:
        given.refuse(f"its scales {first}, {second} and {made} are too far apart")
    words = (first_zero, second_zero, *quantised_multiplier(factor), made_zero, *fused_range(given))
    return _operator(given, Kind.MUL, words)


def _sum(given: Lowering, factors: tuple[float, float, float], *, subtracts: bool) -> LineOperator:
    (_, first_zero), (_, second_zero), (_, made_zero) = _quantisations(given)
    if not all(0 < factor < 1 for factor in factors):
        given.refuse("its output's scale is too small for its inputs' scales")
    pairs = [quantised_multiplier(factor) for factor in factors]
    if any(shift > 0 for _, shift in pairs):
        given.refuse("its output's scale is too small for its inputs' scales")
    (first, first_shift), (second, second_shift), (made, made_shift) = pairs
    words = (
        *(first_zero, second_zero, first, second, first_shift, second_shift),
        *(made, made_shift, made_zero, *fused_range(given), int(subtracts)),
    )
    return _operator(given, Kind.ADD, words)


def _quantisations(given: Lowering) -> tuple[tuple[float, int], tuple[float, int], tuple[float, int]]:
    return (
        given.quantisation(given.input(0)),
        given.quantisation(given.input(1)),
        given.quantisation(given.output()),
    )


def _operator(given: Lowering, kind: Kind, words: tuple[int, ...]) -> LineOperator:
    made = given.lines(given.output())
    readings: list[Reading] = []
    constant, shape, blob = NO_CONSTANT, (0, 0, 0), b""
    for place in (0, 1):
        tensor = given.input(place)
        if tensor.dtype != np.int8:
            given.refuse(f"its input {place} is {tensor.dtype.name}, the engine works on int8")
        spread = _spread(given, tensor, made)
        if not tensor.constant:
            readings.append(_reading(given, given.activation(place), spread))
            continue
        constant, shape, blob = place, spread, given.constant(place).tobytes()
    if not readings:
        given.refuse("both of its inputs are constants")
    return LineOperator(
        kind=kind,
        inputs=tuple(readings),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(constant, *shape, *words),
        blob=blob,
    )


def _spread(given: Lowering, tensor: Tensor, made: LineTensor) -> tuple[int, int, int]:
    """Rows, width and channels of an operand in the dimensions of the output; each is the output's, or 1."""
    missing = len(given.output().shape) - len(tensor.shape)
    try:
        shape = line_shape((*(1,) * missing, *tensor.shape))
    except ValueError as error:
        given.refuse(str(error))
    if any(
        one not in (1, out) for one, out in zip(shape, (made.rows, made.width, made.channels), strict=True)
    ):
        given.refuse(f"it spreads {list(tensor.shape)} over {list(given.output().shape)}")
    return shape


def _reading(given: Lowering, read: LineTensor, spread: tuple[int, int, int]) -> Reading:
    if (read.rows, read.width, read.channels) != spread:
        given.refuse("it spreads a computed tensor along another dimension than rows, columns or channels")
    return Reading(read.index, 0, 1, 0, 1) if read.rows == 1 else row_by_row(read.index)
