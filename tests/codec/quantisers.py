"""Quantisers and tensors to code: ordinary ones, extremes, and what Hypothesis thinks of."""

from __future__ import annotations

from hypothesis import strategies as st

from cutpoint.codec import Quantiser

MODEL = b"\xc0\xff\xee\x42"


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
        to_value = bytes(draw(st.permutations(range(256))))
        to_level = bytes(to_value.index(value) for value in range(256))
        return Quantiser(to_level, to_value, zero_level)
    seed = draw(st.randoms(use_true_random=False))
    to_level = bytes(seed.randrange(levels) for _ in range(256))
    return Quantiser(to_level, draw(st.binary(min_size=levels, max_size=levels)), zero_level)


def tensors_of(shape: tuple[int, int, int]) -> st.SearchStrategy[bytes]:
    """Random, constant and extreme ones."""
    size = shape[0] * shape[1] * shape[2]
    ramp = bytes(at % 256 for at in range(size))
    chess = bytes(0x80 if at % 2 else 0x7F for at in range(size))
    constant = st.sampled_from([0, 0x7F, 0x80, 0xFF]).map(lambda value: bytes([value]) * size)
    return st.binary(min_size=size, max_size=size) | constant | st.sampled_from([ramp, ramp[::-1], chess])
