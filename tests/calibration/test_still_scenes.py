"""Scenes of a camera that stands still: one thing moves, the rest is noise, and what is seen is known."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.answer import Box
from host_tools.calibration.still import draw_scene

NOISE = 1.0


def pictures(count: int = 4, side: int = 48) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (count, side, side, 3)).astype(np.uint8)


TRUTHS = tuple((Box(number, 10, 12, 14, 14), Box(9, 30, 30, 12, 12)) for number in range(4))


def test_the_same_seed_draws_the_same_scene() -> None:
    one, other = (draw_scene(pictures(), TRUTHS, 6, np.random.default_rng(5), NOISE) for _ in range(2))
    assert (one.frames == other.frames).all()
    assert one.truths == other.truths


@pytest.mark.parametrize("seed", range(8))
def test_most_of_the_picture_stands_still_but_for_noise(seed: int) -> None:
    frames = draw_scene(pictures(), TRUTHS, 8, np.random.default_rng(seed), NOISE).frames.astype(int)
    changes = np.abs(np.diff(frames, axis=0)).max(axis=-1)
    assert (changes > 8 * NOISE).mean(axis=(1, 2)).max() < 0.4
    assert changes.max(axis=(1, 2)).min() > 0


@pytest.mark.parametrize("seed", range(8))
def test_what_moves_is_where_the_truth_says(seed: int) -> None:
    given = pictures()
    scene = draw_scene(given, TRUTHS, 5, np.random.default_rng(seed), NOISE)
    assert scene.truths is not None
    for frame, seen in zip(scene.frames, scene.truths, strict=True):
        moving = seen[-1]
        there = frame[moving.y : moving.y + moving.height, moving.x : moving.x + moving.width].astype(int)
        assert there.shape[:2] == (moving.height, moving.width)
        origins = [
            box
            for truth in TRUTHS
            for box in truth
            if (box.label, box.width, box.height) == (moving.label, moving.width, moving.height)
        ]
        apart = [
            np.abs(there - picture[box.y : box.y + box.height, box.x : box.x + box.width].astype(int)).max()
            for picture in given
            for box in origins
        ]
        assert min(apart) < 8 * NOISE


def test_an_object_that_is_covered_is_no_longer_there() -> None:
    base = (Box(1, 0, 0, 48, 48),)
    whole = tuple((base[0],) for _ in range(4))
    scene = draw_scene(pictures(), whole, 3, np.random.default_rng(1), NOISE)
    assert scene.truths == (base,) * 3


def test_without_boxes_a_square_moves_and_nobody_knows_what_is_seen() -> None:
    scene = draw_scene(pictures(), [None] * 4, 4, np.random.default_rng(2), NOISE)
    assert scene.truths is None
    changed = np.abs(np.diff(scene.frames.astype(int), axis=0)).max(axis=-1) > 8 * NOISE
    assert 0 < changed[0].mean() < 0.5
