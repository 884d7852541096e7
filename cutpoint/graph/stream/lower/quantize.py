"""QUANTIZE: of integers a table, of float32 the engine's one operator with floating point."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator, row_by_row
from cutpoint.graph.stream.lower.tables import lower_requantize
from cutpoint.graph.stream.lowering import Lowering


def lower_quantize(given: Lowering) -> LineOperator:
    """float32 divided by the scale in single precision, half away from zero (`AffineQuantize`)."""
    if given.input(0).dtype != np.float32:
        return lower_requantize(given)
    read, made = given.activation(0, "float32"), given.lines(given.output())
    scale, zero_point = given.quantisation(given.output())
    return LineOperator(
        kind=Kind.QUANTIZE,
        inputs=(row_by_row(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(int(np.float32(scale).view(np.int32)), zero_point),
        blob=b"",
    )
