"""The picture of `cutpoint cuts --plot`: bytes per cut against raw and JPEG, and the MACs before the cut."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import matplotlib.ticker

from cutpoint.graph import Model
from host_tools.picture_size import JPEG_QUALITY, PictureBaseline

matplotlib.use("Agg")

BAR, WORK, RAW, JPEG = "#3b6fb6", "#b5541c", "#555555", "#2e7d32"


def plot_cuts(model: Model, baseline: PictureBaseline | None, path: Path) -> None:
    """Write the plot as PNG.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib import pyplot

    cuts = model.cuts
    figure, axes = pyplot.subplots(figsize=(max(8.0, 0.36 * len(cuts) + 2.5), 5.6), layout="constrained")
    positions = range(len(cuts))
    axes.bar(positions, [max(1, cut.bytes) for cut in cuts], color=BAR, label="live tensors (raw)")
    axes.set_yscale("log")
    axes.set_ylim(bottom=max(0.5, min(cut.bytes for cut in cuts) / 3))
    axes.set_ylabel("bytes that travel")
    axes.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xticks(
        list(positions),
        ["0 input"] + [f"{cut.k} {model.operators[cut.k - 1].kind}" for cut in cuts[1:]],
        rotation=90,
        fontsize=8,
    )
    axes.set_xlabel("cut (operators on the device)")
    axes.set_xlim(-0.7, len(cuts) - 0.3)
    if baseline is not None:
        axes.axhline(
            baseline.raw_bytes, color=RAW, linestyle="--", label=f"raw picture {baseline.raw_bytes:,} B"
        )
        axes.axhline(
            baseline.jpeg_bytes,
            color=JPEG,
            linestyle="-.",
            label=f"JPEG quality {JPEG_QUALITY}, {baseline.jpeg_bytes:,} B (median)",
        )
    work = axes.twinx()
    work.plot(
        positions,
        [cut.macs_before / 1e6 for cut in cuts],
        color=WORK,
        marker=".",
        label="MACs before the cut",
    )
    work.set_ylabel("million MACs on the device", color=WORK)
    work.tick_params(axis="y", colors=WORK)
    work.set_ylim(bottom=0)
    handles, labels = axes.get_legend_handles_labels()
    more_handles, more_labels = work.get_legend_handles_labels()
    figure.legend(
        handles + more_handles, labels + more_labels, loc="outside upper center", ncols=4, fontsize=9
    )
    figure.savefig(path, dpi=130, format="png")
    pyplot.close(figure)
