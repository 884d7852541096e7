"""The settings of one cut that are worth measuring, found on the pictures that tables are fitted on.

Tails run by XNNPACK here, held against its own answers, since only the order of candidates matters; bytes are those
that the models' frequencies promise. What is found is measured anew, see `measure.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cutpoint.codec import Activity, CodecId, Prediction
from host_tools.calibration.candidate import (
    Candidate,
    Family,
    block_budget,
    setting_of,
)
from host_tools.calibration.halves import Activations, Bytes, Tail
from host_tools.calibration.levels import LevelSet, all_levels, stepped, values_at
from host_tools.calibration.models import (
    FittedModel,
    Shape,
    fit,
    fit_best,
    lossless_shapes,
    lossy_shapes,
    symbols_of,
)
from host_tools.calibration.pareto import thinned
from host_tools.calibration.quantisers import levels_of, restored
from host_tools.calibration.task import Quality, Task

MODEL_ELEMENTS: Final = 1_200_000
"""Elements of a tensor that models are fitted on; tables are the same from more."""
ROUGH_ELEMENTS: Final = 500_000
"""Elements that tell how many bytes levels take, while many are looked at."""
ROUGH: Final = Shape(Prediction.NONE, Activity.MAGNITUDE, 4)
MOST_KEPT: Final = {Family.RANS: 8, Family.SLICED: 2, Family.LOWBIT: 4}
KEPT_RATIO: Final = 1.13
PAST_THE_BOUND: Final = 2.0
"""Points of loss beyond the bound at which coarser levels are no longer looked at."""


@dataclass(frozen=True, slots=True)
class CutSearch:
    """One cut with everything that candidates are judged by."""

    activations: Activations
    task: Task
    tail: Tail
    max_loss: float
    told: Callable[[str], None] = field(default=lambda what: None, repr=False)

    def quality(self, elements: Sequence[Bytes]) -> Quality:
        return self.task.quality(self.tail.answers(elements))

    def of_levels(self, levels: LevelSet) -> Quality:
        """What the answers are worth when only the values of levels arrive."""
        return self.quality(
            [
                restored(elements, quantiser)
                for elements, quantiser in zip(self.activations.elements, levels.quantisers, strict=True)
            ]
        )

    def modelled(self, elements: int = MODEL_ELEMENTS) -> Activations:
        """As many frames as models are fitted on."""
        largest = max(tensor.bytes for tensor in self.activations.tensors)
        return self.activations.some(max(64, elements // largest))


@dataclass(frozen=True, slots=True)
class Judged:
    """Levels, and what they are expected to take and to cost."""

    levels: LevelSet
    frame_bytes: float
    quality: Quality

    @property
    def figures(self) -> tuple[float, float]:
        return self.frame_bytes, self.quality.disagreement


def search_lossless(search: CutSearch) -> Candidate:
    """rANS of the values themselves."""
    search.told("lossless")
    levels = all_levels(values_at(search.activations))
    models = [
        _best_model(search, levels, place, lossless_shapes()) for place in range(len(levels.quantisers))
    ]
    first = models[0].model
    return Candidate(
        setting_of(search.activations, CodecId.RANS, levels.quantisers, [(one.model,) for one in models]),
        Family.RANS,
        f"lossless, {first.prediction.name.lower()} predicted, {len(first.thresholds) + 1} contexts",
        True,
        sum(one.frame_bytes for one in models),
        Quality(0.0, 0.0, 1.0),
    )


def search_levels(search: CutSearch) -> list[Candidate]:
    """rANS of fewer levels: the front by bytes and disagreement within the bound of loss, each with its best model."""
    best = kept(search, _stepped(search), Family.RANS)
    candidates = []
    for one in best:
        search.told(one.levels.what)
        models = [
            _best_model(search, one.levels, place, lossy_shapes())
            for place in range(len(one.levels.quantisers))
        ]
        candidates.append(
            Candidate(
                setting_of(
                    search.activations,
                    CodecId.RANS,
                    one.levels.quantisers,
                    [(model.model,) for model in models],
                ),
                Family.RANS,
                f"{one.levels.levels} levels, {one.levels.what}",
                False,
                sum(model.frame_bytes for model in models),
                one.quality,
                one.levels.quantisers,
            )
        )
    return candidates


def _stepped(search: CutSearch) -> Iterator[Judged]:
    values = values_at(search.activations)
    modelled = search.modelled(ROUGH_ELEMENTS)
    for sets in stepped(search.activations, values):
        losses = []
        for levels in sets:
            search.told(levels.what)
            size = 0.0
            for elements, quantiser in zip(modelled.elements, levels.quantisers, strict=True):
                symbols = symbols_of(
                    levels_of(elements, quantiser),
                    len(quantiser.to_value),
                    quantiser.zero_level,
                    ROUGH.prediction,
                    ROUGH.activity,
                )
                fitted = fit(symbols, ROUGH, block_budget(search.activations, levels.levels)) or fit(
                    symbols, Shape(Prediction.NONE, Activity.MAGNITUDE, 1), 1 << 20
                )
                assert fitted is not None
                size += fitted.frame_bytes
            judged = Judged(levels, size, search.of_levels(levels))
            losses.append(judged.quality.loss)
            yield judged
        if not losses or min(losses) > search.max_loss + PAST_THE_BOUND:
            return


def kept(search: CutSearch, judged: Iterator[Judged] | Sequence[Judged], family: Family) -> list[Judged]:
    """Of one family the front by bytes and disagreement, within the bound of loss and not too near to each other."""
    good = [one for one in judged if one.quality.loss <= search.max_loss]
    return thinned(good, lambda one: one.figures, MOST_KEPT[family], KEPT_RATIO)


def _best_model(search: CutSearch, levels: LevelSet, place: int, shapes: Sequence[Shape]) -> FittedModel:
    quantiser = levels.quantisers[place]
    return fit_best(
        levels_of(search.modelled().elements[place], quantiser),
        len(quantiser.to_value),
        quantiser.zero_level,
        shapes,
        block_budget(search.activations, len(quantiser.to_value)),
    )
