"""Still scenes are still: one camera, one background, one digit on its way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bench.still_scenes import FASTEST_PX, NOISE_LEVELS, StillScene, StillSceneSource


@pytest.fixture(scope="module")
def scenes() -> list[StillScene]:
    source = StillSceneSource(5)
    return [source.draw(12) for _ in range(4)]


def test_only_where_the_digit_is_or_was_does_anything_change(scenes: list[StillScene]) -> None:
    for scene in scenes:
        for before, now in zip(scene.frames, scene.frames[1:], strict=False):
            changed = (before.pixels != now.pixels).any(axis=2)
            for frame in (before, now):
                (box,) = frame.objects
                changed[box.y : box.y + box.height, box.x : box.x + box.width] = False
            assert not changed.any()


def test_the_digit_moves_in_small_steps_and_stays_inside(scenes: list[StillScene]) -> None:
    for scene in scenes:
        boxes = [frame.objects[0] for frame in scene.frames]
        assert all(0 <= box.x <= 96 - box.width and 0 <= box.y <= 96 - box.height for box in boxes)
        steps = [(abs(one.x - other.x), abs(one.y - other.y)) for one, other in pairwise(boxes)]
        assert max(map(max, steps)) <= FASTEST_PX + 1
        assert sum(map(sum, steps)) > 0


def test_the_same_seed_gives_the_same_scenes_and_noise_changes_nothing_else(scenes: list[StillScene]) -> None:
    noisy = StillSceneSource(5, noise=NOISE_LEVELS)
    for scene in scenes:
        with_noise = noisy.draw(12)
        assert [frame.objects for frame in scene.frames] == [frame.objects for frame in with_noise.frames]
        apart = with_noise.frames[0].pixels.astype(int) - scene.frames[0].pixels
        inside = (scene.frames[0].pixels > 10) & (scene.frames[0].pixels < 245)
        assert apart[inside].std() == pytest.approx(NOISE_LEVELS, rel=0.1)
        assert np.array_equal(scene.frames[0].pixels.shape, (96, 96, 3))
