"""Options that kernels divide or index by without asking: strides, dilations, counts and channels.

The source is the prepare functions of LiteRT's and TFLM's kernels: an absent or zero stride divides by zero there.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any, Final

from cutpoint.errors import ModelError

Shape = tuple[int, ...]

_STRIDES = ("strideW", "strideH")
_DILATIONS = ("dilationWFactor", "dilationHFactor")
_WINDOW = (*_STRIDES, "filterWidth", "filterHeight")

# Options that a kind cannot do without: their class in the schema, and the fields that must be positive.
_NEEDED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "CONV_2D": ("Conv2DOptionsT", (*_STRIDES, *_DILATIONS)),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptionsT", (*_STRIDES, *_DILATIONS)),
    "TRANSPOSE_CONV": ("TransposeConvOptionsT", _STRIDES),
    "CONV_3D": ("Conv3DOptionsT", (*_STRIDES, "strideD", *_DILATIONS, "dilationDFactor")),
    "AVERAGE_POOL_2D": ("Pool2DOptionsT", _WINDOW),
    "MAX_POOL_2D": ("Pool2DOptionsT", _WINDOW),
    "L2_POOL_2D": ("Pool2DOptionsT", _WINDOW),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptionsT", ("blockSize",)),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptionsT", ("blockSize",)),
    "SPLIT": ("SplitOptionsT", ("numSplits",)),
    "SPLIT_V": ("SplitVOptionsT", ("numSplits",)),
    "SOFTMAX": ("SoftmaxOptionsT", ()),
    "CONCATENATION": ("ConcatenationOptionsT", ()),
    "FULLY_CONNECTED": ("FullyConnectedOptionsT", ()),
}

# Fewest inputs of operators whose kernels read that many without asking.
_FEWEST_INPUTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL", "ADD", "SUB", "MUL", "DIV"), 2
    ),
    **dict.fromkeys(
        ("MAXIMUM", "MINIMUM", "SPLIT", "PAD", "MEAN", "TRANSPOSE", "GATHER", "PRELU", "EXPAND_DIMS"), 2
    ),
    **dict.fromkeys(("TRANSPOSE_CONV", "SPLIT_V", "PADV2", "SLICE", "CONV_3D"), 3),
    "STRIDED_SLICE": 4,
}


_SMALLEST_SCALE: Final = 1e-15
_SOFTMAX_ONE: Final = 1 << 26
"""Softmax kernels need a multiplier above 1 after 5 integer bits (`PreprocessSoftmaxScaling`, quantization_util.cc)."""

# Operators whose integer kernels compute with the scales of what they read and make.
_ARITHMETIC: Final = frozenset({
    "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL", "ADD", "SUB", "MUL",
    "MEAN", "SOFTMAX", "LOG_SOFTMAX", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "PRELU", "QUANTIZE",
    "DEQUANTIZE",
})  # fmt: skip


def check_options(
    what: str, kind: str, options: Any, inputs: list[Shape | None], outputs: list[Shape]
) -> None:
    """Raise ModelError when options or channel counts of an operator cannot be those of its kind.

    what names the operator in messages; the shape of an omitted input is None.
    """
    fewest = _FEWEST_INPUTS.get(kind, 1)
    if sum(shape is not None for shape in inputs[:fewest]) < fewest:
        raise ModelError(f"{what} has {len(inputs)} inputs, it needs {fewest}: the file is damaged")
    if kind in _NEEDED:
        needed, positive = _NEEDED[kind]
        if type(options).__name__ != needed:
            raise ModelError(f"{what} lacks its options: the file is damaged")
        for name in positive:
            if getattr(options, name) <= 0:
                raise ModelError(f"{what} has {name} = {getattr(options, name)}; it must be positive")
    if kind in ("SPLIT", "SPLIT_V") and options.numSplits != len(outputs):
        raise ModelError(
            f"{what} splits into {options.numSplits} but has {len(outputs)} outputs: the file is damaged"
        )
    if kind == "FULLY_CONNECTED":
        _check_fully_connected(what, inputs, outputs[0])
    if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        _check_convolution(what, kind, inputs, outputs[0])


def check_scales(what: str, kind: str, options: Any, ends: Iterable[tuple[str, tuple[float, ...]]]) -> None:
    """Raise ModelError when an 8 or 16 bit end of an arithmetic operator has no scale that kernels can compute with.

    ends: dtype name and scales of the first input and of every output. The kernels divide by these scales, and abort
    the process when there are none or when they are absurdly small.
    """
    if kind not in _ARITHMETIC:
        return
    for dtype, scales in ends:
        if dtype == "int16" and not scales:
            continue  # plain numbers, which a few kernels take
        if dtype not in ("int8", "uint8", "int16"):
            continue
        if not (scales and min(scales) > 0):
            raise ModelError(f"{what} reads or makes {dtype} without a scale: it is not quantised properly")
        if not _SMALLEST_SCALE <= min(scales) <= max(scales) <= 1 / _SMALLEST_SCALE:
            raise ModelError(
                f"{what} reads or makes {dtype} with the scale {min(scales)}: the file is damaged"
            )
        if kind == "SOFTMAX" and not options.beta * scales[0] * _SOFTMAX_ONE > 1:
            raise ModelError(
                f"{what} has beta {options.beta} and the scale {scales[0]}: it is not quantised properly"
            )


def _check_fully_connected(what: str, inputs: list[Shape | None], output: Shape) -> None:
    rows, weights = inputs[0], inputs[1]
    assert rows is not None
    assert weights is not None
    if len(weights) != 2 or 0 in weights or prod(rows) * weights[0] != prod(output) * weights[1]:
        raise ModelError(
            f"{what} with weights of shape {list(weights)} cannot turn {list(rows)} into {list(output)}: "
            "the file is damaged"
        )


def _check_convolution(what: str, kind: str, inputs: list[Shape | None], output: Shape) -> None:
    image, kernel = inputs[0], inputs[1]
    bias = inputs[2] if len(inputs) > 2 else None
    assert image is not None
    assert kernel is not None
    if not len(image) == len(kernel) == len(output) == 4 or 0 in image or 0 in kernel:
        raise ModelError(
            f"{what} has the shapes {list(image)}, {list(kernel)} and {list(output)}; it needs four dimensions"
        )
    depthwise = kind == "DEPTHWISE_CONV_2D"
    channels = kernel[3] if depthwise else kernel[0]
    fits = kernel[0] == 1 and kernel[3] % image[3] == 0 if depthwise else image[3] % kernel[3] == 0
    if not fits or output[3] != channels or output[0] != image[0]:
        raise ModelError(
            f"{what} with a filter of shape {list(kernel)} cannot turn {list(image)} into {list(output)}: "
            "the file is damaged"
        )
    if bias is not None and bias != (channels,):
        raise ModelError(
            f"{what} makes {channels} channels but has a bias of shape {list(bias)}: the file is damaged"
        )
