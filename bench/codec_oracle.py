"""The lossless coder against entropy: an independent coder with an order-0 table of the same kind of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.codec_bytes import BLOCK_4
from bench.codec_scenes import recipe_scenes
from bench.figure import Figure
from cutpoint.graph import Bundle
from host_tools.codec_bench import Halves, Live, Row

MOST_ABOVE = 1.03
SMOOTHING = 0.05
"""Added to each count, so that a byte that no training scene showed can still be coded."""


def order_0(bundle: Bundle, row: Row, frames: Sequence[Live], train_scenes: int) -> Figure:
    """Data bytes of the lossless setting, against constriction's ANS coder with one table for all elements.

    The table is fitted on scenes of the train half, as the calibration's are, and neither predicts nor looks round.
    """
    import constriction

    halves = Halves(bundle, recipe_scenes("train", train_scenes), [BLOCK_4])
    seen = np.concatenate([_levels(frame) for frame in halves.live(BLOCK_4)])
    counts = np.bincount(seen, minlength=256) + SMOOTHING
    chances = counts / counts.sum()
    model = constriction.stream.model.Categorical(chances, perfect=False)
    sizes, bits = [], 0.0
    for frame in frames:
        levels = _levels(frame)
        coder: Any = constriction.stream.stack.AnsCoder()
        coder.encode_reverse(levels, model)
        sizes.append(4 * len(coder.get_compressed()))
        bits -= float(np.log2(chances[levels]).sum())
    mean = float(np.mean(sizes))
    return Figure(
        "lossless at block 4: data bytes against order 0",
        row.data_bytes,
        "B",
        target=MOST_ABOVE * mean,
        baseline_name="constriction, one table",
        baseline=mean,
        detail=f"{row.label} ({row.what}); cross-entropy of the same table {bits / 8 / len(frames):,.1f} B; the "
        f"table is of {train_scenes:,} train scenes",
    )


def _levels(frame: Live) -> npt.NDArray[np.int32]:
    return frame[0].ravel().view(np.uint8).astype(np.int32)
