"""Tensors, tables and models that Hypothesis thinks of, for the tests of rans and delta.

It draws the structure and a seed; what is long (frequencies, quantisers) comes from the seed, since drawing it is slow.
"""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from quantisers import tensors_of
from rans_reference import AVERAGE, CHANGE, GRADIENT, REFERENCE, Model, Table, Tensor

MODEL_ID = b"\xc0\xff\xee\x42"
TOTAL = 4096
LOSSLESS = np.arange(256, dtype=np.uint8) ^ 0x80


def frequencies(seed: random.Random, count: int) -> tuple[int, ...]:
    """Even, random, or all but one as rare as can be."""
    kind = seed.choice(["even", "random", "one"])
    if kind == "one":
        only = seed.randrange(count)
        return tuple(TOTAL - count + 1 if i == only else 1 for i in range(count))
    if kind == "even":
        return tuple(TOTAL // count + (i < TOTAL % count) for i in range(count))
    cuts = [0, *sorted(seed.sample(range(1, TOTAL), count - 1)), TOTAL]
    return tuple(b - a for a, b in pairwise(cuts))


def quantiser(seed: random.Random, levels: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """With 256 levels a permutation, so that nothing is lost; with fewer anything."""
    if levels == 256:
        to_value = np.array(seed.sample(range(256), 256), np.uint8)
        return np.argsort(to_value).astype(np.uint8), to_value
    to_level = np.array([seed.randrange(levels) for _ in range(256)], np.uint8)
    return to_level, np.array([seed.randrange(256) for _ in range(levels)], np.uint8)


@st.composite
def models(
    draw: st.DrawFn, seed: random.Random, levels: int, channels: int, *, changes: bool, slices: bool
) -> Model:
    """Any model that the page allows for so many levels and channels."""
    thresholds = tuple(sorted(draw(st.sets(st.sampled_from([1, 2, 3, 10, 40, 200, 255]), max_size=3))))
    count = draw(st.integers(1, 4))
    groups = tuple(seed.randrange(count) for _ in range(channels)) if count > 1 else None
    tables = []
    for _ in range(count * (len(thresholds) + 1)):
        symbols = seed.choice([1, levels, (levels + 1) // 2, seed.randint(1, levels)])
        counted = symbols if symbols == levels else symbols + 1
        tables.append(Table(seed.randrange(levels), frequencies(seed, counted)))
    return Model(
        tuple(tables),
        draw(st.integers(0, REFERENCE if changes else AVERAGE)),
        draw(st.integers(0, CHANGE if changes else GRADIENT)),
        thresholds,
        groups,
        sliced=slices and draw(st.booleans()),
    )


@st.composite
def tensors(draw: st.DrawFn, *, delta: bool = False) -> tuple[Tensor, list[bytes]]:
    """A tensor's tables, and three frames of it: random, constant, extreme, or near to each other."""
    seed = random.Random(draw(st.integers(0, 1 << 32)))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.sampled_from([1, 2, 3, 8])))
    levels = draw(st.sampled_from([1, 2, 3, 16, 17, 255, 256, 0]))
    to_level, to_value = quantiser(seed, levels) if levels != 0 else (LOSSLESS, LOSSLESS)
    levels = len(to_value)
    chosen = [draw(models(seed, levels, shape[2], changes=False, slices=not delta))]
    if delta:
        chosen.append(draw(models(seed, levels, shape[2], changes=True, slices=False)))
    # Mostly a level that an element has: without one nothing is coded.
    zero = seed.randrange(levels) if draw(st.integers(0, 9)) == 0 else int(to_level[seed.randrange(256)])
    tensor = Tensor(
        shape,
        to_level,
        to_value,
        zero,
        tuple(chosen),
        draw(st.sampled_from([1, 2])),
        draw(st.sampled_from([0, 1, 5, 255])) if delta else 0,
    )
    first = draw(tensors_of(shape))
    near = bytearray(first)
    for _ in range(draw(st.integers(0, 4))):
        near[seed.randrange(len(near))] = seed.randrange(256)
    return tensor, [first, bytes(near), draw(tensors_of(shape))]
