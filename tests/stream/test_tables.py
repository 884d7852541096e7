"""Operators of one element each: all 256 inputs at hundreds of scales, equal to TFLM byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, by_stream, by_tflm

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream

Draw = np.random.Generator
EVERY_INT8 = np.arange(-128, 128).astype(np.int8)
EVERY_UINT8 = np.arange(256).astype(np.uint8)


def scale(rng: Draw, least: float = -9, most: float = 2) -> float:
    return float(np.float32(2.0 ** rng.uniform(least, most)))


def zero_point(rng: Draw) -> int:
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128)]))


def unary(
    kind: str,
    read: tuple[float | None, int],
    made: tuple[float | None, int],
    options: type | None = None,
    dtypes: tuple[str, str] = ("int8", "int8"),
    **fields: object,
) -> Model:
    one = SingleOperator(kind, options, version=2, **fields)
    one.input(1, 16, 4, 4, scale=read[0], zero_point=read[1], dtype=dtypes[0])
    one.output(1, 16, 4, 4, scale=made[0], zero_point=made[1], dtype=dtypes[1])
    return one.model()


def relu(rng: Draw) -> Model:
    return unary("RELU", (scale(rng), zero_point(rng)), (scale(rng), zero_point(rng)))


def relu6(rng: Draw) -> Model:
    same = scale(rng), zero_point(rng)
    return unary("RELU6", same, same if rng.random() < 0.5 else (scale(rng), zero_point(rng)))


def leaky_relu(rng: Draw) -> Model:
    alpha = float(np.float32(rng.choice([0.0, 0.1, 0.3, 1.5, rng.uniform(0, 2)])))
    made = scale(rng), zero_point(rng)
    return unary("LEAKY_RELU", (scale(rng), zero_point(rng)), made, schema.LeakyReluOptionsT, alpha=alpha)


def hard_swish(rng: Draw) -> Model:
    read = scale(rng, -9, 3)
    # The kernel asks for a multiplier of at most 1.
    made = float(np.float32(read / 128 * 2.0 ** rng.uniform(0.01, 12)))
    return unary("HARD_SWISH", (read, zero_point(rng)), (made, zero_point(rng)))


def logistic(rng: Draw) -> Model:
    return unary("LOGISTIC", (scale(rng, -12, 5), zero_point(rng)), (1 / 256, -128))


def tanh(rng: Draw) -> Model:
    return unary("TANH", (scale(rng, -12, 5), zero_point(rng)), (1 / 128, 0))


def requantize(rng: Draw) -> Model:
    read = scale(rng)
    made = read if rng.random() < 0.2 else scale(rng)
    return unary("QUANTIZE", (read, zero_point(rng)), (made, zero_point(rng)), schema.QuantizeOptionsT)


def dequantize(rng: Draw) -> Model:
    dtypes = ("int8", "float32")
    read = scale(rng, -20, 20), zero_point(rng)
    return unary("DEQUANTIZE", read, (None, 0), schema.DequantizeOptionsT, dtypes)


@pytest.mark.parametrize(
    "draw", [relu, relu6, leaky_relu, hard_swish, logistic, tanh, requantize, dequantize]
)
def test_all_inputs_at_hundreds_of_scales(draw: Callable[[Draw], Model]) -> None:
    rng = np.random.default_rng([7, *draw.__name__.encode()])
    for _ in range(120):
        assert_same(draw(rng), [EVERY_INT8.reshape(1, 16, 4, 4)])


@pytest.mark.parametrize("made", ["int8", "float32"])
def test_uint8_is_quantised_and_dequantised(made: str) -> None:
    rng = np.random.default_rng(11)
    kind, options = ("QUANTIZE", schema.QuantizeOptionsT)
    if made == "float32":
        kind, options = ("DEQUANTIZE", schema.DequantizeOptionsT)
    for place in range(100):
        read = scale(rng), int(rng.integers(0, 256))
        out = (read[0], read[1] - 128) if place % 2 else (scale(rng), zero_point(rng))
        model = unary(kind, read, out, options, ("uint8", made))
        assert_same(model, [EVERY_UINT8.reshape(1, 16, 4, 4)])


def test_int8_becomes_uint8() -> None:
    rng = np.random.default_rng(12)
    for place in range(100):
        read = scale(rng), zero_point(rng)
        out = (read[0], read[1] + 128) if place % 2 else (scale(rng), int(rng.integers(0, 256)))
        model = unary("QUANTIZE", read, out, schema.QuantizeOptionsT, ("int8", "uint8"))
        assert_same(model, [EVERY_INT8.reshape(1, 16, 4, 4)])


def test_floats_are_quantised_halves_and_signs_included() -> None:
    rng = np.random.default_rng(13)
    for _ in range(100):
        step, zero = scale(rng, -20, 20), zero_point(rng)
        model = unary("QUANTIZE", (None, 0), (step, zero), schema.QuantizeOptionsT, ("float32", "int8"))
        halves = np.float32(step) * (rng.integers(-300, 300, 128).astype(np.float32) / 2)
        others = rng.normal(0, 100, 128).astype(np.float32) * np.float32(step)
        given = np.concatenate([halves, others]).astype(np.float32)
        given[:4] = 0.0, -0.0, np.float32(step) * 1e6, np.float32(step) * -1e6
        assert_same(model, [given.reshape(1, 16, 4, 4)])


def test_what_is_no_int32_is_the_nearest_int8() -> None:
    model = unary("QUANTIZE", (None, 0), (0.5, 3), schema.QuantizeOptionsT, ("float32", "int8"))
    given = np.zeros((1, 16, 4, 4), np.float32)
    given.flat[:6] = np.inf, -np.inf, 3e38, -3e38, np.nan, 1e-40
    made = np.frombuffer(by_stream(model, [given], fed=False)[0], np.int8)
    assert made[:7].tolist() == [127, -128, 127, -128, -128, 3, 3]


def test_what_tflm_refuses_is_refused() -> None:
    with pytest.raises(StreamError, match="zero point is not -128"):
        compile_stream(unary("LOGISTIC", (0.1, 0), (1 / 256, 0)))
    with pytest.raises(StreamError, match="too far apart"):
        compile_stream(unary("HARD_SWISH", (0.1, 0), (1e-4, 0)))


def test_a_leaky_relu_that_falls() -> None:
    model = unary("LEAKY_RELU", (0.1, 3), (0.05, -4), schema.LeakyReluOptionsT, alpha=-0.7)
    given = [EVERY_INT8.reshape(1, 16, 4, 4)]
    assert by_stream(model, given, fed=False) == by_tflm(model, given)
