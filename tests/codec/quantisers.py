"""Quantisers, models and tensors to code: ordinary ones, extremes, and what Hypothesis thinks of."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import strategies as st

from cutpoint.codec import Activity, Prediction, Quantiser, RansModel, RansTable

MODEL = b"\xc0\xff\xee\x42"

# What Hypothesis draws number by number takes it long: large tables come of one number.
seeds = st.integers(0, 2**32 - 1).map(Random)


def uniform(levels: int) -> Quantiser:
    """Equal ranges of the element as an unsigned byte."""
    to_level = bytes(value * levels // 256 for value in range(256))
    to_value = bytes((level * 256 + 128) // levels for level in range(levels))
    return Quantiser(to_level, to_value, levels // 2)


@st.composite
def quantisers(draw: st.DrawFn) -> Quantiser:
    """With 256 levels a permutation, so that nothing is lost; with fewer anything."""
    levels = draw(st.sampled_from([1, 2, 3, 4, 7, 16, 17, 128, 255, 256]) | st.integers(1, 256))
    zero_level = draw(st.integers(0, levels - 1))
    if levels == 256:
        to_value = bytes(draw(seeds).sample(range(256), 256))
        to_level = bytes(to_value.index(value) for value in range(256))
        return Quantiser(to_level, to_value, zero_level)
    seed = draw(seeds)
    to_level = bytes(seed.randrange(levels) for _ in range(256))
    return Quantiser(to_level, bytes(seed.randrange(256) for _ in range(levels)), zero_level)


def tensors_of(shape: tuple[int, int, int]) -> st.SearchStrategy[bytes]:
    """Random, constant and extreme ones."""
    size = shape[0] * shape[1] * shape[2]
    ramp = bytes(at % 256 for at in range(size))
    chess = bytes(0x80 if at % 2 else 0x7F for at in range(size))
    constant = st.sampled_from([0, 0x7F, 0x80, 0xFF]).map(lambda value: bytes([value]) * size)
    return st.binary(min_size=size, max_size=size) | constant | st.sampled_from([ramp, ramp[::-1], chess])


@st.composite
def rans_tables(draw: st.DrawFn, levels: int) -> RansTable:
    """Any frequencies; seldom a symbol for every level."""
    symbols = draw(st.integers(1, min(levels, 40)) | st.just(levels))
    count = symbols if symbols == levels else symbols + 1
    cuts = sorted(draw(seeds).sample(range(1, 4096), count - 1))
    edges = [0, *cuts, 4096]
    return RansTable(draw(st.integers(0, levels - 1)), tuple(b - a for a, b in pairwise(edges)))


@st.composite
def rans_models(draw: st.DrawFn, levels: int, channels: int, changes: bool = False) -> RansModel:
    """Every prediction, activity, number of contexts, groups and slices."""
    last = 4 if changes else 3
    thresholds = tuple(sorted(draw(st.sets(st.integers(1, 255), max_size=3))))
    count = draw(st.integers(1, 4))
    groups = None
    if count > 1:
        groups = bytes(draw(st.lists(st.integers(0, count - 1), min_size=channels, max_size=channels)))
    tables = [draw(rans_tables(levels)) for _ in range(count * (len(thresholds) + 1))]
    return RansModel(
        Prediction(draw(st.integers(0, last))),
        Activity(draw(st.integers(0, 2 if changes else 1))),
        thresholds,
        tuple(tables),
        groups,
        not changes and draw(st.booleans()),
    )
