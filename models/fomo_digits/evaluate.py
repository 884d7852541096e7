"""Centroid F1 of the float and of the int8 network, by the decoder that devices and edge use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.answer import AnswerRule, Centroid, Centroids, CentroidScore, OutputTensor
from cutpoint.kernels import open_runner
from models.fomo_digits.scenes import Scene
from models.needs import need

LABELS = tuple("0123456789")
FLOAT_BATCH = 50


def score_int8(model: bytes, scenes: Sequence[Scene]) -> CentroidScore:
    """The .tflite under LiteRT's reference kernels, which give the same bytes as TFLM on a device."""
    runner = open_runner(model, "reference")
    made = runner.outputs[0]
    # The tensor's index names it on the wire only; scoring has no use for it.
    output = OutputTensor(0, made.shape, made.dtype.name, made.scale, made.zero_point)
    given = runner.inputs[0].shape
    rule = AnswerRule("fomo", (output,), LABELS, (given[1], given[2]))
    score = CentroidScore()
    for scene in scenes:
        score.add(scene.objects, found(rule, runner.run([signed(scene.pixels)])))
    return score


def score_float(model: Any, scenes: Sequence[Scene]) -> CentroidScore:
    """The Keras model (logits) that the .tflite was made from."""
    tf = need("tensorflow")
    score = CentroidScore()
    rule: AnswerRule | None = None
    for first in range(0, len(scenes), FLOAT_BATCH):
        some = scenes[first : first + FLOAT_BATCH]
        pixels = np.stack([scene.pixels for scene in some]).astype(np.float32) / 255
        grids = tf.nn.softmax(model(pixels, training=False)).numpy()
        rule = rule or AnswerRule(
            "fomo", (OutputTensor(0, grids[:1].shape, "float32"),), LABELS, (pixels.shape[1], pixels.shape[2])
        )
        for scene, grid in zip(some, grids, strict=True):
            score.add(scene.objects, found(rule, [grid[None]]))
    return score


def signed(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """A picture (side, side, 3) uint8 as the network's input (1, side, side, 3) int8: every pixel minus 128."""
    return (pixels ^ 0x80).view(np.int8)[None]


def found(rule: AnswerRule, outputs: Sequence[npt.NDArray[Any]]) -> tuple[Centroid, ...]:
    """The centroids in one picture's outputs."""
    answer = rule.decode(outputs)
    assert isinstance(answer, Centroids)
    return answer.items
