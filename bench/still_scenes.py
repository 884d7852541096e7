"""Still scenes: a fixed camera, a background that never changes, and one digit that moves over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from cutpoint.answer import Box
from models.fomo_digits import backgrounds, digits
from models.fomo_digits.scenes import LARGEST_PX, LEAST_CONTRAST, LUMA, SMALLEST_PX, Scene
from models.fomo_digits.variant import FOMO_96, Variant

Pixels = npt.NDArray[np.uint8]

SLOWEST_PX, FASTEST_PX = 0.5, 4.0
"""Along each axis from one frame to the next: 3 pixels cross the picture in 32 frames, six seconds at 5 frames/s."""
NOISE_LEVELS = 2.0
"""Standard deviation of mild sensor noise, of 255: independent in every pixel, colour and frame."""


@dataclass(frozen=True, slots=True)
class StillScene:
    """The frames of one camera, in order."""

    frames: tuple[Scene, ...]


class StillSceneSource:
    """Draws still scenes from the pictures and glyphs of the recipe's test half; the same seed gives the same scenes.

    A digit keeps its size and colour, goes straight, and turns round at the edges; in every frame it stands out from
    what lies under it as the recipe's digits do. noise: standard deviation of sensor noise, 0 for none; it changes
    nothing else.
    """

    def __init__(self, seed: int, *, variant: Variant = FOMO_96, noise: float = 0.0) -> None:
        self._rng = np.random.default_rng([seed, 0])
        self._noise_rng = np.random.default_rng([seed, 1])
        self._glyphs = digits.load("test")
        self._pictures = [Image.fromarray(pixels) for pixels in backgrounds.load("test").values()]
        self._side, self._noise = variant.side_px, noise

    def draw(self, frames: int) -> StillScene:
        """The next scene, of so many frames."""
        rng = self._rng
        while True:
            background = self._background()
            size = int(rng.integers(SMALLEST_PX, LARGEST_PX + 1))
            places = self._places(frames, self._side - size)
            grounds = [
                float((background[y : y + size, x : x + size].mean(axis=(0, 1)) @ LUMA).item())
                for x, y in places
            ]
            lighter = bool(rng.integers(2))
            low, high = (
                (max(grounds) + LEAST_CONTRAST, 255.0) if lighter else (0.0, min(grounds) - LEAST_CONTRAST)
            )
            if low < high:
                break
        number = int(rng.integers(len(self._glyphs.labels)))
        ink, colour = self._ink(number, size), np.float32(rng.uniform(low, high))
        label = int(self._glyphs.labels[number])
        scenes = []
        for x, y in places:
            canvas = background.copy()
            under = canvas[y : y + size, x : x + size]
            under += ink[:, :, None] * (colour - under)
            if self._noise:
                canvas += self._noise_rng.normal(0.0, self._noise, canvas.shape).astype(np.float32)
            pixels = np.clip(np.round(canvas), 0, 255).astype(np.uint8)
            scenes.append(Scene(pixels, (Box(label, x, y, size, size),)))
        return StillScene(tuple(scenes))

    def _places(self, frames: int, room: int) -> list[tuple[int, int]]:
        start = self._rng.uniform(0, room, 2)
        step = self._rng.uniform(SLOWEST_PX, FASTEST_PX, 2) * self._rng.choice((-1, 1), 2)
        places = np.round(_folded(start + np.arange(frames)[:, None] * step, room)).astype(int)
        return [(int(x), int(y)) for x, y in places]

    def _background(self) -> npt.NDArray[np.float32]:
        picture = self._pictures[self._rng.integers(len(self._pictures))]
        side = int(self._rng.integers(self._side, min(picture.width, picture.height, 3 * self._side) + 1))
        left = int(self._rng.integers(picture.width - side + 1))
        top = int(self._rng.integers(picture.height - side + 1))
        box = (left, top, left + side, top + side)
        crop = picture.resize((self._side, self._side), Image.Resampling.BILINEAR, box=box)
        return np.asarray(crop).astype(np.float32)

    def _ink(self, number: int, size: int) -> npt.NDArray[np.float32]:
        glyph = Image.fromarray(self._glyphs.ink[number])
        return np.asarray(glyph.resize((size, size), Image.Resampling.BICUBIC), np.float32) / np.float32(255)


def _folded(places: npt.NDArray[np.float64], room: int) -> npt.NDArray[np.float64]:
    """Places on a line of length `room` whose ends throw back what runs over them."""
    if room == 0:
        return np.zeros_like(places)
    turned: npt.NDArray[np.float64] = room - np.abs(room - places % (2 * room))
    return turned
