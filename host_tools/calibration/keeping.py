"""What of a calibration is worth keeping, as a tables file and as the manifest's words about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cutpoint.codec import CodecTables, by_name, encode_tables
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry, JpegEntry
from host_tools.calibration.candidate import Family
from host_tools.calibration.data import CalibrationData
from host_tools.calibration.halves import Activations
from host_tools.calibration.measure import Measured
from host_tools.calibration.pareto import front
from host_tools.calibration.plan import CalibrationPlan
from host_tools.calibration.task import Task

TABLES_HEAD_BYTES: Final = 16
LONGEST_WHAT: Final = 64


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tables file, and what the manifest says of it."""

    entry: CodecsEntry
    tables: bytes = field(repr=False)


def worthwhile(
    bundle: Bundle, plan: CalibrationPlan, measured: Sequence[Measured], held_out: Mapping[int, Activations]
) -> list[Measured]:
    """Of each cut and family the front by bytes and loss, within the bound, of what is smaller than raw and bitmap."""
    kept = []
    for cut in plan.cuts:
        most = min(bundle.cuts[cut].bytes, _bitmap_bytes(held_out[cut]))
        for family in Family:
            mine = [
                one
                for one in measured
                if one.candidate.setting.cut == cut
                and one.candidate.family is family
                and one.mean_bytes < (most if one.candidate.lossless else bundle.cuts[cut].bytes)
            ]
            lossless = [one for one in mine if one.candidate.lossless]
            lossy = front(
                [one for one in mine if not one.candidate.lossless and one.quality.loss <= plan.max_loss],
                lambda one: (one.mean_bytes, one.quality.disagreement),
            )
            least = min((one.mean_bytes for one in lossless), default=float("inf"))
            kept += lossless + [one for one in reversed(lossy) if one.mean_bytes < least]
    return kept


def _bitmap_bytes(activations: Activations) -> float:
    """Mean bytes of a frame by codec bitmap, the best there is without tables."""
    bitmap = by_name("bitmap")
    sizes = [
        bitmap.coded_bytes(elements[number].tobytes(), tensor.dtype, tensor.zero_point)
        for elements, tensor in zip(activations.elements, activations.tensors, strict=True)
        for number in range(activations.frames)
    ]
    return sum(sizes) / activations.frames


def written(
    bundle: Bundle,
    data: CalibrationData,
    task: Task,
    kept: Sequence[Measured],
    jpeg: tuple[JpegEntry, ...],
) -> Calibration:
    """The tables of these settings, numbered in their order, and the entry."""
    settings = [one.candidate.setting for one in kept]
    tables = encode_tables(bundle.model_id, settings)
    baseline = task.baseline
    entry = CodecsEntry(
        bytes=len(tables),
        sha256=hashlib.sha256(tables).hexdigest(),
        version=f"{CodecTables.open(tables, bundle.model_id).version:08x}",
        pictures=len(data.fit),
        held_out=len(data.held_out),
        metric=task.metric,
        baseline=None if baseline is None else round(baseline, 5),
        settings=tuple(_setting(bundle, number, one) for number, one in enumerate(kept, start=1)),
        jpeg=jpeg,
    )
    return Calibration(entry, tables)


def _setting(bundle: Bundle, number: int, one: Measured) -> CodecSettingEntry:
    setting = one.candidate.setting
    return CodecSettingEntry(
        number=number,
        cut=setting.cut,
        codec=setting.codec.name.lower(),
        what=one.candidate.what[:LONGEST_WHAT],
        mean_bytes=round(one.mean_bytes, 1),
        largest_bytes=int(one.sizes.max()),
        raw_share=round(one.raw_share, 5),
        loss=round(one.quality.loss, 3),
        margin=round(one.quality.margin, 3),
        agreement=round(one.quality.agreement, 5),
        table_bytes=len(encode_tables(bundle.model_id, [setting])) - TABLES_HEAD_BYTES,
        lossless=one.candidate.lossless,
    )
