"""The operators that the firmware for boards carries; a board refuses a model that needs another, by its name."""

from __future__ import annotations

from typing import Final

from cutpoint.graph.model import Model, Operator

CARRIED: Final[frozenset[str]] = frozenset({
    "ABS", "ADD", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "BATCH_MATMUL", "BATCH_TO_SPACE_ND", "CAST", "CONCATENATION",
    "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE", "ELU", "EXPAND_DIMS", "FULLY_CONNECTED",
    "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM",
    "MIRROR_PAD", "MUL", "NEG", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE", "REDUCE_MAX", "RELU", "RELU6", "RESHAPE",
    "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SOFTMAX", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT",
    "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE", "TRANSPOSE_CONV", "UNPACK",
})  # fmt: skip
"""The table of firmware/tflm/operators.cc; a test holds the two together."""


def first_not_carried(model: Model, on_board: int | None = None) -> Operator | None:
    """The first of operators [0, on_board) that a board cannot run, or None; `on_board` is N by default.

    Its index is the largest K that a board can be given.
    """
    return next((one for one in model.operators[:on_board] if one.kind not in CARRIED), None)


def warning(operator: Operator) -> str:
    """What a board would say to a model with this operator on board, and what to do."""
    return (
        f"operator {operator.index} ({operator.kind}) is not in the firmware for boards, which refuse a model with it "
        f"on board: give boards at most {operator.index} operators (cutpoint split --max-cut {operator.index})"
    )
