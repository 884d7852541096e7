"""FULLY_CONNECTED: a convolution whose window is a whole vector, in one pixel or over several lines."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator, LineTensor
from cutpoint.graph.stream.lower.channels import biases, blocks, int8_weights, multipliers, window_words
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import float32, quantised_multiplier
from cutpoint.graph.stream.window import Axis


def lower_fully_connected(given: Lowering) -> LineOperator:
    """FULLY_CONNECTED with weights [OC, depth]: every `depth` elements of the input make OC elements.

    The engine makes lines, so `depth` must be a pixel, a line, or several lines of the input.
    """
    read, made = given.activation(0), given.lines(given.output())
    weights = int8_weights(given, 1, 2)
    channels, depth = weights.shape
    kernel_h, kernel_w = _window(given, read, depth)
    out_rows, out_width = read.rows // kernel_h, read.width // kernel_w
    if (made.rows, made.width, made.channels) != (out_rows, out_width, channels):
        given.refuse(
            f"its output is {list(given.output().shape)}, {out_rows} lines of {out_width} pixels of {channels} "
            f"are expected for its weights {list(weights.shape)} and its input {list(given.input(0).shape)}"
        )
    rows, columns = Axis(kernel_h, kernel_h, 1, 0), Axis(kernel_w, 1, 1, 0)
    words = window_words(
        given,
        given.input(0),
        rows,
        columns,
        biases(given, 2, channels),
        weights.sum(1, np.int64),
        _multipliers(given, channels),
    )
    kernel = weights.reshape(channels, kernel_h, kernel_w, read.channels)
    reading = rows.reading(read.index)
    return LineOperator(Kind.CONV, (reading,), (made.index,), made.rows, 1, words, blocks(kernel))


def _window(given: Lowering, read: LineTensor, depth: int) -> tuple[int, int]:
    """Height and width of the window that has `depth` elements."""
    line = read.width * read.channels
    if depth == read.channels:
        return 1, 1
    if depth % line == 0 and read.rows % (depth // line) == 0:
        return depth // line, read.width
    given.refuse(
        f"its weights take {depth} elements at a time, which is neither a pixel nor lines of its input "
        f"{list(given.input(0).shape)}"
    )


def _multipliers(given: Lowering, channels: int) -> list[tuple[int, int]]:
    """With one scale the product of the scales of input and weights is rounded to single precision.

    As `GetQuantizedConvolutionMultipler`; with one for each output nothing is, as in convolutions.
    """
    if len(given.input(1).scales) != 1:
        return multipliers(given, given.input(0), given.input(1), 0, channels)
    in_scale, out_scale = given.quantisation(given.input(0))[0], given.quantisation(given.output())[0]
    if out_scale == 0:
        given.refuse("its output has a scale of 0")
    return [quantised_multiplier(float32(in_scale * given.input(1).scales[0]) / out_scale)] * channels
