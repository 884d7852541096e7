"""CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV: constants folded, weights in the order in which kernels read them."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator, LineTensor, Reading
from cutpoint.graph.stream.lower.channels import biases, blocks, int8_weights, multipliers, window_words
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.window import SAME, Axis


def lower_conv(given: Lowering) -> LineOperator:
    """CONV_2D with weights [OC, KH, KW, IC]."""
    read, made = _picture(given, 0)
    weights = int8_weights(given, 1, 4)
    channels, kernel_h, kernel_w, in_channels = weights.shape
    if in_channels != read.channels:
        given.refuse(
            f"its weights are for {in_channels} of {read.channels} input channels: it works in groups"
        )
    rows, columns = _axes(given, read, made, kernel_h, kernel_w, channels)
    words = window_words(
        given,
        given.input(0),
        rows,
        columns,
        biases(given, 2, channels),
        weights.sum((1, 2, 3), np.int64),
        multipliers(given, given.input(0), given.input(1), 0, channels),
    )
    reading = rows.reading(read.index)
    return LineOperator(Kind.CONV, (reading,), (made.index,), made.rows, 1, words, blocks(weights))


def lower_depthwise_conv(given: Lowering) -> LineOperator:
    """DEPTHWISE_CONV_2D with weights [1, KH, KW, IC * multiplier]."""
    read, made = _picture(given, 0)
    weights = int8_weights(given, 1, 4)
    _, kernel_h, kernel_w, channels = weights.shape
    if weights.shape[0] != 1 or channels != read.channels * given.options.depthMultiplier:
        given.refuse(
            f"its weights are {list(weights.shape)}, for {read.channels} input channels and the multiplier "
            f"{given.options.depthMultiplier} [1, height, width, "
            f"{read.channels * given.options.depthMultiplier}] is expected"
        )
    rows, columns = _axes(given, read, made, kernel_h, kernel_w, channels)
    words = window_words(
        given,
        given.input(0),
        rows,
        columns,
        biases(given, 2, channels),
        weights.sum((0, 1, 2), np.int64),
        multipliers(given, given.input(0), given.input(1), 3, channels),
    )
    blob = np.ascontiguousarray(weights[0].transpose(2, 0, 1)).tobytes()
    reading = rows.reading(read.index)
    return LineOperator(Kind.DEPTHWISE_CONV, (reading,), (made.index,), made.rows, 1, words, blob)


def lower_transpose_conv(given: Lowering) -> LineOperator:
    """TRANSPOSE_CONV with weights [OC, KH, KW, IC]; input 0 is the output's shape, input 2 the picture."""
    read, made = _picture(given, 2)
    weights = int8_weights(given, 1, 4)
    channels, kernel_h, kernel_w, in_channels = weights.shape
    if in_channels != read.channels or channels != made.channels:
        given.refuse(
            f"its weights are {list(weights.shape)}, [{made.channels}, height, width, {read.channels}] is expected"
        )
    options = given.options
    # The padding is that of the convolution which it turns around: from the output to the input.
    rows, columns = (
        Axis.of(size, windows(size, kernel, stride, 1, options.padding), kernel, stride, 1, options.padding)
        for size, kernel, stride in (
            (made.rows, kernel_h, options.strideH),
            (made.width, kernel_w, options.strideW),
        )
    )
    words = window_words(
        given,
        given.input(2),
        rows,
        columns,
        biases(given, 3, channels),
        weights.sum((1, 2, 3), np.int64),
        multipliers(given, given.input(2), given.input(1), 0, channels),
    )
    first = rows.pad - rows.kernel + rows.stride
    reading = Reading(read.index, 1, rows.stride, first, rows.pad + rows.stride)
    return LineOperator(Kind.TRANSPOSE_CONV, (reading,), (made.index,), made.rows, 1, words, blocks(weights))


def windows(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    """How many windows a size has room for (`ComputeOutSize`)."""
    return -(-size // stride) if padding == SAME else (size + stride - (kernel - 1) * dilation - 1) // stride


def _picture(given: Lowering, place: int) -> tuple[LineTensor, LineTensor]:
    read, made = given.activation(place), given.lines(given.output())
    if len(given.input(place).shape) != 4 or len(given.output().shape) != 4:
        given.refuse("it does not work from [1, height, width, channels] to [1, height, width, channels]")
    return read, made


def _axes(
    given: Lowering, read: LineTensor, made: LineTensor, kernel_h: int, kernel_w: int, channels: int
) -> tuple[Axis, Axis]:
    """The window's two axes; refuses an output of another shape than they lead to."""
    options = given.options
    padding, high, wide = options.padding, options.dilationHFactor, options.dilationWFactor
    out_rows = windows(read.rows, kernel_h, options.strideH, high, padding)
    out_columns = windows(read.width, kernel_w, options.strideW, wide, padding)
    if (out_rows, out_columns, channels) != (made.rows, made.width, made.channels):
        given.refuse(
            f"its output is [1, {made.rows}, {made.width}, {made.channels}], "
            f"[1, {out_rows}, {out_columns}, {channels}] is expected for its input and window"
        )
    return (
        Axis.of(read.rows, made.rows, kernel_h, options.strideH, high, padding),
        Axis.of(read.width, made.width, kernel_w, options.strideW, wide, padding),
    )
