"""What the converter must have made: the network as designed, in int8, for one picture."""

from __future__ import annotations

import math

import cutpoint
from models.convert import ConversionError
from models.fomo_digits.network import CHANNELS
from models.fomo_digits.variant import Variant

KINDS = {"CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "SOFTMAX"}
OPERATORS = 25
"""Stem, 2 of block 0, 3 each of blocks 1 to 5, 3 additions, block 6 expand, head, logits, softmax."""


def check(model: cutpoint.Model, variant: Variant) -> None:
    """Raises `ConversionError` naming the first thing that is not as designed."""
    kinds = [operator.kind for operator in model.operators]
    picture = (1, variant.side_px, variant.side_px, 3)
    grid = (1, variant.grid, variant.grid, CHANNELS)
    given, made = (model.tensors[side[0]] for side in (model.inputs, model.outputs))
    for right, seen in (
        (len(kinds) == OPERATORS, f"{len(kinds)} operators, not {OPERATORS}"),
        (set(kinds) == KINDS, f"operators of kinds {sorted(set(kinds))}, not {sorted(KINDS)}"),
        (kinds[-1] == "SOFTMAX", f"a last operator {kinds[-1]}, not SOFTMAX"),
        (given.shape == picture, f"an input of shape {given.shape}, not {picture}"),
        (made.shape == grid, f"an output of shape {made.shape}, not {grid}"),
        (given.dtype.name == made.dtype.name == "int8", f"{given.dtype} in, {made.dtype} out, not int8"),
        (
            given.zero_point == -128
            and given.scale is not None
            and math.isclose(given.scale, 1 / 255, rel_tol=1e-6),
            f"an input quantised by {given.scale}, {given.zero_point}, not 1/255, -128",
        ),
    ):
        if not right:
            raise ConversionError(f"the converted network has {seen}; another TensorFlow release may help")
