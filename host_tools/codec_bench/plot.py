"""Bytes a frame against quality as a picture: every way to serve, and the front that none of them beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cutpoint.errors import UsageError
from host_tools.codec_bench.row import Row, pareto
from host_tools.codec_bench.run import METRIC_NAMES, CodecBench

# Okabe and Ito's palette, which the colour-blind can tell apart.
COLOURS = {
    "raw": "#999999",
    "bitmap": "#56b4e9",
    "lowbit": "#e69f00",
    "rans": "#0072b2",
    "slicer": "#009e73",
    "delta": "#cc79a7",
}
PICTURE, DEVICE, FRONT, TEXT = "#000000", "#d55e00", "#d9d9d9", "#444444"
MARKERS = "os^Dv<>phX"
"""One for each cut, in the order of the cuts."""
DEEPEST = 0.08
"""How far below the whole network's quality the picture reaches; what is worse is left out and counted."""
LEAST_GAP = 0.04 * DEEPEST
"""Between the names of two points of the front; nearer ones would hide each other."""


def draw(bench: CodecBench, path: Path) -> None:
    """Write the picture as PNG. Raises UsageError without matplotlib or a place that can be written."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise UsageError("a plot needs matplotlib; pip install 'cutpoint[plot]', or --no-plot") from error
    figure, axes = pyplot.subplots(figsize=(11, 6.2), layout="constrained")
    whole, lowest = bench.whole, bench.whole - DEEPEST
    shown = [row for row in bench.rows if row.loss <= 100 * DEEPEST]
    _front(axes, shown, whole)
    _splits(axes, shown, whole)
    _ends(axes, bench)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(matplotlib.ticker.LogLocator(10, (1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    luckiest = max(0.0, *(-row.loss / 100 for row in bench.rows))
    axes.set_ylim(lowest, whole + luckiest + 0.15 * DEEPEST)
    axes.set_xlabel("bytes a frame with all framing, from the device (logarithmic)")
    metric = METRIC_NAMES[bench.metric]
    axes.set_ylabel(f"{metric} of the whole network, less the loss")
    loss = axes.secondary_yaxis(
        "right", functions=(lambda value: 100 * (bench.whole - value), lambda loss: bench.whole - loss / 100)
    )
    loss.set_ylabel(f"points of {metric} lost")
    axes.grid(True, color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    left_out = len(bench.rows) - len(shown)
    below = f"; {left_out} of {len(bench.rows)} ways are worse than the picture reaches" if left_out else ""
    axes.set_title(f"{bench.bundle}, {bench.pictures:,} pictures{below}", fontsize=10)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, format="png")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        pyplot.close(figure)


def _front(axes: Any, rows: Sequence[Row], whole: float) -> None:
    front = pareto(rows)
    style = {"color": FRONT, "linewidth": 6, "solid_capstyle": "round", "zorder": 1}
    axes.step(
        [row.bytes for row in front],
        [_height(row, whole) for row in front],
        where="post",
        label="front: no offloading way beats it",
        **style,
    )
    named = whole + 1.0
    for row in front[::-1]:
        height = _height(row, whole)
        if named - height < LEAST_GAP:
            continue
        named = height
        axes.annotate(
            f"{row.label}, cut {row.cut}" if row.family == "split" else row.label,
            (row.bytes, height),
            xytext=(-5, 6),
            textcoords="offset points",
            fontsize=7,
            color=TEXT,
            ha="right",
        )


def _splits(axes: Any, rows: Sequence[Row], whole: float) -> None:
    splits = [row for row in rows if row.family == "split"]
    markers = dict(zip(sorted({row.cut for row in splits}), _markers(), strict=False))
    for codec, colour in COLOURS.items():
        some = [row for row in splits if row.codec == codec]
        for row in some:
            axes.scatter(
                row.bytes,
                _height(row, whole),
                color=colour,
                marker=markers[row.cut],
                s=30,
                linewidths=0.4,
                edgecolors="white",
                zorder=4,
            )
        if some:
            axes.scatter([], [], color=colour, marker="o", s=30, label=f"split, {codec}")
    outside = [row for row in rows if row.family == "outside"]
    axes.scatter(
        [row.bytes for row in outside],
        [_height(row, whole) for row in outside],
        color="#999999",
        marker="x",
        s=16,
        linewidths=0.8,
        zorder=2,
        label="zstd, lz4, blosc2 at the same cuts",
    )
    for cut, marker in markers.items():
        axes.scatter([], [], color="white", edgecolors=TEXT, marker=marker, s=26, label=f"cut {cut}")


def _height(row: Row, whole: float) -> float:
    """By the loss, so that raw tensors lie on one line at whichever cut, whatever the tails' kernels are."""
    return whole - row.loss / 100


def _markers() -> Iterator[str]:
    while True:
        yield from MARKERS


def _ends(axes: Any, bench: CodecBench) -> None:
    for codec, style, label in (
        ("jpeg", "-", "edge-only, JPEG"),
        ("jpeg-scan", ":", "edge-only, JPEG without headers"),
    ):
        some = [row for row in bench.rows if row.codec == codec]
        if not some:
            continue
        axes.plot(
            [row.bytes for row in some],
            [_height(row, bench.whole) for row in some],
            color=PICTURE,
            linestyle=style,
            marker="o",
            markersize=3.5,
            label=label,
            zorder=3,
        )
        for row in some:
            if row.loss <= 100 * DEEPEST and codec == "jpeg":
                axes.annotate(
                    row.setting.strip(),
                    (row.bytes, _height(row, bench.whole)),
                    xytext=(6, -3),
                    textcoords="offset points",
                    fontsize=7,
                    color=TEXT,
                )
    ends = {
        ("edge-only", "raw"): (PICTURE, "s", 45, "edge-only, pixels"),
        ("device-only", "answer"): (DEVICE, "*", 170, "device-only, the answer alone"),
        ("device-only", "bitmap"): (DEVICE, "*", 70, "device-only, its output tensors"),
    }
    for row in bench.rows:
        if (row.family, row.codec) in ends:
            colour, marker, size, label = ends[row.family, row.codec]
            axes.scatter(
                row.bytes,
                _height(row, bench.whole),
                color=colour,
                marker=marker,
                s=size,
                label=label,
                zorder=5,
            )
