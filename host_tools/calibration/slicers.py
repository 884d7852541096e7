"""Settings of codec slicer for one cut."""

from __future__ import annotations

import dataclasses
from typing import Final

from cutpoint.codec import CodecId, CodecTables, Setting, encode_tables
from cutpoint.codec.slicer_tables import SlicerTables, candidates
from host_tools.calibration.candidate import Candidate, Family
from host_tools.calibration.measure import HeldOut, measure
from host_tools.calibration.pareto import thinned
from host_tools.calibration.search import CutSearch
from host_tools.calibration.task import Quality

MOST_KEPT: Final = 4
KEPT_RATIO: Final = 1.2
NOTHING: Final = Quality(0.0, 0.0, 1.0)


def search_slicer(search: CutSearch, model_id: bytes) -> list[Candidate]:
    """The front by bytes and disagreement of `cutpoint.codec.slicer_tables.candidates`, through the real codec."""
    activations = search.activations
    found = [
        candidates(elements.view(tensor.dtype.numpy), tensor.zero_point)
        for elements, tensor in zip(activations.elements, activations.tensors, strict=True)
    ]
    tried = [
        Candidate(
            Setting(activations.cut, CodecId.SLICER, tensors),
            Family.SLICER,
            _words(tensors[0]),
            False,
            0.0,
            NOTHING,
        )
        for tensors in zip(*found, strict=False)
    ]
    if not tried:
        return []
    tables = CodecTables.open(encode_tables(model_id, [one.setting for one in tried]), model_id)
    judged = []
    for number, one in enumerate(tried, start=1):
        search.told(f"slicer, {one.what}")
        seen = measure(tables, number, one, HeldOut(activations, search.task, search.tail))
        judged.append(dataclasses.replace(one, frame_bytes=seen.mean_bytes, quality=seen.quality))
    good = [one for one in judged if one.quality.loss <= search.max_loss]
    return thinned(good, lambda one: (one.frame_bytes, one.quality.disagreement), MOST_KEPT, KEPT_RATIO)


def _words(tables: SlicerTables) -> str:
    below, above = tables.floors
    return f"at least {below} below or {above} above, within {tables.widest}"
