"""The picture of a run: latency over time with the faults marked, and latency by percentile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cutpoint.errors import UsageError
from host_tools.load.report import Report

P50, P99, DEVICE, FAULT = "#3b6fb6", "#b5541c", "#2e7d32", "#999999"
CURVES = {"scheduled": "#b5541c", "sent": "#3b6fb6", "scheduled, by edge": "#2e7d32"}
COLOURS = {
    "broker": "#b5541c",
    "server": "#7b3fa0",
    "link": "#3b6fb6",
    "frame": "#8fb8de",
    "attack": "#c0392b",
}


def draw(report: Report, path: Path) -> None:
    """Write a PNG. Raises UsageError without matplotlib, or a writable place."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise UsageError(
            "a plot needs matplotlib; pip install 'cutpoint[plot]', or leave --plot out"
        ) from error
    kinds = list(dict.fromkeys(window.fault.partition(" ")[0] for window in report.windows))
    strip = 0.3 + 0.16 * len(kinds)
    figure, (over_time, delivered, faults, by_percentile) = pyplot.subplots(
        4, 1, figsize=(10.0, 9.0 + strip), layout="constrained", height_ratios=(3, 1.6, strip, 3)
    )
    _over_time(over_time, report)
    _delivered(delivered, report)
    _faults(faults, report, kinds)
    _by_percentile(by_percentile, report)
    figure.suptitle(
        f"{report.devices:,} devices at {report.rate_per_s:g}/s each: {report.asked:,} inferences, "
        f"{report.by.get('edge', 0):,} by the edge, {report.by.get('device', 0):,} by the device, "
        f"{report.wrong} wrong, {report.doubled} doubled, {report.unanswered} unanswered",
        fontsize=10,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, format="png")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        pyplot.close(figure)


def _over_time(axes: Any, report: Report) -> None:
    seconds = [entry["s"] for entry in report.series]
    for name, colour in (("p50", P50), ("p99", P99)):
        axes.plot(seconds, [entry[name] for entry in report.series], color=colour, label=name, linewidth=1.3)
    axes.set_yscale("log")
    axes.set_ylabel("ms from the scheduled time")
    axes.set_xlim(0, max(report.duration_s, 1.0))
    axes.legend(loc="upper right", fontsize=9)
    axes.grid(alpha=0.3)


def _delivered(axes: Any, report: Report) -> None:
    seconds = [entry["s"] for entry in report.series]
    edge = [entry["edge"] for entry in report.series]
    device = [entry["device"] for entry in report.series]
    axes.stackplot(
        seconds, edge, device, colors=(P50, DEVICE), labels=("by the edge", "by the device"), alpha=0.8
    )
    axes.set_ylabel("answers a second")
    axes.set_xlim(0, max(report.duration_s, 1.0))
    axes.legend(loc="lower right", fontsize=9)


def _faults(axes: Any, report: Report, kinds: list[str]) -> None:
    """A row a kind: when it was at work."""
    least_s = report.duration_s / 300
    for window in report.windows:
        kind = window.fault.partition(" ")[0]
        colour = COLOURS.get(kind.partition(".")[0], FAULT)
        width_s = max(least_s, window.ended_s - window.began_s)
        axes.barh(kinds.index(kind), width_s, left=window.began_s, color=colour, height=0.75)
    axes.set_yticks(range(len(kinds)), kinds, fontsize=8)
    axes.set_ylim(len(kinds) - 0.4, -0.6)
    axes.set_xlim(0, max(report.duration_s, 1.0))
    axes.set_xlabel("seconds")
    axes.grid(axis="x", alpha=0.3)
    if not kinds:
        axes.text(0.5, 0.5, "no faults", transform=axes.transAxes, ha="center", va="center", fontsize=9)


def _by_percentile(axes: Any, report: Report) -> None:
    most = max((len(curve) for curve in report.curves.values()), default=0)
    for name, colour in CURVES.items():
        curve = report.curves.get(name, [])
        places = [1 / max(1 - share, 1e-7) for share, _ in curve]
        axes.plot(places, [ms for _, ms in curve], color=colour, label=name, linewidth=1.4)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = {
        1: "0 %",
        2: "50 %",
        10: "90 %",
        100: "99 %",
        1000: "99.9 %",
        10_000: "99.99 %",
        100_000: "99.999 %",
    }
    end = max(10, min(report.asked, 1_000_000))
    axes.set_xlim(1, end)
    axes.set_xticks(
        [tick for tick in ticks if tick <= end], [text for tick, text in ticks.items() if tick <= end]
    )
    axes.minorticks_off()
    axes.set_xlabel("percentile")
    axes.set_ylabel("ms")
    axes.grid(alpha=0.3)
    if most:
        axes.legend(loc="upper left", fontsize=9)
