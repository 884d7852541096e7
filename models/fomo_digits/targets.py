"""Training targets: which answers are right for each cell of the grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Box
from models.fomo_digits.network import CHANNELS
from models.fomo_digits.variant import CELL_PX, FOMO_96

CORE_PX = 4.0
"""A cell whose centre is this near to a digit's centre, along both axes, must name the digit.

Half a cell: every digit has at least one such cell, and up to four when its centre lies on a corner of the
grid.
"""
RIM_PX = 7.5
"""Out to this distance a cell may name the digit or the background; both decode to one centroid."""


def allowed(objects: Sequence[Box], grid: int = FOMO_96.grid) -> npt.NDArray[np.uint8]:
    """Channels allowed in each cell, (grid, grid, 11) uint8 of 0 and 1, at least one of them 1."""
    target = np.zeros((grid, grid, CHANNELS), np.uint8)
    target[:, :, 0] = 1
    nearest = np.full((grid, grid), np.inf)
    centres = (np.arange(grid) + 0.5) * CELL_PX
    for box in objects:
        across = np.abs(centres - (box.x + box.width / 2))
        down = np.abs(centres - (box.y + box.height / 2))
        distance = np.maximum(down[:, None], across[None, :])
        mine = (distance <= RIM_PX) & (distance < nearest)
        nearest[mine] = distance[mine]
        target[mine] = 0
        target[mine, box.label + 1] = 1
        target[mine & (distance > CORE_PX), 0] = 1
    return target
