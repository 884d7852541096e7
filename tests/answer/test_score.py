"""Counting found, missed and spurious objects."""

from __future__ import annotations

import pytest

from cutpoint.answer import Box, Centroid, CentroidScore

BOX = Box(label=3, x=10, y=20, width=16, height=16)


def at(x: int, y: int, *, label: int = 3, score: float = 0.9) -> Centroid:
    return Centroid(label, score, x, y, 8, 8)


def test_a_centroid_inside_the_box_of_its_label_is_found() -> None:
    score = CentroidScore()
    assert score.add([BOX], [at(18, 28)])
    assert (score.found, score.missed, score.spurious, score.f1) == (1, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("x", "y", "inside"), [(10, 20, True), (25, 35, True), (26, 28, False), (18, 36, False)]
)
def test_left_and_top_edges_belong_to_the_box_right_and_bottom_do_not(x: int, y: int, inside: bool) -> None:
    assert CentroidScore().add([BOX], [at(x, y)]) is inside


def test_a_wrong_label_is_missed_spurious_and_a_confusion() -> None:
    score = CentroidScore()
    score.add([BOX], [at(18, 28, label=8)])
    assert (score.found, score.missed, score.spurious) == (0, 1, 1)
    assert score.confusion == {(3, 8): 1}


def test_one_box_is_found_once_only() -> None:
    score = CentroidScore()
    score.add([BOX], [at(18, 28), at(12, 22)])
    assert (score.found, score.spurious) == (1, 1)
    assert score.confusion == {(3, 3): 1, (None, 3): 1}


def test_two_overlapping_boxes_of_one_label_are_both_found() -> None:
    score = CentroidScore()
    score.add([BOX, Box(3, 20, 20, 16, 16)], [at(21, 28, score=0.6), at(22, 28, score=0.9)])
    assert (score.found, score.spurious) == (2, 0)


def test_nothing_predicted_is_missed() -> None:
    score = CentroidScore()
    score.add([BOX], [])
    assert (score.missed, score.recall, score.precision, score.f1) == (1, 0.0, None, 0.0)
    assert score.confusion == {(3, None): 1}


def test_figures_are_absent_before_anything_was_counted() -> None:
    score = CentroidScore()
    assert (score.precision, score.recall, score.f1) == (None, None, None)


def test_counts_run_over_pictures() -> None:
    score = CentroidScore()
    score.add([BOX], [at(18, 28)])
    score.add([BOX, Box(1, 60, 60, 16, 16)], [at(18, 28), at(90, 90)])
    assert score.pictures == 2
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 3)
    assert score.f1 == pytest.approx(2 / 3)
