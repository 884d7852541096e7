"""Loss in points of the task's metric, its interval, and agreement."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.answer import Box, Centroid, Centroids, Class, Classes, Raw, RawTensor
from host_tools.calibration.task import Task, difference_margin


def found(*places: tuple[int, int]) -> Centroids:
    return Centroids(tuple(Centroid(0, 0.9, x, y, 8, 8) for x, y in places))


BOX = Box(0, 0, 0, 8, 8)


def test_the_loss_of_centroids_is_in_points_of_f1_against_the_truth() -> None:
    whole = (found((4, 4)), found((4, 4)), found())
    truths = ((BOX,), (BOX,), (BOX,))
    task = Task(whole, truths)
    assert task.metric == "f1"
    assert task.baseline == pytest.approx(4 / 5)
    worse = task.quality((found((4, 4)), found(), found()))
    assert worse.loss == pytest.approx(100 * (4 / 5 - 2 / 4))
    assert worse.agreement == pytest.approx(2 * 1 / 3)
    assert worse.disagreement == pytest.approx(100 / 3)
    better = task.quality((found((4, 4)), found((4, 4)), found((4, 4))))
    assert better.loss < 0
    assert better.agreement < 1


def test_the_loss_of_classes_is_in_points_of_accuracy() -> None:
    cat, dog = Classes((Class(0, 0.9),)), Classes((Class(1, 0.9),))
    task = Task((cat, cat, dog, dog), (0, 0, 1, 0))
    assert (task.metric, task.baseline) == ("accuracy", 0.75)
    assert task.quality((cat, dog, dog, cat)).loss == 0
    assert task.quality((cat, dog, dog, cat)).agreement == 0.5


def test_without_truth_the_loss_is_the_disagreement() -> None:
    answers = tuple(Raw((RawTensor.of(0, np.array([value, -value], np.int8)),)) for value in (1, 2))
    task = Task(answers, None)
    assert (task.metric, task.baseline) == ("agreement", None)
    assert task.quality(answers).loss == 0
    assert task.quality((answers[0], answers[0])).loss == task.quality((answers[0], answers[0])).disagreement
    assert task.quality((answers[0], answers[0])).loss > 0


def test_what_is_the_same_for_every_picture_has_no_margin() -> None:
    sums = np.array([(1.0, 2.0)] * 50)
    assert difference_margin(sums, sums) == 0
    assert difference_margin(sums, sums * (0.5, 1)) == pytest.approx(0, abs=1e-12)


def test_a_margin_is_what_drawing_other_pictures_gives() -> None:
    rng = np.random.default_rng(3)
    whole = np.stack((rng.integers(1, 5, 400) * 2.0, np.full(400, 9.0)), axis=1)
    seen = whole - np.stack((2.0 * (rng.random(400) < 0.2), np.zeros(400)), axis=1)
    draws = rng.integers(0, 400, (3000, 400))
    ratios = [sums[draws].sum(axis=1) for sums in (whole, seen)]
    differences = ratios[0][:, 0] / ratios[0][:, 1] - ratios[1][:, 0] / ratios[1][:, 1]
    assert difference_margin(whole, seen) == pytest.approx(1.96 * differences.std(), rel=0.08)
