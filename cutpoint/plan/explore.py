"""Which other row would teach most, when something is to be learned at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.plan.setting import family
from cutpoint.plan.table import CostTable

DEAREST = 2.0
"""A lesson may be expected to cost at most this many times the present price."""
DIFFERENT_SIZE = 0.25
RECENT_RUNS = 10


@dataclass(frozen=True, slots=True)
class Lesson:
    """A row worth running once, and what it would teach."""

    index: int
    why: str


def lesson(
    table: CostTable,
    price: npt.NDArray[np.float64],
    current: int,
    *,
    last_run: Sequence[int],
    runs: int,
    link_conditioned: bool,
) -> Lesson | None:
    """Picks the row to learn from; None when nothing affordable is left.

    last_run[i] is the inference at which row i was last seen, -1 for never. In this order:
    a codec never tried at the present cut, by its cheapest setting; while sizes are too alike to tell the link's round
    trip from its bandwidth, the size that differs most; else the row not seen for longest, the cheapest of equals.
    """
    with np.errstate(invalid="ignore"):
        affordable = np.isfinite(price) & (price <= DEAREST * price[current])
    affordable[current] = False
    candidates = [int(i) for i in np.flatnonzero(affordable)]
    if not candidates:
        return None
    same_cut = [int(i) for i in np.flatnonzero(table.cut == table.cut[current])]
    tried = {family(table.codec[i]) for i in same_cut if last_run[i] >= 0}
    untried = [i for i in same_cut if affordable[i] and family(table.codec[i]) not in tried]
    if untried:
        first = family(table.codec[untried[0]])
        cheapest = min((i for i in untried if family(table.codec[i]) == first), key=lambda i: float(price[i]))
        return Lesson(cheapest, f"{first} was never tried at this cut")
    sizes = np.maximum(table.bytes_up, 1.0)
    if not link_conditioned:
        unlike = np.abs(np.log(sizes / sizes[current]))
        telling = [
            i
            for i in candidates
            if unlike[i] >= DIFFERENT_SIZE and (last_run[i] < 0 or runs - last_run[i] >= RECENT_RUNS)
        ]
        if telling:
            pick = max(telling, key=lambda i: float(unlike[i]))
            here, there = int(table.bytes_up[current]), int(table.bytes_up[pick])
            return Lesson(pick, f"{there} B beside {here} B tell the round trip from the bandwidth")
    pick = min(candidates, key=lambda i: (last_run[i], float(price[i])))
    ago = "never yet" if last_run[pick] < 0 else f"{runs - last_run[pick]} inferences ago"
    return Lesson(pick, f"last run {ago}")
