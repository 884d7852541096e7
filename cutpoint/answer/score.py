"""Counting of found, missed and spurious objects: precision, recall and F1 of centroids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cutpoint.answer.fomo import Centroid


@dataclass(frozen=True, slots=True)
class Box:
    """A true object: label index, top left corner and size, in input pixels."""

    label: int
    x: int
    y: int
    width: int
    height: int

    def holds(self, centroid: Centroid) -> bool:
        """Whether the centre lies inside; left and top edge included, right and bottom excluded."""
        return self.x <= centroid.x < self.x + self.width and self.y <= centroid.y < self.y + self.height


@dataclass(slots=True)
class CentroidScore:
    """Running counts over pictures, and the figures that follow from them.

    Rule: the predicted centroids, highest score first, each take the nearest true object of the same label
    that holds their centre and is not taken yet (greedy, one to one). What is left over is spurious or
    missed. `confusion` counts (true label, predicted label); a second round matches what is left regardless
    of label, so that a 3 read as an 8 is one confusion; None stands for nothing there.
    """

    found: int = 0
    missed: int = 0
    spurious: int = 0
    pictures: int = 0
    confusion: Counter[tuple[int | None, int | None]] = field(default_factory=Counter)

    def add(self, truth: Sequence[Box], predicted: Sequence[Centroid]) -> bool:
        """Count one picture; True when every object was found and nothing else."""
        boxes = list(truth)
        extra = []
        for centroid in sorted(predicted, key=lambda centroid: -centroid.score):
            box = _nearest([box for box in boxes if box.label == centroid.label], centroid)
            if box is None:
                extra.append(centroid)
                continue
            boxes.remove(box)
            self.confusion[box.label, centroid.label] += 1
        self.pictures += 1
        self.found += len(truth) - len(boxes)
        self.missed += len(boxes)
        self.spurious += len(extra)
        clean = not boxes and not extra
        for centroid in extra:
            box = _nearest(boxes, centroid)
            if box is not None:
                boxes.remove(box)
            self.confusion[None if box is None else box.label, centroid.label] += 1
        for box in boxes:
            self.confusion[box.label, None] += 1
        return clean

    @property
    def precision(self) -> float | None:
        """Found of all predicted; None before anything was predicted."""
        return _ratio(self.found, self.found + self.spurious)

    @property
    def recall(self) -> float | None:
        """Found of all true objects; None before there was one."""
        return _ratio(self.found, self.found + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None before there was an object, true or predicted."""
        return _ratio(2 * self.found, 2 * self.found + self.spurious + self.missed)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _nearest(boxes: Sequence[Box], centroid: Centroid) -> Box | None:
    """The box that holds the centroid and whose centre is nearest to it; the first of equals."""
    holding = [box for box in boxes if box.holds(centroid)]
    if not holding:
        return None
    # Twice the distances, so that centres at half pixels stay whole numbers.
    return min(
        holding,
        key=lambda box: (
            (2 * centroid.x - 2 * box.x - box.width) ** 2 + (2 * centroid.y - 2 * box.y - box.height) ** 2
        ),
    )
