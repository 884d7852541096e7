"""Rules: one place that decodes for the edge and for the device."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cutpoint.answer import (
    AnswerRule,
    Centroid,
    Centroids,
    Class,
    Classes,
    OutputError,
    OutputTensor,
    Raw,
    RawTensor,
    RuleError,
)

GRID = OutputTensor(71, (1, 12, 12, 3), "int8", 1 / 256, -128)
FOMO = AnswerRule("fomo", (GRID,), ("cup", "lamp"), input_shape=(96, 96))
SCORES = OutputTensor(9, (1, 4), "float32")


def grid(row: int, column: int, channel: int, level: int) -> Any:
    cells = np.full((1, 12, 12, 3), -128, np.int8)
    cells[0, row, column, channel] = level
    return cells


def test_a_fomo_rule_answers_with_centroids() -> None:
    answer = FOMO.decode([grid(1, 2, 2, 64)])
    assert answer == Centroids((Centroid(1, 0.75, x=20, y=12, width=8, height=8),))


def test_the_threshold_of_the_rule_is_used() -> None:
    assert replace(FOMO, threshold=0.8).decode([grid(1, 2, 2, 64)]) == Centroids(())


def test_the_fusion_of_the_rule_is_used() -> None:
    cells = np.maximum(grid(3, 5, 1, 64), grid(4, 4, 1, 64))
    assert FOMO.decode([cells]) != replace(FOMO, fusion="geometric").decode([cells])


def test_a_classes_rule_answers_with_its_top_classes() -> None:
    rule = AnswerRule("classes", (SCORES,), top=1)
    assert rule.decode([np.array([[0, 1, 3, 2]], np.float32)]) == Classes((Class(2, 3.0),))


def test_a_raw_rule_answers_with_every_output_in_order() -> None:
    rule = AnswerRule("raw", (GRID, SCORES))
    cells, scores = grid(0, 0, 1, 5), np.ones((1, 4), np.float32)
    answer = rule.decode([cells, scores])
    assert answer == Raw((RawTensor(71, "int8", cells.tobytes()), RawTensor(9, "float32", scores.tobytes())))


def test_a_raw_tensor_gives_its_array_back() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    assert np.array_equal(RawTensor.of(1, array).array((2, 3)), array)


def test_a_raw_tensor_keeps_little_endian_bytes_of_a_big_endian_array() -> None:
    assert RawTensor.of(1, np.array([1], ">i4")) == RawTensor.of(1, np.array([1], "<i4"))


def test_a_raw_tensor_refuses_a_shape_that_it_does_not_fill() -> None:
    with pytest.raises(OutputError, match="do not fill"):
        RawTensor(1, "int8", b"abc").array((2, 2))


def test_answers_of_different_kinds_are_never_equal() -> None:
    assert Centroids(()) != Classes(())


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([], "0 output tensors"),
        ([np.zeros((1, 12, 12, 3), np.uint8)], "is uint8"),
        ([np.zeros((12, 12, 3), np.int8)], "the model's is int8"),
    ],
)
def test_outputs_that_are_not_the_models_are_refused(outputs: list[Any], words: str) -> None:
    with pytest.raises(OutputError, match=words):
        FOMO.decode(outputs)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "boxes"}, "output kind 'boxes' is unknown"),
        ({"outputs": ()}, "no output tensor"),
        ({"outputs": (GRID, GRID)}, "use 'raw'"),
        ({"outputs": (replace(GRID, shape=(1, 3)),)}, r"needs an output of shape \(1, H, W, C\)"),
        ({"outputs": (replace(GRID, scale=None),)}, "without a scale"),
        ({"outputs": (replace(GRID, dtype="int16"),)}, "use output kind 'raw'"),
        ({"labels": ("cup",)}, "1 labels were given, the output has 2"),
        ({"input_shape": None}, "needs a picture as input"),
        ({"input_shape": (6, 96)}, "needs a picture as input"),
        ({"threshold": 0.0}, "threshold"),
        ({"fusion": "none"}, "fusion"),
    ],
)
def test_a_rule_that_does_not_fit_its_model_is_refused_when_made(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleError, match=words):
        replace(FOMO, **change)


def test_a_classes_rule_on_a_grid_is_refused_when_made() -> None:
    with pytest.raises(RuleError, match="kind 'classes' needs"):
        AnswerRule("classes", (GRID,))
