"""Figures of what codecs take: decoding from Python, and instructions, scratch and tables on a device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter

import numpy as np

from bench.codec_bytes import BLOCK_4
from bench.figure import Figure, median_us
from cutpoint.codec import CodecTables
from cutpoint.graph import Bundle
from host_tools.codec_bench import CodecBench, Live, Row

MOST_DECODE_US = 100.0
LEAST_BATCH_MB_S = 100.0
MOST_PER_BYTE = {"rans": 60.0, "rans, in slices": 60.0, "slicer": 90.0}
MOST_SCRATCH_BYTES = 4096
MOST_TABLE_BYTES = 2048


def decoding(bundle: Bundle, row: Row, frames: Sequence[Live], *, quick: bool) -> list[Figure]:
    """One tensor after the other, and all in one call, under the setting of `row`."""
    assert bundle.codec_tables is not None
    tables = CodecTables.open(bundle.codec_tables, bundle.model_id)
    number = int(row.setting.lstrip(":"))
    raw = [frame[0].tobytes() for frame in frames]
    coded = [made.data for data in raw if (made := tables.encode(number, 0, data)).codec.name == "RANS"]
    size = len(raw[0])
    one_us = median_us(
        partial(tables.decode, number, 0, coded[0], size), rounds=5 if quick else 31, calls=100
    )
    rounds = []
    for _ in range(3 if quick else 9):
        began = perf_counter()
        batch = tables.decode_batch(number, 0, coded, size)
        rounds.append(perf_counter() - began)
        assert batch.shape == (len(coded), size)
    batch_s = float(np.median(rounds))
    what = f"{row.label} ({row.what}), {size:,} B from {row.data_bytes:,.0f}"
    return [
        Figure("decode of a tensor from Python", one_us, "us", target=MOST_DECODE_US, detail=what),
        Figure(
            "decode in a batch from Python",
            len(coded) * size / batch_s / 1e6,
            "MB/s",
            target=LEAST_BATCH_MB_S,
            least=True,
            detail=f"{len(coded):,} tensors, {1e6 * batch_s / len(coded):.1f} us each; {what}; MB of tensors",
        ),
    ]


def on_device(bench: CodecBench) -> list[Figure]:
    """The dearest setting at block 4 in instructions, tables and scratch."""
    here = [row for row in bench.rows if row.family == "split" and row.cut == BLOCK_4]
    (raw,) = [row for row in here if row.codec == "raw"]
    figures = []
    for codec, most in MOST_PER_BYTE.items():
        sliced, name = codec == "rans, in slices", codec.partition(",")[0]
        rows = [
            row
            for row in here
            if row.codec == name and row.device.instructions is not None and ("slices" in row.what) is sliced
        ]
        if not rows:
            continue
        dear = max(rows, key=_instructions)
        cheap = min(rows, key=_instructions)
        figures.append(
            Figure(
                f"{codec} at block 4: instructions per input byte, rv32imc, dearest setting",
                _instructions(dear) / raw.data_bytes,
                "",
                target=most,
                detail=f"{dear.label} ({dear.what}); the cheapest, {cheap.label}, takes "
                f"{_instructions(cheap) / raw.data_bytes:.1f}; copying what was coded into the frame, which raw takes "
                f"{_instructions(raw) / raw.data_bytes:.1f} for, adds "
                f"{(dear.device.copying or 0.0) / raw.data_bytes:.1f}; code {dear.device.code_bytes or 0:,} B",
            )
        )
    settings = [row for row in here if row.table_bytes]
    largest = max(settings, key=lambda row: row.table_bytes)
    figures.append(
        Figure(
            "tables of a setting at block 4, the largest",
            largest.table_bytes,
            "B",
            target=MOST_TABLE_BYTES,
            detail=f"{largest.label} ({largest.what}); all {len(settings)} settings of the cut together "
            f"{sum(row.table_bytes for row in settings):,} B",
        )
    )
    used = [row for row in here if row.device.scratch_bytes]
    if used:
        deepest = max(used, key=lambda row: row.device.scratch_bytes or 0)
        figures.append(
            Figure(
                "scratch that a frame at block 4 takes, the most",
                deepest.device.scratch_bytes or 0,
                "B",
                target=MOST_SCRATCH_BYTES,
                detail=f"{deepest.label} ({deepest.what}), coded forms of the frames that were counted; a frame that "
                f"would need more than {MOST_SCRATCH_BYTES:,} B goes raw",
            )
        )
    return figures


def _instructions(row: Row) -> float:
    """Of coding itself."""
    assert row.device.instructions is not None
    return row.device.instructions - (row.device.copying or 0.0)
