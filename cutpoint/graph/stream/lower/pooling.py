"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from __future__ import annotations

from cutpoint.graph.stream.lines import Kind, LineOperator
from cutpoint.graph.stream.lower.activation import fused_range
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.window import Axis

MOST_SIZE = 1 << 14
"""Of windows and strides (firmware/core/stream/kernels/pooling.cc)."""
MOST_DIFFERENCE = 1e-6
"""Of two scales that TFLM takes for the same (`PoolingPrepare`)."""


def lower_max_pool(given: Lowering) -> LineOperator:
    return _pool(given, Kind.MAX_POOL)


def lower_average_pool(given: Lowering) -> LineOperator:
    """The mean of the positions inside of the picture, halves away from zero."""
    return _pool(given, Kind.AVERAGE_POOL)


def _pool(given: Lowering, kind: Kind) -> LineOperator:
    read, made, options = given.activation(0), given.lines(given.output()), given.options
    (scale, zero), (out_scale, out_zero) = (
        given.quantisation(given.input(0)),
        given.quantisation(given.output()),
    )
    if abs(scale - out_scale) > MOST_DIFFERENCE or zero != out_zero:
        given.refuse("its output is quantised otherwise than its input")
    sizes = options.filterHeight, options.filterWidth, options.strideH, options.strideW
    if max(sizes) >= MOST_SIZE:
        given.refuse(f"its window of {sizes[0]}x{sizes[1]} or its strides are too large")
    rows = Axis.of(read.rows, made.rows, options.filterHeight, options.strideH, 1, options.padding)
    columns = Axis.of(read.width, made.width, options.filterWidth, options.strideW, 1, options.padding)
    return LineOperator(
        kind=kind,
        inputs=(rows.reading(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(
            *(rows.kernel, columns.kernel, rows.stride, columns.stride, rows.pad, columns.pad),
            *fused_range(given),
        ),
        blob=b"",
    )
