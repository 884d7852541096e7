"""The table on a terminal: what is sent, what it costs to send, how good the answers are."""

from __future__ import annotations

from rich.table import Table

from host_tools.codec_bench.framing import TOPIC, publish_bytes
from host_tools.codec_bench.row import Row, pareto
from host_tools.codec_bench.run import METRIC_NAMES, CodecBench

MQTT_EXAMPLE_BYTES = 500
WIDE = 120
"""Characters that the whole table takes."""


def console_table(bench: CodecBench, width: int) -> Table:
    """One line a row; a star is on the Pareto front of bytes and quality, device-only apart.

    width: characters of the terminal; a narrow one does without what a codec asks of a device and what a setting is.
    """
    front = set(map(id, pareto(bench.rows)))
    table = Table(
        title=f"{bench.bundle} ({bench.model}), {bench.pictures:,} pictures, tails {bench.kernels}",
        title_justify="left",
    )
    headings = ["cut", "codec", "bytes", METRIC_NAMES[bench.metric], "loss"]
    headings += [f"{name}, ms*" for name in bench.boards]
    if width >= WIDE:
        headings += ["instructions", "tables", "code", "data", "what"]
    for heading in headings:
        left = heading in ("codec", "what")
        table.add_column(heading, justify="left" if left else "right", no_wrap=heading != "what")
    before = ""
    for row in bench.rows:
        part = f"{row.family} {row.cut if row.family == 'split' else ''}"
        if part != before and before:
            table.add_section()
        before = part
        table.add_row(*_cells(bench, row, id(row) in front)[: len(headings)])
    return table


def _cells(bench: CodecBench, row: Row, on_front: bool) -> list[str]:
    device = row.device
    return [
        {"device-only": "N", "edge-only": "0"}.get(row.family, str(row.cut)),
        f"{row.label}{' ★' if on_front else ''}",
        f"{row.bytes:,.0f}",
        f"{row.quality:.4f}",
        f"{row.loss:.2f}" + (f" ± {row.margin:.2f}" if row.margin else ""),
        *(_ms(row.encode_ms.get(name), row.head_ms.get(name)) for name in bench.boards),
        "-" if device.instructions is None else f"{device.instructions:,.0f}",
        f"{row.table_bytes:,}" if row.table_bytes else "",
        "-" if device.code_bytes is None else f"{device.code_bytes:,}" if device.code_bytes else "",
        f"{row.data_bytes:,.0f}",
        row.what,
    ]


def _ms(encode: float | None, head: float | None) -> str:
    if head is None:
        return "-"
    return f"{head:,.0f} + {'-' if encode is None else f'{encode:.2f}'}"


def sentences(bench: CodecBench) -> list[str]:
    """What the columns mean, and what was not measured and why."""
    per_frame = publish_bytes(TOPIC, MQTT_EXAMPLE_BYTES)
    said = [
        f"bytes: of a frame, whole messages, frame headers and tensor records included, in chunks of at most "
        f"{bench.chunk_bytes:,} B. MQTT adds {per_frame} B to each chunk for the topic {TOPIC} (QoS 0); TCP, IP and "
        "TLS come on top. Down comes the result, see down_bytes in the CSV.",
        f"{METRIC_NAMES[bench.metric]}: {_metric(bench)}; loss against raw tensors at the same cut. "
        "★ on the Pareto front of bytes and quality, device-only apart.",
    ]
    if bench.boards:
        said.append(
            "*: head + encoding, both modelled: the board's profile, and instructions by its CoreMark score."
        )
    reasons: dict[str, list[str]] = {}
    for row in bench.rows:
        if row.device.why and row.codec not in reasons.setdefault(row.device.why, []):
            reasons[row.device.why].append(row.codec)
    said += [f"no instructions of {', '.join(codecs)}: {why}" for why, codecs in reasons.items()]
    if any(row.codec == "delta" for row in bench.rows):
        said.append(
            "delta: the pictures in their order, as of one camera, each acknowledged; it is for scenes that hardly "
            "change."
        )
    return [*said, *bench.notes]


def _metric(bench: CodecBench) -> str:
    if bench.metric == "agreement":
        return "with the answers of the whole network, since not all pictures are labelled"
    return f"by labels.json, {bench.whole:.4f} for the whole network on the device"
