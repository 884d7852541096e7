"""Scenes of a camera that stands still: a picture, a piece of another that moves over it, and a sensor's noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Box
from cutpoint.graph import Bundle
from cutpoint.picture import input_tensors
from host_tools.calibration.data import Example, Truth
from host_tools.device.sources import Sample

SCENES: Final = 60
SCENE_FRAMES: Final = 8
KEY_EVERY: Final = 24
"""Frames, of which one is a key frame, that mean bytes are of: what is drawn are short scenes, since many say more."""
NOISES: Final = (0.0, 1.0, 2.0)
"""Standard deviations of a pixel from frame to frame, of 255, one scene after the other: a picture that was cleaned
before, a small sensor in daylight, and in the evening. Models fitted on one of them alone fail at the others."""
FASTEST_PX: Final = 3
RIM_PX: Final = 2
"""Around an object that is taken out of its picture."""
HIDDEN: Final = 0.25
"""An object of which more is covered is no longer said to be there."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StillScene:
    """Frames (frames, H, W, C) in the order of their time, and what is on each; None where nobody knows."""

    frames: Pixels = field(repr=False)
    truths: tuple[tuple[Box, ...], ...] | None


def draw_frames(
    bundle: Bundle, examples: Sequence[Example], scenes: int, rng: np.random.Generator
) -> tuple[list[Example], bool]:
    """Frames of still scenes made of the examples' pictures, and whether all of them are labelled."""
    (tensor,) = input_tensors(bundle.model())
    pictures = np.stack([tensor.to_picture(example.sample.arrays[0]) for example in examples])
    truths = [example.truth for example in examples]
    made: list[Example] = []
    for number in range(scenes):
        scene = draw_scene(pictures, truths, SCENE_FRAMES, rng, NOISES[number % len(NOISES)])
        for at, frame in enumerate(scene.frames):
            sample = Sample(f"scene {number}, frame {at}", (tensor.of_picture(frame),))
            made.append(Example(sample, None if scene.truths is None else scene.truths[at]))
    return made, all(example.truth is not None for example in made)


def mean_of_run(key_bytes: float, change_bytes: float) -> float:
    """Mean bytes of a frame while a camera goes on standing still."""
    return (key_bytes + (KEY_EVERY - 1) * change_bytes) / KEY_EVERY


def draw_scene(
    pictures: Pixels, truths: Sequence[Truth | None], frames: int, rng: np.random.Generator, noise: float
) -> StillScene:
    """One scene of two of the pictures (n, H, W, C), with noise of that standard deviation on every pixel.

    With boxes, what moves is an object with a rim; else a square of a quarter to a third of the shorter side.
    """
    still, other = (int(one) for one in rng.choice(len(pictures), 2, replace=False))
    height, width = pictures.shape[1:3]
    moving, left, top, wide, high = _piece(truths[other], height, width, rng)
    patch = pictures[other, top : top + high, left : left + wide]
    x, y = (float(rng.integers(most + 1)) for most in (width - wide, height - high))
    dx, dy = (float(rng.integers(-FASTEST_PX, FASTEST_PX + 1)) for _ in range(2))
    made, seen = [], []
    for _ in range(frames):
        frame = pictures[still].astype(np.float32)
        at_x, at_y = round(x), round(y)
        frame[at_y : at_y + high, at_x : at_x + wide] = patch
        frame += rng.normal(0, noise, frame.shape).astype(np.float32)
        made.append(np.clip(np.rint(frame), 0, 255).astype(np.uint8))
        seen.append(_seen(truths[still], moving, Box(0, at_x, at_y, wide, high)))
        x, dx = _moved(x, dx, width - wide)
        y, dy = _moved(y, dy, height - high)
    known = [one for one in seen if one is not None]
    return StillScene(np.stack(made), tuple(known) if len(known) == frames else None)


def _piece(
    truth: Truth | None, height: int, width: int, rng: np.random.Generator
) -> tuple[Box | None, int, int, int, int]:
    """An object of a picture, relative to the piece, and the piece's left, top, width and height."""
    if isinstance(truth, tuple) and truth:
        box = truth[int(rng.integers(len(truth)))]
        left, top = max(0, box.x - RIM_PX), max(0, box.y - RIM_PX)
        right = min(width, box.x + box.width + RIM_PX)
        bottom = min(height, box.y + box.height + RIM_PX)
        moving = Box(box.label, box.x - left, box.y - top, box.width, box.height)
        return moving, left, top, right - left, bottom - top
    side = max(1, round(min(height, width) * rng.uniform(0.25, 1 / 3)))
    return None, int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1)), side, side


def _seen(still: Truth | None, moving: Box | None, piece: Box) -> tuple[Box, ...] | None:
    if not isinstance(still, tuple):
        return None
    there = [box for box in still if _covered(box, piece) <= HIDDEN * box.width * box.height]
    if moving is not None:
        there.append(Box(moving.label, piece.x + moving.x, piece.y + moving.y, moving.width, moving.height))
    return tuple(there)


def _covered(box: Box, piece: Box) -> int:
    across = min(box.x + box.width, piece.x + piece.width) - max(box.x, piece.x)
    down = min(box.y + box.height, piece.y + piece.height) - max(box.y, piece.y)
    return max(0, across) * max(0, down)


def _moved(place: float, speed: float, most: int) -> tuple[float, float]:
    """A step on, back from the rim."""
    there = place + speed
    if not 0 <= there <= most:
        speed = -speed
        there = min(max(place + speed, 0.0), float(most))
    return there, speed
