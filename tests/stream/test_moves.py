"""PAD, CONCATENATION, RESHAPE and its like, RESIZE_NEAREST_NEIGHBOR: equal to TFLM byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream

Draw = np.random.Generator


def any_shape(rng: Draw, most: int = 8) -> tuple[int, ...]:
    rows, width, channels = (int(size) for size in rng.integers(1, most, 3))
    return [(1, rows, width, channels), (1, rows, channels), (rows, channels), (channels,)][
        rng.integers(0, 4)
    ]


def padded(
    shape: Sequence[int], paddings: Sequence[Sequence[int]], zero_point: int = 0, value: int | None = None
) -> Model:
    kind = "PAD" if value is None else "PADV2"
    one = SingleOperator(kind, schema.PadOptionsT if value is None else schema.PadV2OptionsT, version=2)
    one.input(*shape, scale=0.25, zero_point=zero_point)
    one.constant(np.array(paddings, np.int32))
    if value is not None:
        one.constant(np.array([value], np.int8), 0.25, zero_point)
    out = [size + sum(pair) for size, pair in zip(shape, paddings, strict=True)]
    one.output(*out, scale=0.25, zero_point=zero_point)
    return one.model()


def test_padding_of_rows_columns_and_channels() -> None:
    rng = np.random.default_rng(31)
    for _ in range(130):
        shape = any_shape(rng)
        paddings = rng.integers(0, 4, (len(shape), 2)) * (rng.random((len(shape), 1)) < 0.6)
        if len(shape) > 2:
            paddings[0] = 0
        value = None if rng.random() < 0.6 else int(rng.integers(-128, 128))
        model = padded(shape, paddings.tolist(), int(rng.integers(-128, 128)), value)
        assert_same(model, random_given(model, rng))


def test_padding_of_the_batch_is_refused() -> None:
    with pytest.raises(StreamError, match="no picture"):
        compile_stream(padded((1, 1, 4, 2), [[0, 1], [0, 0], [0, 0], [0, 0]]))


def joined(shapes: Sequence[Sequence[int]], axis: int, dtype: str = "int8", last: float = 0.5) -> Model:
    one = SingleOperator("CONCATENATION", schema.ConcatenationOptionsT, version=2, axis=axis)
    whole = list(shapes[0])
    whole[axis] = sum(shape[axis] for shape in shapes)
    for place, shape in enumerate(shapes):
        one.input(*shape, scale=last if place == len(shapes) - 1 else 0.5, dtype=dtype)
    one.output(*whole, scale=0.5, dtype=dtype)
    return one.model()


def test_joining_along_rows_columns_and_channels() -> None:
    rng = np.random.default_rng(32)
    for _ in range(130):
        shape = list(any_shape(rng))
        axis = int(rng.integers(-1, len(shape)))
        if axis == 0 and len(shape) > 2:
            axis = -1
        shapes = []
        for _ in range(int(rng.integers(1, 5))):
            shapes.append([*shape])
            shapes[-1][axis] = int(rng.integers(1, 6))
        dtype = "int8" if rng.random() < 0.8 else "float32"
        model = joined(shapes, axis, dtype)
        assert_same(model, random_given(model, rng))


def test_joining_what_is_quantised_otherwise_is_refused() -> None:
    with pytest.raises(StreamError, match="quantised otherwise"):
        compile_stream(joined([(1, 2, 2, 1), (1, 2, 2, 1)], 3, last=0.25))


def reshaped(shape: Sequence[int], out: Sequence[int], kind: str = "RESHAPE", dtype: str = "int8") -> Model:
    if kind == "RESHAPE":
        one = SingleOperator(kind, schema.ReshapeOptionsT, newShape=list(out))
        one.input(*shape, dtype=dtype)
        one.constant(np.array(out, np.int32))
    elif kind == "SQUEEZE":
        one = SingleOperator(kind, schema.SqueezeOptionsT, squeezeDims=[])
        one.input(*shape, dtype=dtype)
    else:
        one = SingleOperator(kind, schema.ExpandDimsOptionsT)
        one.input(*shape, dtype=dtype)
        one.constant(np.array([1], np.int32))
    one.output(*out, dtype=dtype)
    return one.model()


def divided(rng: Draw, elements: int, parts: int) -> list[int]:
    """Sizes whose product is `elements`."""
    sizes = []
    for _ in range(parts - 1):
        divisors = [size for size in range(1, elements + 1) if elements % size == 0]
        sizes.append(int(rng.choice(divisors)))
        elements //= sizes[-1]
    return [*sizes, elements]


def test_any_shape_becomes_any_other() -> None:
    rng = np.random.default_rng(33)
    for _ in range(130):
        shape = any_shape(rng, 13)
        parts = int(rng.integers(1, 5))
        out = divided(rng, prod(shape), min(parts, 3))
        if parts > 2:
            out = [1, *out]
        if len(out) == 4 or len(out) < 3:
            model = reshaped(shape, out, dtype="int8" if rng.random() < 0.8 else "float32")
            assert_same(model, random_given(model, rng))


def test_squeezing_and_expanding() -> None:
    rng = np.random.default_rng(34)
    for kind, shape, out in (
        ("SQUEEZE", (1, 5, 1, 3), (5, 3)),
        ("SQUEEZE", (1, 1, 1, 7), (7,)),
        ("EXPAND_DIMS", (1, 5, 3), (1, 1, 5, 3)),
        ("EXPAND_DIMS", (4, 3), (4, 1, 3)),
    ):
        if out[0] != 1 and len(out) > 2:
            continue
        model = reshaped(shape, out, kind)
        assert_same(model, random_given(model, rng))


def test_flattening_waits_for_one_line() -> None:
    plan = compile_stream(reshaped((1, 40, 10, 6), (1, 2400)))
    assert plan.fed_lines == (1,)


def resized(
    shape: tuple[int, int, int], size: tuple[int, int], corners: bool, centers: bool, dtype: str = "int8"
) -> Model:
    one = SingleOperator(
        "RESIZE_NEAREST_NEIGHBOR",
        schema.ResizeNearestNeighborOptionsT,
        version=3,
        alignCorners=corners,
        halfPixelCenters=centers,
    )
    one.input(1, *shape, dtype=dtype)
    one.constant(np.array(size, np.int32))
    one.output(1, *size, shape[2], dtype=dtype)
    return one.model()


def test_any_size_becomes_any_other() -> None:
    rng = np.random.default_rng(35)
    for _ in range(130):
        rows, width, channels = (int(size) for size in rng.integers(1, 17, 3))
        size = tuple(int(size) for size in rng.integers(1, 40, 2))
        if rng.random() < 0.3:
            size = 2 * rows, 3 * width
        corners, centers = bool(rng.integers(0, 2)), bool(rng.integers(0, 2))
        model = resized((rows, width, channels), (size[0], size[1]), corners, centers)
        assert_same(model, random_given(model, rng))


def test_doubling_waits_for_one_line() -> None:
    plan = compile_stream(resized((30, 4, 2), (60, 8), False, False))
    assert plan.fed_lines == (1,)
