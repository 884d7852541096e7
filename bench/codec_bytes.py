"""Figures of bytes against quality: what each target's cheapest setting takes, and JPEG of the picture beside it."""

from __future__ import annotations

from bench.figure import Figure
from host_tools.codec_bench import CodecBench, Row

BLOCK_4 = 17
"""The cut behind FOMO's block 4: one tensor of 2,304 bytes."""
MOST_LOSSLESS_BYTES = 1600
MOST_BYTES = {0.5: 560, 3.0: 330}
"""By the points of F1 that may be lost."""
JPEG_QUALITIES = (50, 60, 70, 75, 80, 85, 88, 90, 92, 94, 95)


def lossless(bench: CodecBench) -> tuple[Figure, Row]:
    """The fewest bytes at block 4 that give back every bit, beside zstd; the setting's row too."""
    rows = [row for row in bench.rows if row.family == "split" and row.cut == BLOCK_4 and row.lossless]
    best = min(rows, key=lambda row: row.bytes)
    (zstd,) = [row for row in bench.rows if row.codec == "zstd" and row.cut == BLOCK_4]
    (raw,) = [row for row in rows if row.codec == "raw"]
    figure = Figure(
        "lossless at block 4, mean of a frame with all framing",
        best.bytes,
        "B",
        target=MOST_LOSSLESS_BYTES,
        baseline_name="zstd 3 in the same frame",
        baseline=zstd.bytes,
        detail=f"{best.label} ({best.what}): {best.data_bytes:,.0f} B of data, zstd {zstd.data_bytes:,.0f}; raw "
        f"{raw.data_bytes:,.0f}",
    )
    return figure, best


def lossy(bench: CodecBench, most_loss: float) -> tuple[Figure, Row]:
    """The fewest bytes at block 4 that lose at most so many points, and the smallest JPEG that loses no more.

    Codec delta is left out: these scenes have nothing to do with each other.
    """
    rows = [
        row for row in bench.rows if row.family == "split" and row.codec != "delta" and row.loss <= most_loss
    ]
    best = min((row for row in rows if row.cut == BLOCK_4), key=lambda row: row.bytes)
    anywhere = min(rows, key=lambda row: row.bytes)
    jpegs = [row for row in bench.rows if row.codec == "jpeg"]
    equal = min((row for row in jpegs if row.loss <= most_loss), key=lambda row: row.bytes, default=None)
    figure = Figure(
        f"F1 loss <= {most_loss:g} at block 4, mean of a frame with all framing",
        best.bytes,
        "B",
        target=MOST_BYTES[most_loss],
        baseline_name="" if equal is None else f"JPEG{equal.setting}, whole file",
        baseline=None if equal is None else equal.bytes,
        detail=f"{best.label} ({best.what}): {best.data_bytes:,.0f} B of data, loss {best.loss:.2f}; of all cuts the "
        f"fewest at {anywhere.cut}: {anywhere.label}, {anywhere.bytes:,.0f} B, loss {anywhere.loss:.2f}; "
        + _beside(bench, jpegs, equal, most_loss),
    )
    return figure, best


def _beside(bench: CodecBench, jpegs: list[Row], equal: Row | None, most_loss: float) -> str:
    shown = equal or min(jpegs, key=lambda row: row.loss)
    (scan,) = [row for row in bench.rows if (row.codec, row.setting) == ("jpeg-scan", shown.setting)]
    said = f"loses {shown.loss:.2f} at {shown.bytes:,.0f} B, {scan.bytes:,.0f} without its headers"
    name = f"JPEG{shown.setting}"
    return f"{name} {said}" if equal else f"no JPEG loses at most {most_loss:g}: {name} {said}"
