"""When splitting pays: latency and energy of the ways to serve, on a board and over links that ship as presets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.figure import Grid
from host_tools.codec_bench import Board, CodecBench, Row
from host_tools.device.distribution import Delay, Shape
from host_tools.device.link import Link

LINKS = ("wifi-good", "wifi-poor", "ble", "esp-now", "lte-m")
BOUNDS = (0.5, 3.0)
"""Points of the metric that may be lost."""


@dataclass(frozen=True, slots=True)
class Served:
    """One way over one link: milliseconds from the picture to the answer, millijoules of the device."""

    row: Row
    ms: float
    mj: float


def when_it_pays(bench: CodecBench, board: Board) -> Grid:
    """For each link the quickest of each kind of serving, by how much quality may be lost.

    Modelled throughout: head and encoding by the board's profile, bytes with MQTT's by the link's rate, mean delays of
    the link both ways. The edge's own time is left out, since it is less than a millisecond; so is the JPEG encoder,
    which is the camera's. Device-only answers by itself and sends its answer besides.
    """
    rows = []
    for name in LINKS:
        link = Link.preset(name)
        assert link.up.rate_bps is not None
        cells = [f"{name}, {link.up.rate_bps / 1000:,.0f} kb/s"]
        (answer,) = [row for row in bench.rows if row.codec == "answer"]
        cells.append(_cell(served(answer, board, link)))
        (pixels,) = [row for row in bench.rows if row.family == "edge-only" and row.codec == "raw"]
        cells.append(_cell(served(pixels, board, link)))
        for most in BOUNDS:
            cells.append(_cell(_best(bench.rows, "jpeg", most, board, link)))
            cells.append(_cell(_best(bench.rows, "split", most, board, link), named=True))
        rows.append(tuple(cells))
    headings = ["link", "device-only", "pixels"]
    for most in BOUNDS:
        headings += [f"JPEG, loss <= {most:g}", f"split, loss <= {most:g}"]
    return Grid("pays", f"{board.name}, ms and mJ an inference, modelled", tuple(headings), tuple(rows))


def served(row: Row, board: Board, link: Link) -> Served:
    """Latency and energy of a row, means."""
    compute_ms = row.head_ms[board.name] + (row.encode_ms.get(board.name) or 0.0)
    transmit_ms = link.up.serialisation_us(round(row.bytes + row.mqtt_bytes)) / 1000
    wait_ms = 0.0
    if row.family != "device-only":
        wait_ms = (
            _mean_us(link.up.delay)
            + _mean_us(link.down.delay)
            + link.down.serialisation_us(round(row.down_bytes))
        ) / 1000
    sending_ms = compute_ms + transmit_ms + wait_ms
    energy = board.energy_mj(compute_ms=compute_ms, transmit_ms=transmit_ms, total_ms=sending_ms)
    assert energy is not None
    return Served(row, compute_ms if row.family == "device-only" else sending_ms, energy)


def _mean_us(delay: Delay) -> float:
    return (delay.first + delay.second) / 2 if delay.shape is Shape.UNIFORM else delay.first


def _best(rows: Sequence[Row], kind: str, most: float, board: Board, link: Link) -> Served | None:
    some = [
        served(row, board, link)
        for row in rows
        if row.loss <= most
        and (row.codec == "jpeg" if kind == "jpeg" else row.family == "split" and row.codec != "delta")
    ]
    return min(some, key=lambda one: one.ms, default=None)


def _cell(one: Served | None, *, named: bool = False) -> str:
    if one is None:
        return "none is that good"
    name = f" (cut {one.row.cut}, {one.row.label})" if named else ""
    if one.row.codec == "jpeg":
        name = f" ({one.row.setting.strip()})"
    return f"{one.ms:,.0f} ms, {one.mj:,.1f} mJ{name}"
