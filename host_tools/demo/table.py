"""What a person sees of the demonstration: a live table, and the summary at the end."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cutpoint.answer import Answer, Centroids
from host_tools.demo.scoreboard import Row, Scoreboard
from host_tools.demo.summary import StationSummary, Summary, words
from host_tools.monitor import answer_words

STATE_COLOUR = {"online": "green", "isolated": "yellow", "offline": "red", "stopped": "red"}
LAST_EVENTS = 4


def live(board: Scoreboard, pictures: int, labels: tuple[str, ...]) -> RenderableType:
    """The table as it is now. Two lines a device, so that every column is readable on 80."""
    table = Table(
        title=f"{board.elapsed_s:5.1f} s", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for heading in ("device\nlink", "state\npicture"):
        table.add_column(heading, no_wrap=True)
    for heading in ("cut codec\nbytes up", "device\nlink ms", "edge\ntotal", "by\nF1"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("answer\nlabel@x,y")  # the one column that may wrap
    for row in board.rows():
        table.add_row(*cells(row, pictures, labels))
    notes = [f"[dim]{at:5.1f} s[/] {escape(what)}" for at, what in board.events()[-LAST_EVENTS:]]
    return Group(table, *notes)


def cells(row: Row, pictures: int, labels: tuple[str, ...]) -> list[str]:
    """One station's cells: its last picture. Each holds two lines."""
    state = f"[{STATE_COLOUR.get(row.state, 'default')}]{row.state}[/]"
    start = [f"{row.station.name}\n{row.link}", f"{state}\n{len(row.records)}/{pictures}"]
    if not row.records:
        return [*start, "", "", "", "", ""]
    last = row.records[-1]

    def milliseconds(us: int | None) -> str:
        return "-" if us is None else f"{us / 1000:.0f}"

    edge = "-" if last.edge_us is None else f"{last.edge_us / 1000:.1f}"
    f1 = "-" if row.score.f1 is None else f"{row.score.f1:.2f}"
    return [
        *start,
        f"{last.cut} {last.codec or '-'}\n{last.bytes_up:,}",
        f"{milliseconds(last.device_us)}\n{milliseconds(last.link_us)}",
        f"{edge}\n{milliseconds(last.total_us)}",
        f"{last.by}\n{f1}",
        escape(in_short(last.answer, labels)),
    ]


def in_short(answer: Answer | None, labels: tuple[str, ...]) -> str:
    """An answer in as few characters as possible."""
    if answer is None:
        return "no answer"
    if not isinstance(answer, Centroids) or not answer.items:
        return answer_words(answer, labels)
    found = [
        f"{labels[item.label] if item.label < len(labels) else item.label}@{item.x},{item.y}"
        for item in answer.items
    ]
    return " ".join(found)


def show_summary(summary: Summary, console: Console) -> None:
    """Print what was shown: each device with its decisions, then the checks."""
    for station in summary.stations:
        show_station(station, console)
    table = Table(title="What had to hold", title_justify="left")
    for heading in ("", "check", "seen"):
        table.add_column(heading)
    for check in summary.checks:
        table.add_row("[green]yes[/]" if check.held else "[red]no[/]", check.name, escape(check.seen))
    console.print(table)
    saved = f"{summary.saved_bytes:,} of {summary.raw_bytes:,} B"
    f1, whole_f1 = (f"{value:.3f}" if value is not None else "-" for value in (summary.f1, summary.whole_f1))
    console.print(
        f"codecs saved {saved} of the tensors that the edge answered; F1 {f1}, the whole model's {whole_f1}; "
        f"{summary.lossy} answers from tensors that a codec had changed",
        highlight=False,
    )
    verdict = "[green]all of it held[/]" if summary.held else "[red]not all of it held[/]"
    console.print(
        f"{summary.answered} of {summary.pictures} pictures answered ({words(summary.by)}), {summary.equal} equal to "
        f"the whole model, in {summary.seconds:.0f} s: {verdict}",
        highlight=False,
    )
    console.print(
        f"[dim]heads: {summary.engine}; tails: LiteRT {summary.edge_kernels} kernels; broker: {summary.broker}; device "
        "times are modelled from published figures (docs/device.md), links are emulated, edge times are measured[/]",
        highlight=False,
    )


def show_station(station: StationSummary, console: Console) -> None:
    """Print one device's way through the demonstration."""
    link = station.link if station.later_link is None else f"{station.link}, later {station.later_link}"
    f1, whole_f1 = (f"{value:.3f}" if value is not None else "-" for value in (station.f1, station.whole_f1))
    codecs = ", ".join(f"{codec} {count}" for codec, count in station.codecs.items()) or "none"
    console.print(
        f"[bold]{station.name}[/] ({station.profile}, {link}): {words(station.by)}; codecs {codecs}; median device "
        f"{station.device_ms:.0f} ms, total {station.total_ms:.0f} ms; {station.bytes_up:,} B up; F1 {f1}, the whole "
        f"model's {whole_f1}",
        highlight=False,
    )
    notes, newest = [], 0
    for note in station.decisions:
        # A server that was started again learns a device's epoch from its first frame; until then its plans are old.
        late = ", which the device ignores: it follows a newer one" if note.epoch <= newest else ""
        newest = max(newest, note.epoch)
        notes.append((note.at_s, f"plan {note.epoch}{late}: {note.reason}"))
    notes += [(note.at_s, note.state) for note in station.states]
    for at, what in sorted(notes):
        console.print(f"  [dim]{at:5.1f} s[/] {escape(what)}", highlight=False, soft_wrap=True)
