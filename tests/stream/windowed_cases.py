"""Random models of CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED that TFLM takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator

from cutpoint import Model

SAME, VALID = 0, 1
CHANNELS = (1, 1, 2, 3, 4, 5, 7, 8, 12, 16, 17)
Weights = npt.NDArray[np.int8]


def conv(rng: np.random.Generator) -> Model:
    while True:
        geometry = _geometry(rng)
        if geometry is not None:
            break
    height, width, out_h, out_w, kernel_h, kernel_w, fields = geometry
    in_channels, channels = int(rng.choice(CHANNELS)), int(rng.choice(CHANNELS))
    one = SingleOperator("CONV_2D", schema.Conv2DOptionsT, fusedActivationFunction=_activation(rng), **fields)
    in_scale = _scale(rng)
    one.input(1, height, width, in_channels, scale=in_scale, zero_point=_zero_point(rng))
    _weights_and_bias(one, rng, (channels, kernel_h, kernel_w, in_channels), 0, in_scale)
    one.output(1, out_h, out_w, channels, scale=_out_scale, zero_point=_zero_point(rng))
    return one.model()


def depthwise_conv(rng: np.random.Generator) -> Model:
    while True:
        geometry = _geometry(rng)
        if geometry is not None:
            break
    height, width, out_h, out_w, kernel_h, kernel_w, fields = geometry
    in_channels, copies = int(rng.choice(CHANNELS)), int(rng.choice((1, 1, 1, 2, 3, 8)))
    one = SingleOperator(
        "DEPTHWISE_CONV_2D",
        schema.DepthwiseConv2DOptionsT,
        fusedActivationFunction=_activation(rng),
        depthMultiplier=copies,
        **fields,
    )
    in_scale = _scale(rng)
    one.input(1, height, width, in_channels, scale=in_scale, zero_point=_zero_point(rng))
    _weights_and_bias(one, rng, (1, kernel_h, kernel_w, in_channels * copies), 3, in_scale)
    one.output(1, out_h, out_w, in_channels * copies, scale=_out_scale, zero_point=_zero_point(rng))
    return one.model()


def transpose_conv(rng: np.random.Generator) -> Model:
    height, width, kernel_h, kernel_w = (int(rng.integers(1, most)) for most in (7, 7, 6, 6))
    stride_h, stride_w = (int(rng.integers(1, 4)) for _ in range(2))
    padding = int(rng.integers(2))
    if padding == SAME:
        out_h = int(rng.integers((height - 1) * stride_h + 1, height * stride_h + 1))
        out_w = int(rng.integers((width - 1) * stride_w + 1, width * stride_w + 1))
    else:
        out_h, out_w = (height - 1) * stride_h + kernel_h, (width - 1) * stride_w + kernel_w
    in_channels, channels = int(rng.choice(CHANNELS)), int(rng.choice(CHANNELS))
    one = SingleOperator(
        "TRANSPOSE_CONV",
        schema.TransposeConvOptionsT,
        strideH=stride_h,
        strideW=stride_w,
        padding=padding,
        fusedActivationFunction=_activation(rng),
    )
    in_scale = _scale(rng)
    one.constant(np.array([1, out_h, out_w, channels], np.int32))
    weights, scales = _weights(rng, (channels, kernel_h, kernel_w, in_channels), 0)
    one.constant(weights, scales, axis=0)
    one.input(1, height, width, in_channels, scale=in_scale, zero_point=_zero_point(rng))
    if rng.random() < 0.5:
        one.constant(_bias(rng, channels), [in_scale * scale for scale in scales])
    one.output(1, out_h, out_w, channels, scale=_out_scale, zero_point=_zero_point(rng))
    return one.model()


_out_scale = 0.1
"""Scales of outputs are all the same: multipliers are varied by those of inputs and weights."""


def fully_connected(rng: np.random.Generator) -> Model:
    channels = int(rng.choice(CHANNELS))
    kind = int(rng.integers(4))
    if kind == 0:  # a vector a row
        rows, depth = int(rng.integers(1, 5)), int(rng.integers(1, 70))
        shape, made, keep = (rows, depth), (rows, channels), False
    elif kind == 1:  # a whole picture
        height, width, in_channels = (int(rng.integers(1, 6)) for _ in range(3))
        depth = height * width * in_channels
        shape, made, keep = (1, height, width, in_channels), (1, channels), False
    elif kind == 2:  # every pixel
        height, width, depth = (int(rng.integers(1, 6)) for _ in range(3))
        shape, made, keep = (1, height, width, depth), (1, height, width, channels), True
    else:  # some lines of a picture
        lines, parts, width, in_channels = (int(rng.integers(1, 5)) for _ in range(4))
        depth = lines * width * in_channels
        shape, made, keep = (1, lines * parts, width, in_channels), (parts, channels), False
        if depth == in_channels and width * parts * lines != parts:
            shape = (1, lines * parts, 1, in_channels)
    one = SingleOperator(
        "FULLY_CONNECTED",
        schema.FullyConnectedOptionsT,
        fusedActivationFunction=_activation(rng),
        keepNumDims=keep,
    )
    in_scale = _scale(rng)
    one.input(*shape, scale=in_scale, zero_point=_zero_point(rng))
    _weights_and_bias(one, rng, (channels, depth), 0, in_scale)
    one.output(*made, scale=_out_scale, zero_point=_zero_point(rng))
    return one.model()


def _geometry(rng: np.random.Generator) -> tuple[int, int, int, int, int, int, dict[str, Any]] | None:
    """Input, output and kernel sizes with the options; None when the window does not fit."""
    height, width = (int(rng.integers(1, 13)) for _ in range(2))
    kernel_h, kernel_w = (3, 3) if rng.random() < 0.4 else (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    if rng.random() < 0.2:
        kernel_h = kernel_w = 1
    stride_h, stride_w = (int(rng.choice((1, 1, 2, 3))) for _ in range(2))
    dilation_h = dilation_w = 1
    if rng.random() < 0.2:
        dilation_h, dilation_w = (int(rng.choice((1, 2, 3))) for _ in range(2))
    padding = int(rng.integers(2))
    out = [
        -(-size // stride) if padding == SAME else (size + stride - (kernel - 1) * dilation - 1) // stride
        for size, stride, kernel, dilation in (
            (height, stride_h, kernel_h, dilation_h),
            (width, stride_w, kernel_w, dilation_w),
        )
    ]
    if min(out) < 1:
        return None
    fields = {
        "padding": padding,
        "strideH": stride_h,
        "strideW": stride_w,
        "dilationHFactor": dilation_h,
        "dilationWFactor": dilation_w,
    }
    return height, width, out[0], out[1], kernel_h, kernel_w, fields


def _weights_and_bias(
    one: SingleOperator, rng: np.random.Generator, shape: tuple[int, ...], axis: int, in_scale: float
) -> None:
    weights, scales = _weights(rng, shape, axis)
    one.constant(weights, scales, axis=axis)
    if rng.random() < 0.8:
        one.constant(_bias(rng, shape[axis]), [float(np.float32(in_scale) * np.float32(s)) for s in scales])
    elif axis == 0 and rng.random() < 0.5:
        # Not in DEPTHWISE_CONV_2D: TFLM reads a tensor that is not there.
        one.omit()


def _weights(rng: np.random.Generator, shape: tuple[int, ...], axis: int) -> tuple[Weights, list[float]]:
    weights = rng.integers(-128, 128, shape).astype(np.int8)
    if rng.random() < 0.2:
        weights = rng.choice(np.array([-128, -1, 0, 127], np.int8), shape)
    taps = weights.size // shape[axis]
    # Outputs spread over about the whole range, up to far beyond and down to nothing.
    usual = _out_scale / (0.05 * 74 * np.sqrt(taps)) * np.exp(rng.normal(0, 1))
    scales = usual * np.exp(rng.normal(0, 0.5, shape[axis] if rng.random() < 0.8 else 1))
    if rng.random() < 0.15:
        scales *= rng.choice((1e-7, 1e-3, 30.0, 1000.0))
    return weights, [float(np.float32(scale)) for scale in scales]


def _bias(rng: np.random.Generator, channels: int) -> npt.NDArray[np.int32]:
    most = int(rng.choice((1, 3000, 100_000, 1 << 29)))
    return rng.integers(-most, most + 1, channels).astype(np.int32)


def _scale(rng: np.random.Generator) -> float:
    return float(np.float32(0.05 * np.exp(rng.normal(0, 1))))


def _zero_point(rng: np.random.Generator) -> int:
    return int(rng.choice((-128, 127, 0, int(rng.integers(-128, 128)))))


def _activation(rng: np.random.Generator) -> int:
    return int(rng.choice((0, 0, 1, 2, 3)))
