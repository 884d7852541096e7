"""Multiply-accumulate operations of one operator, from shapes alone.

Counted as in Howard et al., "MobileNets" (arXiv:1704.04861, section 3.1): output positions times kernel size times
input channels, taps that fall on padding included. Additions of a bias, requantisation and activations are not counted;
an operator without a matrix product (ADD, pooling, SOFTMAX, ...) has 0, and is weighed by its output bytes where time
is estimated.
"""

from __future__ import annotations

from math import prod
from typing import Any

from cutpoint.errors import ModelError

Shape = tuple[int, ...]


def count_macs(kind: str, options: Any, inputs: list[Shape | None], outputs: list[Shape]) -> int:
    """MACs of an operator; an omitted input has the shape None. Raises ModelError when shapes do not fit the kind.

    CONV_2D: prod(output) x KH x KW x IC per group (filter OC, KH, KW, IC);
    DEPTHWISE_CONV_2D: prod(output) x KH x KW (filter 1, KH, KW, OC);
    FULLY_CONNECTED: prod(output) x inputs of a unit (weights units, inputs);
    TRANSPOSE_CONV: prod(input) x KH x KW x OC (filter OC, KH, KW, IC);
    CONV_3D: prod(output) x KD x KH x KW x IC (filter KD, KH, KW, IC, OC);
    BATCH_MATMUL: prod(output) x the dimension summed over.
    """
    match kind:
        case "CONV_2D":
            kernel = _shape(kind, inputs, 1, 4)
            return prod(outputs[0]) * prod(kernel[1:])
        case "DEPTHWISE_CONV_2D":
            kernel = _shape(kind, inputs, 1, 4)
            return prod(outputs[0]) * kernel[1] * kernel[2]
        case "FULLY_CONNECTED":
            return prod(outputs[0]) * _shape(kind, inputs, 1, 2)[1]
        case "TRANSPOSE_CONV":
            kernel = _shape(kind, inputs, 1, 4)
            return prod(_shape(kind, inputs, 2, 4)) * prod(kernel[:3])
        case "CONV_3D":
            kernel = _shape(kind, inputs, 1, 5)
            return prod(outputs[0]) * prod(kernel[:4])
        case "BATCH_MATMUL":
            left = inputs[0]
            if left is None or len(left) < 2:
                raise ModelError(f"{kind} needs two matrices, its first input has the shape {left}")
            return prod(outputs[0]) * left[-2 if getattr(options, "adjX", False) else -1]
        case _:
            return 0


def _shape(kind: str, inputs: list[Shape | None], place: int, rank: int) -> Shape:
    shape = inputs[place] if place < len(inputs) else None
    if shape is None or len(shape) != rank:
        raise ModelError(f"input {place} of a {kind} must have {rank} dimensions, this file has {shape}")
    return shape
