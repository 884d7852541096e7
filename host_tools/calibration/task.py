"""What answers are worth to the task: F1, accuracy, or agreement, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Answer, Centroids, CentroidScore, Classes, agreed
from host_tools.calibration.data import Truth

Metric = Literal["f1", "accuracy", "agreement"]
INTERVAL: Final = 1.96
"""Standard deviations on either side of a 95 % interval of a normal distribution."""

Sums = npt.NDArray[np.float64]
"""(pictures, 2): what each adds to the upper and to the lower side of the ratio that the metric is."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Loss of answers in points of the metric against the uncut model, half of its 95 % interval, their agreement."""

    loss: float
    margin: float
    agreement: float

    @property
    def disagreement(self) -> float:
        """In points."""
        return 100 * (1 - self.agreement)


@dataclass(frozen=True, slots=True)
class Task:
    """Pictures, what is on them, and the answers of the whole model, which everything is held against.

    truths None: the metric is agreement.
    """

    references: tuple[Answer, ...] = field(repr=False)
    truths: tuple[Truth, ...] | None = field(repr=False)

    @property
    def metric(self) -> Metric:
        if self.truths is None:
            return "agreement"
        return "f1" if isinstance(self.references[0], Centroids) else "accuracy"

    @property
    def baseline(self) -> float | None:
        """The metric of the whole model; None for agreement."""
        return None if self.truths is None else ratio(self._sums(self.references))

    def quality(self, answers: Sequence[Answer]) -> Quality:
        """Of answers to all of the pictures, in their order."""
        agreement = ratio(self._agreed(answers))
        if self.truths is None:
            whole = np.ones((len(answers), 2))
            return Quality(
                100 * (1 - agreement), 100 * difference_margin(whole, self._agreed(answers)), agreement
            )
        whole, seen = self._sums(self.references), self._sums(answers)
        return Quality(100 * (ratio(whole) - ratio(seen)), 100 * difference_margin(whole, seen), agreement)

    def _agreed(self, answers: Sequence[Answer]) -> Sums:
        pairs = (
            agreed(reference, answer) for reference, answer in zip(self.references, answers, strict=True)
        )
        return np.array([(pair.part, pair.whole) for pair in pairs])

    def _sums(self, answers: Sequence[Answer]) -> Sums:
        assert self.truths is not None
        return np.array(
            [_picture(answer, truth) for answer, truth in zip(answers, self.truths, strict=True)], np.float64
        )


def _picture(answer: Answer, truth: Truth) -> tuple[float, float]:
    if isinstance(answer, Centroids):
        assert not isinstance(truth, int)
        score = CentroidScore()
        score.add(truth, answer.items)
        return 2 * score.found, 2 * score.found + score.missed + score.spurious
    assert isinstance(answer, Classes)
    return float(bool(answer.items) and answer.items[0].label == truth), 1


def ratio(sums: Sums) -> float:
    """The metric; 1 where there was nothing to find and nothing was found."""
    part, whole = sums.sum(axis=0)
    return float(part / whole) if whole else 1.0


def difference_margin(one: Sums, other: Sums) -> float:
    """Half of the 95 % interval of the difference of two ratios over the same pictures.

    The delta method: each picture moves a ratio by (part - ratio * whole) / sum of wholes. Pairing by picture takes out
    what both have in common, which is most of it.
    """
    moves = np.zeros(len(one))
    for sums, sign in ((one, 1), (other, -1)):
        total = sums[:, 1].sum()
        if total:
            moves += sign * (sums[:, 0] - ratio(sums) * sums[:, 1]) / total
    pictures = len(moves)
    return float(INTERVAL * np.sqrt((moves**2).sum() * pictures / max(pictures - 1, 1)))
