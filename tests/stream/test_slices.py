"""STRIDED_SLICE, SLICE, SPLIT and SPLIT_V, equal to TFLM byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

from cutpoint import Model
from cutpoint.graph.stream import StreamError, compile_stream

Draw = np.random.Generator
Begins = Sequence[int]


def any_shape(rng: Draw) -> tuple[int, ...]:
    rows, width, channels = (int(size) for size in rng.integers(1, 9, 3))
    return [(1, rows, width, channels), (1, rows, channels), (rows, channels), (channels,)][
        rng.integers(0, 4)
    ]


def strided(
    shape: Sequence[int],
    begins: Sequence[int],
    ends: Sequence[int],
    strides: Sequence[int],
    masks: tuple[int, int, int] = (0, 0, 0),
    dtype: str = "int8",
) -> Model:
    one = SingleOperator(
        "STRIDED_SLICE",
        schema.StridedSliceOptionsT,
        version=2,
        beginMask=masks[0],
        endMask=masks[1],
        shrinkAxisMask=masks[2],
    )
    one.input(*shape, dtype=dtype)
    for given in (begins, ends, strides):
        one.constant(np.array(given, np.int32))
    taken: list[slice | int] = []
    for place, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        if masks[2] >> place & 1:
            taken.append(begin)
        else:
            taken.append(
                slice(
                    None if masks[0] >> place & 1 else begin, None if masks[1] >> place & 1 else end, stride
                )
            )
    out = np.zeros(shape, np.int8)[tuple(taken)].shape
    one.output(*out, dtype=dtype)
    return one.model()


def test_any_begins_ends_and_strides() -> None:
    rng = np.random.default_rng(41)
    ran = 0
    while ran < 130:
        shape = any_shape(rng)
        begins, ends, strides = [], [], []
        for size in shape:
            stride = int(rng.choice([1, 1, 1, 2, 3, -1, -2]))
            first, last = sorted(int(place) for place in rng.integers(0, size + 1, 2))
            first, last = (first, last) if stride > 0 else (last - 1, first - 1)
            begins.append(first - size if rng.random() < 0.2 and first > 0 else first)
            ends.append(last)
            strides.append(stride)
        whole = np.zeros(shape, np.int8)[
            tuple(
                slice(begin, None if end < 0 else end, stride)
                for begin, end, stride in zip(begins, ends, strides, strict=True)
            )
        ]
        if (
            0 in whole.shape
            or any(end < 0 for end in ends)
            or any(begin < -size for begin, size in zip(begins, shape, strict=True))
        ):
            continue
        if len(shape) > 2 and shape[0] != whole.shape[0]:
            continue
        ran += 1
        dtype = "int8" if rng.random() < 0.8 else "float32"
        model = strided(shape, begins, ends, strides, dtype=dtype)
        assert_same(model, random_given(model, rng))


@pytest.mark.parametrize(
    ("shape", "begins", "ends", "strides", "masks"),
    [
        ((1, 9, 4), (0, -1, 0), (0, 0, 0), (1, 1, 1), (0b101, 0b101, 0b010)),
        ((1, 6, 5, 3), (0, 0, 0, 1), (0, 0, 0, 2), (1, 1, 1, 1), (0b0111, 0b0111, 0b1000)),
        ((1, 6, 5, 8), (0, 0, 0, 4), (0, 0, 0, 8), (1, 1, 1, 1), (0b0111, 0b0111, 0)),
        ((1, 6, 5, 8), (0, 5, 4, 7), (0, 0, 0, 0), (1, -1, -2, -3), (0b0001, 0b1111, 0)),
        ((1, 6, 5, 8), (0, 0, 0, 0), (0, 0, 0, 0), (1, 2, 2, 1), (0b1111, 0b1111, 0)),
    ],
)
def test_masks(
    shape: Begins, begins: Begins, ends: Begins, strides: Begins, masks: tuple[int, int, int]
) -> None:
    model = strided(shape, begins, ends, strides, masks)
    assert_same(model, random_given(model, np.random.default_rng(1)))


def test_a_dropped_row_is_refused() -> None:
    with pytest.raises(StreamError, match="rows where its input has none"):
        compile_stream(strided((1, 6, 5, 8), (0, 2, 0, 0), (1, 3, 5, 8), (1, 1, 1, 1), (0, 0, 0b0010)))


def test_any_slice() -> None:
    rng = np.random.default_rng(42)
    for _ in range(130):
        shape = any_shape(rng)
        begins = [int(rng.integers(0, size)) for size in shape]
        if len(shape) > 2:
            begins[0] = 0
        sizes = [int(rng.integers(1, size - begin + 1)) for size, begin in zip(shape, begins, strict=True)]
        one = SingleOperator("SLICE", schema.SliceOptionsT, version=2)
        one.input(*shape)
        one.constant(np.array(begins, np.int32))
        one.constant(np.array(sizes, np.int32))
        one.output(*sizes)
        model = one.model()
        assert_same(model, random_given(model, rng))


def split(shape: Sequence[int], axis: int, sizes: Sequence[int], *, even: bool) -> Model:
    one = SingleOperator(
        "SPLIT" if even else "SPLIT_V",
        schema.SplitOptionsT if even else schema.SplitVOptionsT,
        version=2,
        numSplits=len(sizes),
    )
    place = np.array(axis, np.int32)
    if even:
        one.constant(place)
        one.input(*shape)
    else:
        one.input(*shape)
        one.constant(np.array(sizes, np.int32))
        one.constant(place)
    for size in sizes:
        out = list(shape)
        out[axis] = size
        one.output(*out)
    return one.model()


def test_any_split_of_columns_and_channels_and_even_ones_of_rows() -> None:
    rng = np.random.default_rng(43)
    for _ in range(130):
        shape = list(any_shape(rng))
        parts, even = int(rng.integers(1, 5)), bool(rng.integers(0, 2))
        axis = int(rng.integers(-min(len(shape), 2), 0))
        rows = len(shape) < 4 and axis == -2
        sizes = [int(rng.integers(1, 4))] * parts
        if not even and not rows:
            sizes = [int(size) for size in rng.integers(1, 5, parts)]
        shape[axis] = sum(sizes)
        model = split(shape, axis, sizes, even=even)
        assert_same(model, random_given(model, rng))


def test_an_uneven_split_of_rows_is_refused() -> None:
    with pytest.raises(StreamError, match="different numbers of rows"):
        compile_stream(split((1, 5, 4, 2), 1, (2, 3), even=False))
