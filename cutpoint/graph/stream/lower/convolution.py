"""CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV: constants folded, weights in the order in which kernels read them."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.stream.lines import Kind, LineOperator
from cutpoint.graph.stream.lowering import Lowering
from cutpoint.graph.stream.requantise import activation_range, quantised_multiplier
from cutpoint.graph.stream.window import Axis

BLOCK = 4
"""Output channels whose weights lie together (firmware/core/stream/kernels/conv.cc)."""


def lower_conv(given: Lowering) -> LineOperator:
    """CONV_2D with weights [OC, KH, KW, IC] of one zero point 0."""
    read, made, options = given.activation(0), given.lines(given.output()), given.options
    weights = given.constant(1)
    out_channels, kernel_h, kernel_w, in_channels = weights.shape
    if weights.dtype != np.int8 or in_channels != read.channels:
        given.refuse("its weights are not int8, or in groups")
    rows = Axis.of(read.rows, made.rows, kernel_h, options.strideH, options.dilationHFactor, options.padding)
    columns = Axis.of(
        read.width, made.width, kernel_w, options.strideW, options.dilationWFactor, options.padding
    )
    in_scale, in_zero = given.quantisation(given.input(0))
    out_scale, out_zero = given.quantisation(given.output())
    scales = np.array(given.input(1).scales, np.float64)
    bias = given.constant(2).astype(np.int64) if given.has_input(2) else np.zeros(out_channels, np.int64)
    folded = bias - in_zero * weights.astype(np.int64).sum(axis=(1, 2, 3))
    factors = [
        quantised_multiplier(in_scale * float(scale) / out_scale)
        for scale in np.broadcast_to(scales, out_channels)
    ]
    least, most = activation_range(options.fusedActivationFunction, out_scale, out_zero)
    padding = -out_channels % BLOCK
    packed = np.pad(weights, ((0, padding), (0, 0), (0, 0), (0, 0))).reshape(
        -1, BLOCK, kernel_h, kernel_w, in_channels
    )
    fill = (0,) * padding
    return LineOperator(
        kind=Kind.CONV,
        inputs=(rows.reading(read.index),),
        outputs=(made.index,),
        units=made.rows,
        units_per_row=1,
        words=(
            *(rows.kernel, columns.kernel, rows.stride, columns.stride, rows.dilation, columns.dilation),
            *(rows.pad, columns.pad, in_zero, out_zero, least, most),
            *(int(value) for value in folded.astype(np.int32)),
            *fill,
            *(mantissa for mantissa, _ in factors),
            *fill,
            *(shift for _, shift in factors),
            *fill,
        ),
        blob=np.ascontiguousarray(packed.transpose(0, 2, 3, 4, 1)).tobytes(),
    )
