"""Fused activations: the range to which an operator clamps its output."""

from __future__ import annotations

from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import activation_range


def fused_range(given: Lowering) -> tuple[int, int]:
    """Least and most int8 of the operator's output; refuses an activation that integer kernels do not fuse."""
    scale, zero_point = given.quantisation(given.output())
    try:
        return activation_range(given.options.fusedActivationFunction, scale, zero_point)
    except ValueError as error:
        given.refuse(str(error))
