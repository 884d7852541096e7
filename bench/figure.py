"""One measured figure, its target and the baseline of the same run; and how they are written down."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value.

    `target` is the most it may be, or with `least=True` the least. `baseline` is measured in the same run and has the
    same unit; the ratio value / baseline is what to quote, since absolute times of a shared machine are noisy.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False
    baseline_name: str = ""
    baseline: float | None = None
    detail: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.least else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a section that is no list of figures: a title, headings, and cells as they are read."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Figures measured together by one command, and the tables behind them."""

    name: str
    command: str
    figures: tuple[Figure, ...]
    grids: tuple[Grid, ...] = ()


def median_us(action: Callable[[], object], *, rounds: int, calls: int) -> float:
    """Median over `rounds` of the mean time of one call, in us, each round timing `calls` of them."""
    action()
    times = []
    for _ in range(rounds):
        start = perf_counter_ns()
        for _ in range(calls):
            action()
        times.append((perf_counter_ns() - start) / calls / 1000)
    return statistics.median(times)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def write(sections: Iterable[Section], path: Path) -> None:
    """Write the figures as JSON, with what they were measured on."""
    document = {
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "cutpoint": version("cutpoint"),
            "ai_edge_litert": version("ai-edge-litert"),
        },
        "sections": [
            {
                "name": section.name,
                "command": section.command,
                "figures": [
                    asdict(figure) | {"ratio": figure.ratio, "met": figure.met} for figure in section.figures
                ],
                **({"grids": [asdict(grid) for grid in section.grids]} if section.grids else {}),
            }
            for section in sections
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def replace_sections(sections: Sequence[Section], path: Path) -> None:
    """Put the sections into a results file in place of those of their names, or behind the others.

    Raises ValueError when the file is of another machine: the ratios of one page are to be of one kind of machine.
    """
    before = json.loads(path.read_text(encoding="utf-8"))
    write(sections, path.with_suffix(".new"))
    fresh = json.loads(path.with_suffix(".new").read_text(encoding="utf-8"))
    path.with_suffix(".new").unlink()
    if fresh["machine"] != before["machine"]:
        raise ValueError(
            f"{path} is of {before['machine']}, this is {fresh['machine']}; measure all sections"
        )
    measured = {section["name"]: section for section in fresh["sections"]}
    kept = [measured.pop(section["name"], section) for section in before["sections"]]
    before["sections"] = [*kept, *measured.values()]
    path.write_text(json.dumps(before, indent=2) + "\n", encoding="utf-8")


def show(sections: Iterable[Section], console: Console) -> None:
    """Print one table a section, its command above it."""
    for section in sections:
        table = Table(title=f"{section.name}   ({section.command})", title_justify="left")
        for heading in ("figure", "value", "target", "baseline in the same run", "ratio", ""):
            table.add_column(heading, justify="right" if heading in {"value", "target", "ratio"} else "left")
        for figure in section.figures:
            target = "" if figure.target is None else f"{'>=' if figure.least else '<='} {figure.target:g}"
            baseline = (
                ""
                if figure.baseline is None
                else f"{figure.baseline_name}: {figure.baseline:.4g} {figure.unit}"
            )
            verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.met]
            ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
            table.add_row(figure.name, f"{figure.value:.4g} {figure.unit}", target, baseline, ratio, verdict)
        console.print(table)
        for grid in section.grids:
            shown = Table(*grid.headings, title=grid.title, title_justify="left")
            for row in grid.rows:
                shown.add_row(*row)
            console.print(shown)
        for figure in section.figures:
            if figure.detail:
                console.print(f"  {figure.name}: {figure.detail}", markup=False, highlight=False)
