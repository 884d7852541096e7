"""Synthetic inputs of the right kind: smooth in time and space, with the ranges that real ones have.

They stand in for Speech Commands, CIFAR-10 and Visual Wake Words, which teach these networks elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.tiny.network import Draw

Floats = npt.NDArray[np.float32]

FRAMES, COEFFICIENTS = 49, 10
STEADINESS = 0.7
"""Correlation of a coefficient with itself a frame later."""
SILENCE, LOUDNESS = -90.0, 80.0
"""Coefficient 0 follows the logarithm of energy: its value in silence, and how far a word lifts it."""
SPREAD = 14.0
"""Standard deviation of coefficient 1 within a word; coefficient n has it divided by the square root of n."""
VOICE = 0.7
"""Standard deviation of what a voice adds to a coefficient in all frames, as a share of the coefficient's own."""


def cepstra(rng: np.random.Generator, count: int) -> Floats:
    """(count, 49, 10, 1) float32 like mel-frequency cepstral coefficients: about -130 to 40, a word in silence."""
    frame = np.arange(FRAMES)
    middle, width = rng.uniform(15, 34, (count, 1)), rng.uniform(5, 12, (count, 1))
    voiced = np.exp(-(((frame - middle) / width) ** 2))
    deviation = SPREAD / np.sqrt(np.maximum(np.arange(COEFFICIENTS), 1))
    noise = rng.standard_normal((count, FRAMES, COEFFICIENTS))
    for later in range(1, FRAMES):
        noise[:, later] *= np.sqrt(1 - STEADINESS**2)
        noise[:, later] += STEADINESS * noise[:, later - 1]
    noise += VOICE * rng.standard_normal((count, 1, COEFFICIENTS))
    made = noise * deviation * (0.25 + 0.75 * voiced[..., None])
    made[..., 0] += SILENCE + LOUDNESS * voiced
    return made[..., None].astype(np.float32)


def pictures(shape: tuple[int, int, int]) -> Draw:
    """A source of pictures (count, *shape) float32 in 0..1.

    Each is a sum of coloured noise from coarse to fine, its amplitude halved with every octave, and one rectangle of
    another colour for hard edges.
    """
    rows, columns, channels = shape

    def draw(rng: np.random.Generator, count: int) -> Floats:
        made = np.full((count, *shape), 0.5)
        cell, amplitude = max(rows, columns), 0.5
        while cell >= 1:
            grid = rng.uniform(-1, 1, (count, rows // cell + 2, columns // cell + 2, channels))
            made += amplitude * _between(_between(grid, 1, rows, cell), 2, columns, cell)
            cell, amplitude = cell // 2, amplitude / 2
        for picture in made:
            top, left = rng.integers(0, rows // 2), rng.integers(0, columns // 2)
            height, width = rng.integers(rows // 6, rows // 2), rng.integers(columns // 6, columns // 2)
            picture[top : top + height, left : left + width] += rng.uniform(-0.6, 0.6, channels)
        clipped: Floats = np.clip(made, 0, 1).astype(np.float32)
        return clipped

    return draw


def _between(grid: npt.NDArray[np.float64], axis: int, size: int, cell: int) -> npt.NDArray[np.float64]:
    """`size` values along `axis`, linear between points of the grid that are `cell` apart."""
    place = np.arange(size) / cell
    whole = place.astype(int)
    part = (place - whole).reshape([-1 if dimension == axis else 1 for dimension in range(grid.ndim)])
    mixed: npt.NDArray[np.float64] = grid.take(whole, axis) * (1 - part) + grid.take(whole + 1, axis) * part
    return mixed
