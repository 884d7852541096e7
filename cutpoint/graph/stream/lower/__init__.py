"""One rule an operator kind: from the model's operator to what the engine runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cutpoint.graph.stream.lines import LineOperator
from cutpoint.graph.stream.lower.arithmetic import lower_add, lower_mul, lower_sub
from cutpoint.graph.stream.lower.convolution import lower_conv, lower_depthwise_conv, lower_transpose_conv
from cutpoint.graph.stream.lower.dense import lower_fully_connected
from cutpoint.graph.stream.lower.mean import lower_mean, lower_sum
from cutpoint.graph.stream.lower.moves import (
    lower_concatenation,
    lower_pad,
    lower_reshape,
    lower_resize_nearest,
)
from cutpoint.graph.stream.lower.pooling import lower_average_pool, lower_max_pool
from cutpoint.graph.stream.lower.quantize import lower_quantize
from cutpoint.graph.stream.lower.slices import (
    lower_slice,
    lower_split,
    lower_split_v,
    lower_strided_slice,
)
from cutpoint.graph.stream.lower.softmax import lower_softmax
from cutpoint.graph.stream.lower.tables import (
    lower_dequantize,
    lower_hard_swish,
    lower_leaky_relu,
    lower_logistic,
    lower_relu,
    lower_relu6,
    lower_tanh,
)
from cutpoint.graph.stream.lowering import Lowering

RULES: Final[dict[str, Callable[[Lowering], LineOperator]]] = {
    "CONV_2D": lower_conv,
    "DEPTHWISE_CONV_2D": lower_depthwise_conv,
    "FULLY_CONNECTED": lower_fully_connected,
    "TRANSPOSE_CONV": lower_transpose_conv,
    "ADD": lower_add,
    "SUB": lower_sub,
    "MUL": lower_mul,
    "SOFTMAX": lower_softmax,
    "MAX_POOL_2D": lower_max_pool,
    "AVERAGE_POOL_2D": lower_average_pool,
    "MEAN": lower_mean,
    "SUM": lower_sum,
    "PAD": lower_pad,
    "PADV2": lower_pad,
    "CONCATENATION": lower_concatenation,
    "RESHAPE": lower_reshape,
    "SQUEEZE": lower_reshape,
    "EXPAND_DIMS": lower_reshape,
    "RESIZE_NEAREST_NEIGHBOR": lower_resize_nearest,
    "STRIDED_SLICE": lower_strided_slice,
    "SLICE": lower_slice,
    "SPLIT": lower_split,
    "SPLIT_V": lower_split_v,
    "RELU": lower_relu,
    "RELU6": lower_relu6,
    "LEAKY_RELU": lower_leaky_relu,
    "HARD_SWISH": lower_hard_swish,
    "LOGISTIC": lower_logistic,
    "TANH": lower_tanh,
    "QUANTIZE": lower_quantize,
    "DEQUANTIZE": lower_dequantize,
}


def lower(given: Lowering) -> LineOperator:
    """Raises StreamError for an operator that the engine does not run."""
    rule = RULES.get(given.operator.kind)
    if rule is None:
        given.refuse("the engine has no such operator")
    return rule(given)
