"""What one run of the recipe measured: written as JSON, and rendered as the model card."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cutpoint.answer import CentroidScore


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Counts over one set of pictures; precision, recall and F1 follow from them."""

    pictures: int
    found: int
    missed: int
    spurious: int

    @classmethod
    def of(cls, score: CentroidScore) -> SetFigures:
        """The counts of a score."""
        return cls(score.pictures, score.found, score.missed, score.spurious)

    @property
    def precision(self) -> float:
        """Found of all predicted."""
        return self.found / max(1, self.found + self.spurious)

    @property
    def recall(self) -> float:
        """Found of all true objects."""
        return self.found / max(1, self.found + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.spurious)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the model card states that a run decides.

    `confusion[true][predicted]` has one row and one column per label, and a last one for nothing: column 10
    counts missed digits, row 10 spurious ones.
    """

    seed: int
    steps: int
    batch: int
    minutes: float
    train_minutes: float
    cores: int
    tensorflow: str
    operators: int
    parameters: int
    macs: int
    bytes: int
    model_id: str
    test_int8: SetFigures
    test_float: SetFigures
    shipped_int8: SetFigures
    confusion: tuple[tuple[int, ...], ...]

    def save(self, file: Path) -> None:
        """Write as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, file: Path) -> Figures:
        """Read what `save` wrote."""
        fields = json.loads(file.read_text())
        for name in ("test_int8", "test_float", "shipped_int8"):
            fields[name] = SetFigures(**fields[name])
        return cls(**{**fields, "confusion": tuple(tuple(row) for row in fields["confusion"])})


def confusion_table(score: CentroidScore, labels: int) -> tuple[tuple[int, ...], ...]:
    """Counts [true][predicted] with a last row and column for nothing."""
    keys = [*range(labels), None]
    return tuple(tuple(score.confusion[true, predicted] for predicted in keys) for true in keys)
