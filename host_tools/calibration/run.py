"""A whole calibration: heads, search at each cut, one tables file, everything measured, the worthwhile kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cutpoint.answer import Answer
from cutpoint.codec import CodecTables, encode_tables
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import JpegEntry
from host_tools.calibration.candidate import Candidate, Family
from host_tools.calibration.changes import StillSearch, search_changes
from host_tools.calibration.data import CalibrationData, Example, Truth
from host_tools.calibration.halves import Activations, Tail, run_heads
from host_tools.calibration.jpeg import QUALITIES, measure_jpeg, takes_pictures
from host_tools.calibration.keeping import Calibration, worthwhile, written
from host_tools.calibration.measure import HeldOut, Measured, measure
from host_tools.calibration.packed import search_packed, search_sliced
from host_tools.calibration.plan import CalibrationPlan
from host_tools.calibration.search import CutSearch, search_levels, search_lossless
from host_tools.calibration.slicers import search_slicer
from host_tools.calibration.still import SCENE_FRAMES, draw_frames
from host_tools.calibration.task import Task


class Narrator(Protocol):
    """Told how far a calibration is."""

    def stage(self, text: str, steps: int) -> None:
        """A stage of so many steps begins."""

    def step(self, text: str = "") -> None:
        """A step is done, or, with a text, this one begins."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Examples, or frames of still scenes, with what travelled at each cut."""

    activations: dict[int, Activations] = field(repr=False)
    answers: tuple[Answer, ...] = field(repr=False)
    truths: tuple[Truth, ...] | None = field(repr=False)
    scene_frames: int = 1

    @property
    def task(self) -> Task:
        return Task(self.answers, self.truths)


def calibrate(
    bundle: Bundle, data: CalibrationData, plan: CalibrationPlan, narrator: Narrator
) -> Calibration:
    """Find, measure and keep. The same bundle, data and plan give the same bytes.

    Raises UsageError where no setting is worth keeping, CalibrationError where a codec breaks its promise.
    """
    fit, held_out = (
        _part(bundle, plan, examples, data.labelled, narrator) for examples in (data.fit, data.held_out)
    )
    still: list[_Part] = []
    if Family.DELTA in plan.families and takes_pictures(bundle):
        for number, examples in enumerate((data.fit, data.held_out)):
            frames, labelled = draw_frames(
                bundle, examples, plan.scenes, np.random.default_rng([plan.seed, number])
            )
            still.append(_part(bundle, plan, frames, labelled, narrator, SCENE_FRAMES))
    candidates = []
    for cut in plan.cuts:
        candidates += _search(bundle, plan, cut, fit, still[0] if still else None, narrator)
    measured = _measure(bundle, candidates, held_out, still[1] if still else None, narrator)
    kept = worthwhile(bundle, plan, measured, held_out.activations)
    jpeg: tuple[JpegEntry, ...] = ()
    if takes_pictures(bundle):
        narrator.stage("JPEG", len(QUALITIES))
        jpeg = measure_jpeg(bundle, data.held_out, held_out.task, narrator.step)
    return written(bundle, data, held_out.task, kept, jpeg)


def _part(
    bundle: Bundle,
    plan: CalibrationPlan,
    examples: Sequence[Example],
    labelled: bool,
    narrator: Narrator,
    scene_frames: int = 1,
) -> _Part:
    narrator.stage("heads", len(examples))
    inputs = (example.sample.arrays for example in examples)
    activations, answers = run_heads(bundle, plan.cuts, inputs, narrator.step)
    truths = tuple(example.truth for example in examples if example.truth is not None)
    return _Part(activations, answers, truths if labelled else None, scene_frames)


def _search(
    bundle: Bundle, plan: CalibrationPlan, cut: int, fit: _Part, still: _Part | None, narrator: Narrator
) -> list[Candidate]:
    narrator.stage(f"cut {cut}", 0)
    tail = Tail(bundle, cut, exact=False)

    def search_of(part: _Part) -> CutSearch:
        activations = part.activations[cut]
        return CutSearch(
            activations,
            Task(tail.answers(activations.elements), part.truths),
            tail,
            plan.max_loss,
            narrator.step,
        )

    search = search_of(fit)
    found = []
    levels: list[Candidate] = []
    if plan.families & {Family.RANS, Family.SLICED, Family.DELTA}:
        levels = search_levels(search)
    lossless = search_lossless(search)
    if Family.RANS in plan.families:
        found += [lossless, *levels]
    if Family.SLICED in plan.families:
        found += search_sliced(search, levels)
    if Family.LOWBIT in plan.families:
        found += search_packed(search)
    if Family.SLICER in plan.families:
        found += search_slicer(search, bundle.model_id)
    if still is not None:
        found += search_changes(StillSearch(search, search_of(still), still.scene_frames), lossless, levels)
    return found


def _measure(
    bundle: Bundle, candidates: Sequence[Candidate], held_out: _Part, still: _Part | None, narrator: Narrator
) -> list[Measured]:
    narrator.stage("measuring", len(candidates))
    tables = CodecTables.open(
        encode_tables(bundle.model_id, [candidate.setting for candidate in candidates]), bundle.model_id
    )
    measured = []
    tails: dict[int, Tail] = {}
    for number, candidate in enumerate(candidates, start=1):
        cut = candidate.setting.cut
        if cut not in tails:
            tails = {cut: Tail(bundle, cut, exact=True)}
        part = still if candidate.family is Family.DELTA and still is not None else held_out
        frames = HeldOut(part.activations[cut], part.task, tails[cut], part.scene_frames)
        measured.append(measure(tables, number, candidate, frames))
        narrator.step()
    return measured
