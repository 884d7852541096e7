"""The table as CSV: one line a row, what is not known left empty."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from host_tools.codec_bench.row import Row, pareto
from host_tools.codec_bench.run import CodecBench
from host_tools.profiling.files import write

COLUMNS = (
    *("family", "cut", "codec", "setting", "what", "bytes", "data_bytes", "largest_bytes", "frames"),
    *("mqtt_bytes", "down_bytes", "raw_share", "quality", "loss_points", "loss_margin", "table_bytes"),
    *("code_bytes", "scratch_bytes", "ram_bytes", "encode_instructions", "why_no_instructions", "on_front"),
)


def write_csv(bench: CodecBench, path: Path) -> None:
    """All rows; for each board a column of encoding and of the head. Raises UsageError when it cannot be written."""
    front = set(map(id, pareto(bench.rows)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    boards = [f"{part}_ms_{name}" for name in bench.boards for part in ("encode", "head")]
    writer.writerow([*COLUMNS, *boards])
    for row in bench.rows:
        writer.writerow(["" if cell is None else cell for cell in _cells(bench, row, id(row) in front)])
    write(path, text.getvalue().encode())


def _cells(bench: CodecBench, row: Row, on_front: bool) -> list[object]:
    device = row.device
    cells: list[object] = [
        *(row.family, row.cut, row.codec, row.setting.strip(" :"), row.what),
        *(round(row.bytes, 1), round(row.data_bytes, 1), row.largest_bytes, round(row.frames, 3)),
        *(round(row.mqtt_bytes, 1), round(row.down_bytes, 1), round(row.raw_share, 4)),
        *(round(row.quality, 5), round(row.loss, 3), round(row.margin, 3), row.table_bytes),
        *(device.code_bytes, device.scratch_bytes, row.ram_bytes),
        None if device.instructions is None else round(device.instructions),
        device.why,
        int(on_front),
    ]
    for name in bench.boards:
        for time in (row.encode_ms.get(name), row.head_ms.get(name)):
            cells.append(None if time is None else round(time, 4))
    return cells
