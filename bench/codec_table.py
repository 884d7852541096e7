"""The table of ways to serve a picture, as a page has it."""

from __future__ import annotations

from itertools import groupby

from bench.codec_bytes import BLOCK_4
from bench.figure import Grid
from host_tools.codec_bench import Board, CodecBench, Row, pareto


def ways(bench: CodecBench, board: Board) -> Grid:
    """All rows at both ends and at block 4; of another cut raw tensors and what no other row there beats."""
    front = set(map(id, pareto(bench.rows)))
    rows = []
    for cut, group in groupby(bench.rows, lambda row: (row.family, row.cut)):
        some = list(group)
        if cut[0] in ("split", "outside") and cut[1] not in (0, BLOCK_4):
            best = set(map(id, pareto(some)))
            some = [row for row in some if cut[0] == "split" and (row.codec == "raw" or id(row) in best)]
        rows += some
    headings = ("cut", "codec", "", "bytes", "data", "F1", "loss", "tables", "code", "instructions")
    return Grid(
        "ways",
        f"{bench.pictures:,} scenes of the test half, tails {bench.kernels}; the whole network on the device has F1 "
        f"{bench.whole:.4f}",
        (*headings, f"{board.name}, ms"),
        tuple(_cells(row, board, id(row) in front) for row in rows),
    )


def _cells(row: Row, board: Board, on_front: bool) -> tuple[str, ...]:
    device, encode = row.device, row.encode_ms.get(board.name)
    cut = {"device-only": "all on the device", "edge-only": "all on the edge"}.get(row.family, str(row.cut))
    return (
        cut,
        f"**{row.label}**" if on_front else row.label,
        row.what,
        f"{row.bytes:,.0f}",
        f"{row.data_bytes:,.0f}",
        f"{row.quality:.4f}",
        f"{row.loss:.2f}",
        f"{row.table_bytes:,}" if row.table_bytes else "",
        f"{device.code_bytes:,}" if device.code_bytes else "",
        "-" if device.instructions is None else f"{device.instructions:,.0f}",
        f"{row.head_ms[board.name]:,.0f}" + ("" if encode is None else f" + {encode:.2f}"),
    )
