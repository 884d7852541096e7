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
class Section:
    """Figures measured together by one command."""

    name: str
    command: str
    figures: tuple[Figure, ...]


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
            }
            for section in sections
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


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
        for figure in section.figures:
            if figure.detail:
                console.print(f"  {figure.name}: {figure.detail}", markup=False, highlight=False)
