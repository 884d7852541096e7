"""Operators that make one element out of one: each becomes a table of 256 elements."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator, row_by_row
from cutpoint.graph.stream.lowering import Lowering


def table(given: Lowering, elements: np.ndarray) -> LineOperator:
    """The operator that maps int8 -128 to 127, or uint8 0 to 255, to these 256 elements."""
    read, made = given.activation(0, "int8", "uint8"), given.lines(given.output(), "int8", "float32", "uint8")
    # The engine looks bytes up as they lie: int8 -1 is 255.
    ordered = np.roll(elements, -128) if read.dtype == np.int8 else elements
    return LineOperator(
        kind=Kind.TABLE,
        inputs=(row_by_row(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(),
        blob=ordered.astype(made.dtype).tobytes(),
    )
