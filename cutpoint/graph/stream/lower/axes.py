"""Which dimensions of a tensor are its rows, columns and channels."""

from __future__ import annotations

from cutpoint.graph.model import Tensor
from cutpoint.graph.stream.lowering import Lowering

ROWS, COLUMNS, CHANNELS = 0, 1, 2
_AXES = {
    4: (None, ROWS, COLUMNS, CHANNELS),
    3: (None, ROWS, CHANNELS),
    2: (ROWS, CHANNELS),
    1: (CHANNELS,),
    0: (),
}
"""By the number of dimensions, as `cutpoint.graph.stream.lines.line_shape` has them; None is the batch."""


def axes_of(given: Lowering, tensor: Tensor) -> tuple[int | None, ...]:
    """ROWS, COLUMNS, CHANNELS, or None for the batch, of every dimension."""
    if len(tensor.shape) not in _AXES:
        given.refuse(f"a tensor of {len(tensor.shape)} dimensions is no picture, sequence or vector")
    return _AXES[len(tensor.shape)]


def dimension(given: Lowering, tensor: Tensor, number: int) -> int:
    """A dimension that may be counted from the end."""
    size = len(tensor.shape)
    if not -size <= number < size:
        given.refuse(f"its axis {number} is none of {size}")
    return number % size


def axis_of(given: Lowering, tensor: Tensor, number: int) -> int:
    """ROWS, COLUMNS or CHANNELS of a dimension; refuses the batch."""
    axis = axes_of(given, tensor)[dimension(given, tensor, number)]
    if axis is None:
        given.refuse("it works along the batch")
    return axis
