"""MEAN and SUM over rows, columns and both, equal to TFLM byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream


def reduction(
    kind: str,
    shape: Sequence[int],
    axes: Sequence[int],
    keep: bool,
    read: tuple[float, int] = (0.05, 3),
    made: tuple[float, int] = (0.04, -7),
) -> Model:
    one = SingleOperator(kind, schema.ReducerOptionsT, version=2, keepDims=keep)
    one.input(*shape, scale=read[0], zero_point=read[1])
    one.constant(np.array(axes, np.int32))
    gone = {axis % len(shape) for axis in axes}
    out = [1 if place in gone else size for place, size in enumerate(shape) if keep or place not in gone]
    one.output(*out, scale=made[0], zero_point=made[1])
    return one.model()


@pytest.mark.parametrize("kind", ["MEAN", "SUM"])
def test_any_axes_scales_and_shapes(kind: str) -> None:
    rng = np.random.default_rng([23, *kind.encode()])
    ways = [
        ((1, 2), True),
        ((1, 2), False),
        ((2, 1), True),
        ((-2, -3), False),
        ((1,), True),
        ((2,), True),
        ((2,), False),
    ]
    for _ in range(130):
        axes, keep = ways[rng.integers(0, len(ways))]
        shape = [1, *(int(size) for size in rng.integers(1, 12, 3))]
        if rng.random() < 0.2 and len(axes) == 1:
            shape, axes = [1, shape[1], shape[3]], (1,)
        elif axes == (1,):
            keep = True
        scale = float(np.float32(2.0 ** rng.uniform(-9, 2)))
        count = np.prod([shape[axis] for axis in axes]) if kind == "SUM" else 1
        out = float(np.float32(scale * count**0.5 * 2.0 ** rng.uniform(-2, 2)))
        zeros = [int(rng.choice([-128, 127, 0, rng.integers(-128, 128)])) for _ in range(2)]
        model = reduction(kind, shape, axes, keep, (scale, zeros[0]), (out, zeros[1]))
        assert_same(model, random_given(model, rng))


def test_a_global_mean_keeps_sums_and_one_line() -> None:
    plan = compile_stream(reduction("MEAN", (1, 50, 10, 64), (1, 2), True))
    assert plan.fed_lines == (1,)
    assert plan.layouts[-1].head_bytes == 64 + 4 * 64


def test_extreme_pictures_of_many_elements() -> None:
    for value in (-128, 127):
        given = np.full((1, 96, 96, 3), value, np.int8)
        for zero in (-128, 127):
            model = reduction("MEAN", given.shape, (1, 2), False, (0.05, zero), (0.05, zero))
            assert_same(model, [given])


def test_a_mean_over_channels_is_refused() -> None:
    with pytest.raises(StreamError, match="sums up channels"):
        compile_stream(reduction("MEAN", (1, 4, 4, 3), (3,), True))


def test_rows_that_are_dropped_are_refused() -> None:
    with pytest.raises(StreamError, match="rows where its input has none"):
        compile_stream(reduction("MEAN", (1, 4, 5, 3), (1,), False))
