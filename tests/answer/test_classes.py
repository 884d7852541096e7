"""Class scores to labels."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.answer import Class, OutputError, RuleError, classes


def test_the_best_classes_come_first() -> None:
    scores = np.array([[-128, 64, 0, 127]], np.int8)
    found = classes.decode(scores, scale=1 / 256, zero_point=-128, top=2)
    assert found == (Class(3, 255 / 256), Class(1, 192 / 256))


def test_of_equal_scores_the_lower_label_comes_first() -> None:
    assert [c.label for c in classes.decode(np.full(6, 7, np.uint8), scale=1.0, zero_point=0, top=3)] == [
        0,
        1,
        2,
    ]


def test_the_lowest_quantised_level_sorts_last() -> None:
    found = classes.decode(np.array([-128, 0, 1], np.int8), scale=1.0, zero_point=0)
    assert [c.score for c in found] == [1.0, 0.0, -128.0]


def test_float_logits_are_passed_on_unscaled() -> None:
    found = classes.decode(np.array([[-3.5, 2.25]], np.float32), scale=0.1, zero_point=7)
    assert found == (Class(1, 2.25), Class(0, -3.5))


def test_more_classes_asked_for_than_there_are_gives_all() -> None:
    assert len(classes.decode(np.zeros((1, 3), np.float32), scale=1.0, zero_point=0, top=10)) == 3


def test_nan_scores_are_refused() -> None:
    with pytest.raises(OutputError, match="not finite"):
        classes.decode(np.array([0.5, np.nan], np.float32), scale=1.0, zero_point=0)


@pytest.mark.parametrize("shape", [(2, 3), (0,), (1, 0), ()])
def test_scores_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(OutputError, match="class scores have shape"):
        classes.decode(np.zeros(shape, np.float32), scale=1.0, zero_point=0)


def test_no_classes_asked_for_is_refused() -> None:
    with pytest.raises(RuleError, match="at least one class"):
        classes.decode(np.zeros(3, np.float32), scale=1.0, zero_point=0, top=0)
