"""What a run came to: figures, faults, violations; as values, as JSON, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from host_tools.load.faults import Happened
from host_tools.load.fleet import Second, Tally
from host_tools.load.histogram import COARSE, Histogram
from host_tools.load.invariant import Violation

SHARES = (0.5, 0.9, 0.99, 0.999)
SETTLE_S = 1
"""Seconds after a fault that still count as its."""


_MEASURABLE_DEVICES = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A fault and what was delivered from its beginning to a second after its end, and in the calm seconds of the run.

    Latencies in ms from the scheduled time; None where nothing was delivered.
    """

    fault: str
    began_s: float
    ended_s: float
    delivered: int
    edge_share: float | None
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """One run. Percentiles in ms by name; `ok` is the invariant's verdict."""

    devices: int
    connected: int
    rate_per_s: float
    duration_s: float
    asked: int
    by: dict[str, int]
    wrong: int
    doubled: int
    unanswered: int
    skipped: int
    per_s: float
    scheduled_ms: dict[str, float | None]
    sent_ms: dict[str, float | None]
    edge_scheduled_ms: dict[str, float | None]
    edge_sent_ms: dict[str, float | None]
    behind_p99_ms: float | None
    rig_cpu_us: float
    device_kb: float
    cuts: dict[int, int]
    reasons: dict[str, int]
    counts: dict[str, int]
    edge_view: dict[str, int]
    remembered: dict[str, int]
    links: dict[str, int]
    windows: tuple[Window, ...]
    calm: Window | None
    server: dict[str, float]
    violations: dict[str, int]
    listed: tuple[Violation, ...] = field(repr=False)
    failure: str | None
    series: tuple[dict[str, object], ...] = field(repr=False)
    curves: dict[str, list[tuple[float, float]]] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Every inference was answered exactly once, and rightly, as far as both ends saw."""
        return not self.violations and self.failure is None and self.asked > 0


def percentiles_ms(histogram: Histogram) -> dict[str, float | None]:
    """p50 to p99.9 and the most, in ms."""
    found = {
        f"p{100 * share:g}": None if (us := histogram.percentile(share)) is None else us / 1000
        for share in SHARES
    }
    return found | {"most": histogram.most / 1000 if histogram.total else None}


def series_of(tally: Tally) -> tuple[dict[str, object], ...]:
    """One entry a second: when, delivered by whom, p50, p99 and most in ms from the scheduled time."""
    return tuple(
        {
            "s": number,
            "edge": second.by["edge"],
            "device": second.by["device"],
            "none": second.by["none"],
            **{name: percentiles_ms(second.latency_us)[name] for name in ("p50", "p99", "most")},
        }
        for number, second in sorted(tally.seconds.items())
    )


def windows_of(
    tally: Tally, happened: Sequence[Happened], duration_s: float
) -> tuple[tuple[Window, ...], Window]:
    """What was delivered during each fault, and in the seconds of none."""
    taken: set[int] = set()
    windows = []
    for one in happened:
        ended_s = duration_s if one.ended_s is None else one.ended_s
        seconds = range(int(one.began_s), int(ended_s) + SETTLE_S + 1)
        taken.update(seconds)
        windows.append(_window(str(one.fault), one.began_s, ended_s, [tally.seconds.get(s) for s in seconds]))
    calm = [second for number, second in tally.seconds.items() if number not in taken]
    return tuple(windows), _window("no fault", 0.0, duration_s, calm)


def _window(name: str, began_s: float, ended_s: float, seconds: Sequence[Second | None]) -> Window:
    together = Second(Histogram(COARSE))
    for second in seconds:
        if second is not None:
            together.latency_us.add(second.latency_us)
            together.by.update(second.by)
    delivered = together.by.total()
    figures = percentiles_ms(together.latency_us)
    share = together.by["edge"] / delivered if delivered else None
    return Window(
        name, round(began_s, 2), round(ended_s, 2), delivered, share, figures["p50"], figures["p99"]
    )


def curve_of(histogram: Histogram) -> list[tuple[float, float]]:
    """(share, ms) for the plot of a latency by percentile."""
    return [(share, us / 1000) for us, share in histogram.curve()]


def show(report: Report, console: Console) -> None:
    """Tables for people."""
    table = Table(title="inferences", title_justify="left")
    for heading in ("asked", "by edge", "by device", "wrong", "doubled", "unanswered", "skipped", "per s"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{report.asked:,}",
        f"{report.by.get('edge', 0):,}",
        f"{report.by.get('device', 0):,}",
        f"{report.wrong:,}",
        f"{report.doubled:,}",
        f"{report.unanswered:,}",
        f"{report.skipped:,}",
        f"{report.per_s:,.1f}",
    )
    console.print(table)
    table = Table(title="milliseconds", title_justify="left")
    table.add_column("from")
    for name in report.scheduled_ms:
        table.add_column(name, justify="right")
    for heading, figures in (
        ("scheduled", report.scheduled_ms),
        ("sent", report.sent_ms),
        ("scheduled, by edge", report.edge_scheduled_ms),
        ("sent, by edge", report.edge_sent_ms),
    ):
        table.add_row(heading, *(_ms(value) for value in figures.values()))
    console.print(table)
    if report.windows:
        table = Table(title="faults", title_justify="left")
        for heading in ("fault", "from s", "to s", "delivered", "by edge", "p50 ms", "p99 ms"):
            table.add_column(heading, justify="left" if heading == "fault" else "right")
        for window in (*report.windows, *((report.calm,) if report.calm is not None else ())):
            share = "-" if window.edge_share is None else f"{100 * window.edge_share:.1f} %"
            table.add_row(
                window.fault,
                f"{window.began_s:.1f}",
                f"{window.ended_s:.1f}",
                f"{window.delivered:,}",
                share,
                _ms(window.p50_ms),
                _ms(window.p99_ms),
            )
        console.print(table)


def sentences(report: Report) -> list[str]:
    """The verdict, and what should be known before the figures are trusted."""
    # A small fleet fits into memory that the process had before; what it grew by says nothing then.
    memory = f", {report.device_kb:.0f} KB a device" if report.devices >= _MEASURABLE_DEVICES else ""
    said = [
        f"{report.connected:,} of {report.devices:,} devices were connected; their thread took "
        f"{report.rig_cpu_us:.0f} us of processor an inference{memory}"
    ]
    if report.behind_p99_ms is not None and report.behind_p99_ms > 10:
        said.append(
            f"the rig itself was late: 1 % of the pictures were begun {report.behind_p99_ms:.0f} ms or more after "
            "their time; spread the devices with --processes or ask for less"
        )
    if report.edge_view:
        seen = report.edge_view
        said.append(
            f"at the broker: {seen.get('answered', 0):,} answers of the edge seen, {seen.get('taken', 0):,} of them "
            f"taken by the devices, {seen.get('late or lost', 0):,} late or lost, {seen.get('repeated', 0):,} "
            f"repeated, {seen.get('refused', 0):,} refusals; {seen.get('unwitnessed', 0):,} taken but not seen"
        )
    if report.remembered:
        seen = report.remembered
        said.append(
            f"in the server's history: {seen.get('answered', 0):,} answers, {seen.get('acknowledged', 0):,} "
            f"acknowledgements, {seen.get('refused', 0):,} refusals"
        )
    if report.links:
        said.append(
            "done to the links: "
            + ", ".join(f"{count:,} {name}" for name, count in sorted(report.links.items()))
        )
    if report.server:
        said.append(
            f"the server: {report.server['starts']:.0f} starts, the last took {report.server['ready_s']:.2f} s; "
            f"resident {report.server['first_mb']:.0f} MB at first, {report.server['last_mb']:.0f} MB at the end"
        )
    said += [str(violation) for violation in report.listed]
    if report.failure is not None:
        said.append(report.failure)
    if report.ok:
        said.append("every inference was answered exactly once, with the right answer")
    elif report.violations:
        said.append(
            "the invariant is broken: " + ", ".join(f"{n:,} {kind}" for kind, n in report.violations.items())
        )
    elif not report.asked:
        said.append("nothing was asked")
    return said


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"
