"""Scenes: square RGB pictures with a few digits pasted on a crop of a photograph."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Box
from models.fomo_digits import backgrounds, digits
from models.fomo_digits.backgrounds import Half, Pixels
from models.fomo_digits.variant import FOMO_96, Variant
from models.needs import need

FEWEST = 1
"""Digits in a scene; `Variant.most` at most."""
SMALLEST_PX, LARGEST_PX = 16, 28
"""Side of a pasted digit."""
LEAST_CONTRAST = 80.0
"""Least distance between a digit's luma and the mean luma under it, of 255."""
PLACES_TRIED = 30
LUMA = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601 weights of red, green and blue."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene: pixels (side, side, 3) uint8 and the boxes of its digits, in pixels."""

    pixels: Pixels
    objects: tuple[Box, ...]


class SceneSource:
    """Draws scenes of one half; the same seed gives the same scenes.

    With `augment` (training) digits are also slanted, turned and thickened and backgrounds flipped, turned
    and brightened, beyond what test scenes show.
    """

    def __init__(self, half: Half, seed: int, *, variant: Variant = FOMO_96, augment: bool = False) -> None:
        self._image = need("PIL.Image")
        self._rng = np.random.default_rng([seed, half == "test"])
        self._glyphs = digits.load(half)
        self._pictures = [self._image.fromarray(pixels) for pixels in backgrounds.load(half).values()]
        self._side = variant.side_px
        self._most = variant.most
        self._augment = augment

    def __iter__(self) -> Iterator[Scene]:
        while True:
            yield self.draw()

    def draw(self) -> Scene:
        """The next scene."""
        canvas = self._background().astype(np.float32)
        objects: list[Box] = []
        for _ in range(self._rng.integers(FEWEST, self._most + 1)):
            side = int(self._rng.integers(SMALLEST_PX, LARGEST_PX + 1))
            place = self._free_place(side, objects)
            if place is None:
                continue
            number = int(self._rng.integers(len(self._glyphs.labels)))
            x, y = place
            _paint(canvas[y : y + side, x : x + side], self._mask(number, side), self._rng)
            objects.append(Box(int(self._glyphs.labels[number]), x, y, side, side))
        return Scene(np.clip(np.round(canvas), 0, 255).astype(np.uint8), tuple(objects))

    def _background(self) -> Pixels:
        picture = self._pictures[self._rng.integers(len(self._pictures))]
        side = int(self._rng.integers(self._side, min(picture.width, picture.height, 3 * self._side) + 1))
        left = int(self._rng.integers(picture.width - side + 1))
        top = int(self._rng.integers(picture.height - side + 1))
        crop = picture.resize(
            (self._side, self._side),
            self._image.Resampling.BILINEAR,
            box=(left, top, left + side, top + side),
        )
        pixels = np.asarray(crop)
        if not self._augment:
            return pixels
        pixels = np.rot90(pixels, int(self._rng.integers(4)))
        pixels = pixels[:, :: int(self._rng.choice((-1, 1)))][:, :, self._rng.permutation(3)]
        gain, lift = self._rng.uniform(0.6, 1.3), self._rng.uniform(-30, 30)
        return np.clip(pixels * gain + lift, 0, 255).astype(np.uint8)

    def _free_place(self, side: int, taken: list[Box]) -> tuple[int, int] | None:
        for _ in range(PLACES_TRIED):
            x, y = (int(v) for v in self._rng.integers(0, self._side - side + 1, 2))
            if all(
                x + side <= box.x or box.x + box.width <= x or y + side <= box.y or box.y + box.height <= y
                for box in taken
            ):
                return x, y
        return None

    def _mask(self, number: int, side: int) -> npt.NDArray[np.float32]:
        """Ink of one glyph at (side, side), 0..1."""
        glyph = self._image.fromarray(self._glyphs.ink[number])
        if self._augment:
            glyph = self._image.fromarray(np.pad(self._glyphs.ink[number], 1))
            glyph = glyph.resize((40, 40), self._image.Resampling.BICUBIC)
            glyph = glyph.transform(
                (32, 32), self._image.Transform.AFFINE, self._slant(), self._image.Resampling.BILINEAR
            )
        ink: npt.NDArray[np.float32] = np.asarray(
            glyph.resize((side, side), self._image.Resampling.BICUBIC), np.float32
        ) / np.float32(255)
        if not self._augment:
            return ink
        return np.power(ink, np.float32(self._rng.uniform(0.7, 1.4)), dtype=np.float32)

    def _slant(self) -> Any:
        """Affine map from a (32, 32) glyph to its padded (40, 40) source: turn, slant, stretch, shift."""
        rng = self._rng
        turn, slant = rng.uniform(-0.22, 0.22), rng.uniform(-0.2, 0.2)
        wide, high = rng.uniform(0.88, 1.15, 2)
        cos, sin = math.cos(turn), math.sin(turn)
        a, b = cos / wide, (sin + slant) / wide
        d, e = -sin / high, cos / high
        middle = 20 + rng.uniform(-1.5, 1.5, 2)
        return (a, b, middle[0] - 16 * (a + b), d, e, middle[1] - 16 * (d + e))


def _paint(under: npt.NDArray[np.float32], mask: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Blend one colour into `under` (S, S, 3) by `mask` (S, S), lighter or darker than what lies there."""
    ground = float((under.mean(axis=(0, 1)) @ LUMA).item())
    lighter = bool(rng.integers(2))
    if ground + LEAST_CONTRAST > 255:
        lighter = False
    elif ground - LEAST_CONTRAST < 0:
        lighter = True
    luma = rng.uniform(ground + LEAST_CONTRAST, 255) if lighter else rng.uniform(0, ground - LEAST_CONTRAST)
    tint = rng.uniform(-60, 60, 3)
    colour = np.clip(luma + tint - tint @ LUMA, 0, 255)
    under += mask[:, :, None] * (colour.astype(np.float32) - under)
