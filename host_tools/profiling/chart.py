"""The picture of a sweep: where the time of each cut goes."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.profiling.figures import CutFigures, Sweep

PARTS = (
    ("device_us", "device", "#3b6fb6"),
    ("encode_us", "encode", "#8fb8de"),
    ("link_us", "link", "#e0a030"),
    ("edge_us", "edge", "#2e7d32"),
)
UNKNOWN = "#999999"


def draw(sweep: Sweep, path: Path) -> None:
    """Stacked medians of each cut, milliseconds, as PNG. Raises UsageError without matplotlib or a writable place."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise UsageError("a plot needs matplotlib; pip install 'cutpoint[plot]', or --no-plot") from error
    cuts = sweep.cuts
    figure, axes = pyplot.subplots(figsize=(max(7.0, 0.36 * len(cuts) + 2.5), 5.0), layout="constrained")
    places = list(range(len(cuts)))
    bottoms = [0.0] * len(cuts)
    for field, label, colour in PARTS:
        heights = [_height(cut, field, sweep.operators) / 1000 for cut in cuts]
        axes.bar(places, heights, bottom=bottoms, color=colour, label=label, width=0.82)
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    top = max([*bottoms, 0.001])
    for place, cut in zip(places, cuts, strict=True):
        if cut.total_us is None:
            axes.text(place, bottoms[place] + top * 0.01, "?", ha="center", color=UNKNOWN)
        elif cut.cut == sweep.best_cut:
            axes.text(place, bottoms[place] + top * 0.01, "best", ha="center", fontsize=9)
    axes.set_ylim(0, top * 1.08)
    axes.set_xlim(-0.7, len(cuts) - 0.3)
    axes.set_xticks(places, [str(cut.cut) for cut in cuts], fontsize=8)
    axes.set_xlabel(f"cut (operators on the device, of {sweep.operators})")
    axes.set_ylabel("milliseconds, medians")
    modelled = ", device times modelled" if sweep.modelled else ""
    least = min((cut.inferences for cut in cuts), default=0)
    axes.set_title(
        f"{sweep.device} ({sweep.chip}), {sweep.bundle}, {sweep.codec}, {least} or more inferences a cut{modelled}",
        fontsize=10,
    )
    figure.legend(loc="outside upper center", ncols=len(PARTS), fontsize=9)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130, format="png")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        pyplot.close(figure)


def _height(cut: CutFigures, field: str, operators: int) -> float:
    # At cut N the device has answered already: what its report costs delays nobody.
    if cut.cut == operators and field in ("link_us", "edge_us"):
        return 0.0
    value = getattr(cut, field)
    return 0.0 if value is None else float(value)
