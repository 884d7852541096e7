"""Train and test halves share neither digits nor picture areas."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn brings the digits; pip install '.[models]'")
pytest.importorskip("skimage", reason="scikit-image brings the pictures; pip install '.[models]'")

from models.fomo_digits import backgrounds, digits


def test_no_digit_sample_is_in_both_halves() -> None:
    train, test = digits.load("train"), digits.load("test")
    assert not set(train.indices) & set(test.indices)


def test_every_digit_sample_is_in_one_half() -> None:
    train, test = digits.load("train"), digits.load("test")
    assert len(train.indices) + len(test.indices) == 1797


def test_a_third_of_every_class_is_test() -> None:
    train, test = (np.bincount(digits.load(half).labels) for half in ("train", "test"))
    assert np.allclose(test / (train + test), 1 / 3, atol=0.005)


def test_no_picture_column_is_in_both_halves() -> None:
    widths = {picture.name: 300 + number for number, picture in enumerate(backgrounds.PICTURES)}
    for train, test in zip(
        backgrounds.areas("train", widths), backgrounds.areas("test", widths), strict=True
    ):
        assert train.picture == test.picture
        assert max(train.left, test.left) - min(train.right, test.right) == backgrounds.GUTTER_PX


def test_train_takes_left_and_right_sides_in_turn() -> None:
    widths = {picture.name: 400 for picture in backgrounds.PICTURES}
    assert [area.left == 0 for area in backgrounds.areas("train", widths)] == [True, False] * 6


def test_every_area_is_large_enough_for_a_scene() -> None:
    for half in ("train", "test"):
        assert min(min(pixels.shape[:2]) for pixels in backgrounds.load(half).values()) >= 96
