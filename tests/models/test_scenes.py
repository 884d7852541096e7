"""Composed scenes and what a network is asked to say about them."""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np
import pytest

from cutpoint.answer import Box

pytest.importorskip("sklearn", reason="scikit-learn brings the digits; pip install '.[models]'")
pytest.importorskip("skimage", reason="scikit-image brings the pictures; pip install '.[models]'")

from models.fomo_digits import targets
from models.fomo_digits.scenes import LARGEST_PX, SMALLEST_PX, Scene, SceneSource
from models.fomo_digits.variant import FOMO_64


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return list(islice(SceneSource("test", 5), 60))


def test_the_same_seed_draws_the_same_scenes(scenes: list[Scene]) -> None:
    for scene, again in zip(scenes[:10], SceneSource("test", 5), strict=False):
        assert np.array_equal(scene.pixels, again.pixels)
        assert scene.objects == again.objects


def test_another_seed_draws_other_scenes(scenes: list[Scene]) -> None:
    assert not np.array_equal(scenes[0].pixels, SceneSource("test", 6).draw().pixels)


def test_digits_lie_inside_the_scene_at_their_stated_sizes(scenes: list[Scene]) -> None:
    for box in (box for scene in scenes for box in scene.objects):
        assert SMALLEST_PX <= box.width == box.height <= LARGEST_PX
        assert 0 <= box.x <= 96 - box.width
        assert 0 <= box.y <= 96 - box.height


def test_smaller_scenes_hold_their_digits_too() -> None:
    for scene in islice(SceneSource("test", 5, variant=FOMO_64), 20):
        assert scene.pixels.shape == (64, 64, 3)
        assert len(scene.objects) <= FOMO_64.most
        assert all(box.x + box.width <= 64 and box.y + box.height <= 64 for box in scene.objects)


def test_digits_never_overlap(scenes: list[Scene]) -> None:
    for a, b in (pair for scene in scenes for pair in combinations(scene.objects, 2)):
        assert a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


def test_sixty_scenes_show_every_label_and_every_count(scenes: list[Scene]) -> None:
    assert {box.label for scene in scenes for box in scene.objects} == set(range(10))
    assert {len(scene.objects) for scene in scenes} >= {1, 2, 3, 4}


def test_a_digit_in_the_middle_of_a_cell_must_be_named_there_and_may_be_named_around_it() -> None:
    allowed = targets.allowed([Box(7, x=36, y=28, width=16, height=16)])  # centre (44, 36): cell 4, 5
    assert allowed[4, 5].nonzero()[0].tolist() == [8]
    assert allowed[4, 6].nonzero()[0].tolist() == [0]
    assert allowed.sum() == 144


def test_a_smaller_grid_asks_for_the_same_cells() -> None:
    box = Box(7, x=36, y=28, width=16, height=16)
    assert np.array_equal(targets.allowed([box], FOMO_64.grid), targets.allowed([box])[:8, :8])


def test_a_digit_on_a_corner_of_the_grid_must_be_named_in_its_four_cells() -> None:
    allowed = targets.allowed([Box(2, x=32, y=32, width=16, height=16)])
    must = np.argwhere(allowed[:, :, 0] == 0).tolist()
    assert must == [[4, 4], [4, 5], [5, 4], [5, 5]]


def test_a_cell_beside_the_core_may_name_the_digit_or_the_background() -> None:
    allowed = targets.allowed([Box(2, x=34, y=36, width=16, height=16)])  # centre (42, 44): cell 5, 5
    assert allowed[5, 4].nonzero()[0].tolist() == [0, 3]


@pytest.mark.parametrize("side", [16, 21, 28])
def test_wherever_a_digit_lies_some_cell_must_name_it(side: int) -> None:
    for x in range(96 - side + 1):
        assert not targets.allowed([Box(4, x, 40, side, side)])[:, :, 0].all()
