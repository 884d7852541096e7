"""Digit glyphs: scikit-learn's 8x8 handwritten digits, split by sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.fomo_digits.backgrounds import Half
from models.needs import need

SPLIT_SEED = 20_240_917
TEST_SHARE = 1 / 3
GLYPH_LEVELS = 16
"""Ink runs from 0 to 16 in the data set (counts of set pixels in a 4x4 block of the scan)."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Samples of one half.

    `ink` is (S, 8, 8) uint8, scaled to 0..255; `labels` and `indices` (in the data set) are (S,) int64.
    """

    ink: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]


def split_indices(labels: npt.NDArray[np.int64], half: Half) -> npt.NDArray[np.int64]:
    """Sample numbers of one half, ascending; a third of every class is test, drawn by `SPLIT_SEED`."""
    rng = np.random.default_rng(SPLIT_SEED)
    chosen = []
    for label in range(10):
        members = rng.permutation(np.flatnonzero(labels == label))
        tests = round(len(members) * TEST_SHARE)
        chosen.append(members[:tests] if half == "test" else members[tests:])
    return np.sort(np.concatenate(chosen))


def load(half: Half) -> Glyphs:
    """The glyphs of one half; the two halves share no sample."""
    digits = need("sklearn.datasets").load_digits()
    indices = split_indices(digits.target, half)
    ink = np.round(digits.images[indices] * (255 / GLYPH_LEVELS)).astype(np.uint8)
    return Glyphs(ink, digits.target[indices].astype(np.int64), indices)
