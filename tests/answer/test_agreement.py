"""How far two answers agree: by centroids, by the first class, by the distance of tensors."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.answer import (
    Agreement,
    Answer,
    Centroid,
    Centroids,
    Class,
    Classes,
    Raw,
    RawTensor,
    RuleError,
    agreed,
)


def at(x: int, y: int, label: int = 0, size: int = 8, score: float = 0.9) -> Centroid:
    return Centroid(label, score, x, y, size, size)


def value(*pairs: tuple[Answer, Answer]) -> float | None:
    agreement = Agreement()
    for reference, seen in pairs:
        agreement.add(reference, seen)
    assert agreement.pictures == len(pairs)
    return agreement.value


def test_nothing_counted_is_no_agreement() -> None:
    assert value() is None


def test_the_same_centroids_agree_whatever_their_order_and_scores() -> None:
    one = Centroids((at(4, 4), at(20, 12, 3)))
    other = Centroids((at(20, 12, 3, score=0.5), at(4, 4, score=0.6)))
    assert value((one, other)) == 1.0


def test_nothing_found_by_either_is_agreement() -> None:
    assert value((Centroids(()), Centroids(()))) == 1.0


def test_a_missed_a_spurious_and_a_renamed_centroid_cost_f1() -> None:
    reference = Centroids((at(4, 4), at(20, 12), at(60, 60)))
    assert value((reference, Centroids(reference.items[:2]))) == pytest.approx(2 * 2 / (3 + 2))
    assert value((reference, Centroids((*reference.items, at(80, 80))))) == pytest.approx(2 * 3 / (3 + 4))
    assert value((Centroids((at(4, 4, 1),)), Centroids((at(4, 4, 2),)))) == 0.0


def test_f1_is_that_of_all_pictures_together() -> None:
    two = Centroids((at(4, 4), at(20, 12)))
    assert value((two, two), (Centroids(()), Centroids((at(4, 4),)))) == pytest.approx(4 / 5)


def test_a_box_that_grew_by_a_cell_is_the_same_and_one_a_cell_off_is_not() -> None:
    reference = Centroids((at(12, 12),))
    assert value((reference, Centroids((Centroid(0, 0.9, 16, 12, 16, 8),)))) == 1.0
    assert value((reference, Centroids((at(20, 12),)))) == 0.0


def test_one_centroid_is_found_once() -> None:
    assert agreed(Centroids((at(12, 12),)), Centroids((at(12, 12), at(16, 12)))).part == 2


def test_classes_agree_by_the_first() -> None:
    cat, dog = Classes((Class(1, 0.9), Class(2, 0.1))), Classes((Class(2, 0.6), Class(1, 0.4)))
    assert value((cat, cat), (cat, dog), (cat, Classes((Class(1, 0.4),)))) == pytest.approx(2 / 3)


def raw(*values: float) -> Raw:
    return Raw((RawTensor.of(3, np.array(values, np.float32)),))


def test_raw_tensors_agree_by_their_distance_whatever_scale_and_zero_point() -> None:
    assert value((raw(1, 2, 3), raw(1, 2, 3))) == 1.0
    assert value((raw(-1, 1), raw(1, -1))) == pytest.approx(0.0)
    near = value((raw(0, 4, 8), raw(1, 4, 8)))
    assert near == pytest.approx(1 - 1 / (8 + 7))
    assert value((raw(100, 140, 180), raw(110, 140, 180))) == pytest.approx(near)


def test_a_raw_tensor_that_is_not_finite_or_of_another_size_agrees_with_nothing() -> None:
    assert value((raw(1, 2), raw(1, float("nan")))) == 0.0
    assert value((raw(1, 2), raw(1, 2, 3))) == 0.0


def test_answers_of_two_kinds_are_refused() -> None:
    with pytest.raises(RuleError, match="of kind classes cannot be held against one of kind raw"):
        agreed(raw(1), Classes(()))
