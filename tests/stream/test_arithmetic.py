"""ADD, SUB and MUL: every shape that spreads, on either side, computed or constant, equal to TFLM byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

OPTIONS = {"ADD": schema.AddOptionsT, "SUB": schema.SubOptionsT, "MUL": schema.MulOptionsT}
ACTIVATIONS = (0, 1, 2, 3)


def scale(rng: np.random.Generator) -> float:
    """A scale as converters make them, and now and then an extreme one."""
    return float(np.float32(2.0 ** rng.uniform(-9, 3)))


def zero_point(rng: np.random.Generator) -> int:
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128)]))


def output_shape(rng: np.random.Generator) -> tuple[int, ...]:
    rows, width, channels = (int(size) for size in rng.integers(1, 7, 3))
    return [(1, rows, width, channels), (1, rows, channels), (rows, channels), (channels,)][
        rng.integers(0, 4)
    ]


def spread(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape itself, or one that spreads over it."""
    way = rng.integers(0, 4)
    if way == 0:
        return shape
    if way == 1:
        return (*(1,) * (len(shape) - 1), shape[-1])
    return tuple(size if rng.random() < 0.5 else 1 for size in shape)


def two_operands(
    kind: str, rng: np.random.Generator, first: tuple[int, ...], second: tuple[int, ...], constant: int | None
) -> SingleOperator:
    made = np.broadcast_shapes(first, second)
    one = SingleOperator(kind, OPTIONS[kind], version=2, fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
    scales = [scale(rng), scale(rng)]
    for place, shape in enumerate((first, second)):
        if place == constant:
            data = rng.integers(-128, 128, shape).astype(np.int8)
            one.constant(data, scales[place], zero_point(rng))
        else:
            one.input(*shape, scale=scales[place], zero_point=zero_point(rng))
    real = scales[0] * scales[1] * 64 if kind == "MUL" else max(scales)
    one.output(*made, scale=float(np.float32(real * 2 ** rng.uniform(-3, 3))), zero_point=zero_point(rng))
    return one


@pytest.mark.parametrize("kind", OPTIONS)
def test_any_operands_that_spread_over_each_other(kind: str) -> None:
    rng = np.random.default_rng([5, *kind.encode()])
    for _ in range(150):
        shape = output_shape(rng)
        first, second = shape, spread(rng, shape)
        if rng.random() < 0.3:
            first = spread(rng, shape)
        if rng.random() < 0.5:
            first, second = second, first
        constant = [None, 0, 1][rng.integers(0, 3)]
        model = two_operands(kind, rng, first, second, constant).model()
        assert_same(model, random_given(model, rng))
