"""Settings of codec delta for one cut: levels, how far an element may be off before it is sent, two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cutpoint.codec import CodecId, Quantiser, RansModel
from host_tools.calibration.candidate import Candidate, Family, block_budget, setting_of
from host_tools.calibration.halves import Activations, Bytes, TravellingTensor
from host_tools.calibration.levels import LevelSet, all_levels, values_at
from host_tools.calibration.models import change_shapes, fit_best, lossless_shapes, lossy_shapes
from host_tools.calibration.neighbours import Levels
from host_tools.calibration.pareto import thinned
from host_tools.calibration.quantisers import levels_of, ranked
from host_tools.calibration.search import ROUGH_ELEMENTS, CutSearch
from host_tools.calibration.still import mean_of_run
from host_tools.calibration.task import Quality

SPREADS: Final = (0.15, 0.3, 0.45, 0.65, 0.9, 1.2)
"""Tolerances to try with a level for each value, in spreads of the tensor."""
STEPS: Final = (0.5, 0.75, 1.0, 1.5)
"""Tolerances to try with fewer levels, in distances between the levels around the zero point."""
MOST_KEPT: Final = 6
KEPT_RATIO: Final = 1.25
CHANGE_SHARE: Final = 50
"""Of the room for both models, in percent, what that of changes may take."""


@dataclass(frozen=True, slots=True)
class StillSearch:
    """What travels at the cut while a camera stands still. scene_frames: of each scene, one scene after the other."""

    cut: CutSearch = field(repr=False)
    still: CutSearch = field(repr=False)
    scene_frames: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Levels and tolerances, one for each tensor. key: rANS of the same levels, for frames without a reference."""

    what: str
    levels: LevelSet = field(repr=False)
    tolerances: tuple[int, ...]
    key: Candidate = field(repr=False)

    @property
    def lossless(self) -> bool:
        return self.levels.lossless and not any(self.tolerances)


@dataclass(frozen=True, slots=True)
class _Judged:
    plan: _Plan
    changes: tuple[RansModel, ...] = field(repr=False)
    frame_bytes: float
    quality: Quality

    @property
    def figures(self) -> tuple[float, float]:
        return self.frame_bytes, self.quality.disagreement


def search_changes(search: StillSearch, lossless: Candidate, levels: Sequence[Candidate]) -> list[Candidate]:
    """Delta of the values themselves, without and with tolerance, and of the levels that `search_levels` found.

    frame_bytes of what is found is the mean of a long scene (`still.mean_of_run`).
    """
    judged = []
    for plan in _plans(search, lossless, levels):
        search.cut.told(f"changes, {plan.what}")
        one = _judged(search, plan)
        if plan.lossless or one.quality.loss <= search.cut.max_loss:
            judged.append(one)
    exact = [one for one in judged if one.plan.lossless]
    lossy = [one for one in judged if not one.plan.lossless]
    kept = exact + thinned(lossy, lambda one: one.figures, MOST_KEPT, KEPT_RATIO)
    return [candidate for one in kept if (candidate := _candidate(search, one)) is not None]


def followed(
    elements: Bytes,
    quantiser: Quantiser,
    tolerance: int,
    tensor: TravellingTensor,
    scene_frames: int,
) -> Levels:
    """Levels of all frames when each is sent against the one before; elements: (scenes * scene_frames, H, W, C).

    An element keeps its level while its value is at most the tolerance away from what the level stands for.
    """
    own = levels_of(elements, quantiser)
    value = ranked(np.frombuffer(quantiser.to_value, np.uint8), tensor.dtype).astype(np.int16)
    rank = ranked(elements, tensor.dtype).astype(np.int16)
    made = own.reshape(-1, scene_frames, *own.shape[1:]).copy()
    rank = rank.reshape(made.shape)
    for number in range(1, scene_frames):
        before = made[:, number - 1]
        near = np.abs(rank[:, number] - value[before]) <= tolerance
        made[:, number] = np.where(near, before, made[:, number])
    return made.reshape(own.shape)


def _plans(search: StillSearch, lossless: Candidate, levels: Sequence[Candidate]) -> Iterator[_Plan]:
    values = values_at(search.cut.activations)
    every = all_levels(values)
    yield _Plan("lossless", every, tuple(0 for _ in values), lossless)
    for spreads in SPREADS:
        tolerances = tuple(max(1, round(spreads * one.spread)) for one in values)
        yield _Plan(f"all levels, tolerance {tolerances[0]}", every, tolerances, lossless)
    for one in levels:
        gaps = [
            _gap(quantiser, tensor)
            for quantiser, tensor in zip(one.quantisers, search.cut.activations.tensors, strict=True)
        ]
        for steps in STEPS:
            tolerances = tuple(round(steps * gap) for gap in gaps)
            yield _Plan(
                f"{one.what}, tolerance {tolerances[0]}", LevelSet(one.what, one.quantisers), tolerances, one
            )


def _gap(quantiser: Quantiser, tensor: TravellingTensor) -> int:
    """From the zero level's value to the nearest other."""
    value = ranked(np.frombuffer(quantiser.to_value, np.uint8), tensor.dtype).astype(np.int64)
    zero = quantiser.zero_level
    return int(np.abs(np.delete(value, zero) - value[zero]).min())


def _judged(search: StillSearch, plan: _Plan) -> _Judged:
    still: Activations = search.still.activations
    changes, frames, size = [], [], 0.0
    for place, (quantiser, tolerance) in enumerate(zip(plan.levels.quantisers, plan.tolerances, strict=True)):
        levels = followed(
            still.elements[place], quantiser, tolerance, still.tensors[place], search.scene_frames
        )
        scenes = levels.reshape(-1, search.scene_frames, *levels.shape[1:])
        some = scenes[: max(4, ROUGH_ELEMENTS // scenes[0].size)]
        now, before = (part.reshape(-1, *levels.shape[1:]) for part in (some[:, 1:], some[:, :-1]))
        count = len(quantiser.to_value)
        room = block_budget(still, count) * CHANGE_SHARE // 100
        change = fit_best(now, count, quantiser.zero_level, change_shapes(), room, before)
        changes.append(change.model)
        size += change.frame_bytes
        frames.append(np.frombuffer(quantiser.to_value, np.uint8)[levels])
    quality = Quality(0.0, 0.0, 1.0) if plan.lossless else search.still.quality(frames)
    return _Judged(plan, tuple(changes), mean_of_run(plan.key.frame_bytes, size), quality)


def _candidate(search: StillSearch, one: _Judged) -> Candidate | None:
    """With a model for key frames in the room that changes leave; None where none fits."""
    models = []
    for place, (quantiser, change) in enumerate(zip(one.plan.levels.quantisers, one.changes, strict=True)):
        count = len(quantiser.to_value)
        room = block_budget(search.cut.activations, count)
        channels = search.cut.activations.tensors[place].planes[2]
        try:
            key = fit_best(
                levels_of(search.cut.modelled().elements[place], quantiser),
                count,
                quantiser.zero_level,
                lossless_shapes() if one.plan.levels.lossless else lossy_shapes(),
                room - len(change.encoded(count, channels)),
            )
        except ValueError:
            return None
        models.append((key.model, change))
    return Candidate(
        setting_of(
            search.cut.activations,
            CodecId.DELTA,
            one.plan.levels.quantisers,
            models,
            tolerances=one.plan.tolerances,
        ),
        Family.DELTA,
        one.plan.what,
        one.plan.lossless,
        one.frame_bytes,
        one.quality,
    )
