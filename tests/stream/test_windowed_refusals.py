"""What the Stream engine does not run of convolutions and their like is refused in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream

CONV = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "padding": 0}


def conv(
    *,
    weights: Any = None,
    dtype: str = "int8",
    zero_point: int = 0,
    scales: Any = 0.02,
    bias: Any = None,
    shape: tuple[int, ...] = (1, 6, 6, 4),
    made: tuple[int, ...] = (1, 6, 6, 2),
) -> Model:
    one = SingleOperator("CONV_2D", schema.Conv2DOptionsT, **CONV)
    one.input(*shape, dtype=dtype)
    one.constant(np.ones((2, 3, 3, 4), np.int8) if weights is None else weights, scales, zero_point)
    if bias is not None:
        one.constant(bias)
    one.output(*made, dtype=dtype)
    return one.model()


def refused(model: Model) -> str:
    with pytest.raises(StreamError) as caught:
        compile_stream(model)
    assert caught.value.largest_cut == 0
    return str(caught.value)


def test_a_convolution_in_groups_is_refused() -> None:
    assert "2 of 4 input channels: it works in groups" in refused(
        conv(weights=np.ones((2, 3, 3, 2), np.int8))
    )


def test_activations_of_16_bits_are_refused() -> None:
    assert "it works on int16" in refused(conv(dtype="int16"))


def test_floats_are_refused() -> None:
    assert "it works on float32" in refused(conv(dtype="float32", weights=np.ones((2, 3, 3, 4), np.float32)))


def test_weights_of_another_type_are_refused() -> None:
    assert "its weights are int16 of 4 dimensions" in refused(conv(weights=np.ones((2, 3, 3, 4), np.int16)))


def test_weights_with_a_zero_point_are_refused() -> None:
    assert "zero point other than 0" in refused(conv(zero_point=3))


def test_biases_of_64_bits_are_refused() -> None:
    assert "it has 2 biases of int64" in refused(conv(bias=np.zeros(2, np.int64)))


def test_an_output_of_another_shape_than_the_window_makes_is_refused() -> None:
    assert "[1, 6, 6, 2] is expected" in refused(conv(made=(1, 5, 6, 2)))


def test_computed_weights_are_refused() -> None:
    one = SingleOperator("CONV_2D", schema.Conv2DOptionsT, **CONV)
    one.input(1, 6, 6, 4)
    one.input(2, 3, 3, 4)
    one.output(1, 6, 6, 2)
    assert "its input 1 is computed, and must be a constant" in refused(one.model())


def test_a_depthwise_multiplier_that_the_weights_do_not_have_is_refused() -> None:
    one = SingleOperator("DEPTHWISE_CONV_2D", schema.DepthwiseConv2DOptionsT, depthMultiplier=2, **CONV)
    one.input(1, 6, 6, 4)
    one.constant(np.ones((1, 3, 3, 4), np.int8), 0.02)
    one.output(1, 6, 6, 4)
    assert "and the multiplier 2 [1, height, width, 8] is expected" in refused(one.model())


def test_vectors_that_are_no_lines_of_the_input_are_refused() -> None:
    one = SingleOperator("FULLY_CONNECTED", schema.FullyConnectedOptionsT)
    one.input(1, 4, 4, 2)
    one.constant(np.ones((3, 4), np.int8), 0.02)
    one.output(8, 3)
    assert "take 4 elements at a time, which is neither a pixel nor lines" in refused(one.model())
