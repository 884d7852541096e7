"""MAX_POOL_2D and AVERAGE_POOL_2D, equal to TFLM byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream

SAME, VALID = 0, 1
KINDS = ("MAX_POOL_2D", "AVERAGE_POOL_2D")


def pool(
    kind: str,
    shape: tuple[int, int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: int,
    activation: int = 0,
    read: tuple[float, int] = (0.05, 3),
    made: tuple[float, int] | None = None,
) -> Model:
    one = SingleOperator(
        kind,
        schema.Pool2DOptionsT,
        version=2,
        filterHeight=window[0],
        filterWidth=window[1],
        strideH=strides[0],
        strideW=strides[1],
        padding=padding,
        fusedActivationFunction=activation,
    )
    out = [
        -(-size // stride) if padding == SAME else -(-(size - taps + 1) // stride)
        for size, taps, stride in zip(shape[:2], window, strides, strict=True)
    ]
    made = made or read
    one.input(1, *shape, scale=read[0], zero_point=read[1])
    one.output(1, *out, shape[2], scale=made[0], zero_point=made[1])
    return one.model()


@pytest.mark.parametrize("kind", KINDS)
def test_any_window_stride_and_padding(kind: str) -> None:
    rng = np.random.default_rng([3, *kind.encode()])
    for _ in range(130):
        rows, width = (int(size) for size in rng.integers(1, 14, 2))
        channels = int(rng.choice([1, 2, 3, 7, 16, 17, 40]))
        padding = int(rng.choice([SAME, VALID]))
        window = tuple(
            int(rng.integers(1, (size if padding == VALID else size + 4) + 1)) for size in (rows, width)
        )
        strides = tuple(int(stride) for stride in rng.integers(1, 5, 2))
        scale = float(np.float32(2.0 ** rng.uniform(-7, 1)))
        model = pool(
            kind,
            (rows, width, channels),
            (window[0], window[1]),
            (strides[0], strides[1]),
            padding,
            int(rng.integers(0, 4)),
            (scale, int(rng.integers(-128, 128))),
        )
        assert_same(model, random_given(model, rng))


def test_means_that_lie_between_two_numbers() -> None:
    given = np.array([[1, 2], [-1, -2], [127, 126], [-128, -127]], np.int8)
    model = pool("AVERAGE_POOL_2D", (4, 2, 1), (1, 2), (1, 2), VALID)
    assert_same(model, [given.reshape(1, 4, 2, 1)])


def test_a_pool_that_scales_is_refused_as_tflm_refuses_it() -> None:
    with pytest.raises(StreamError, match="quantised otherwise"):
        compile_stream(pool("MAX_POOL_2D", (4, 4, 1), (2, 2), (2, 2), VALID, read=(0.5, 0), made=(0.25, 0)))
    with pytest.raises(StreamError, match="quantised otherwise"):
        compile_stream(pool("MAX_POOL_2D", (4, 4, 1), (2, 2), (2, 2), VALID, read=(0.5, 0), made=(0.5, 1)))


def test_a_pool_of_two_rows_waits_for_two() -> None:
    plan = compile_stream(pool("MAX_POOL_2D", (64, 8, 4), (2, 2), (2, 2), VALID))
    assert plan.fed_lines == (2,)
