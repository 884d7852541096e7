"""The table of figures in the README, written from bench/results.json and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGIN = "<!-- figures: written by `make bench` from bench/results.json -->"
END = "<!-- end of figures -->"


def table(results: dict[str, Any]) -> str:
    """Markdown rows of every figure that has a target: value, target, and the ratio to its baseline."""
    machine = results["machine"]
    lines = [
        f"`make bench` on {machine['cores']} cores, {machine['system']}, Python {machine['python']}. Absolute times "
        "are of that machine; the ratio is to a baseline in the same run.",
        "",
        "| figure | value | target | ratio to |",
        "|---|---|---|---|",
    ]
    for section in results["sections"]:
        for figure in section["figures"]:
            if figure["target"] is None:
                continue
            least = ">=" if figure["least"] else "<="
            ratio = f"{figure['ratio']:.2g} x {figure['baseline_name']}" if figure["ratio"] else ""
            value = f"{number(figure['value'])} {figure['unit']}"
            lines.append(f"| {figure['name']} | {value} | {least} {figure['target']:g} | {ratio} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three digits, and all of them before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def replaced(page: str, results: dict[str, Any]) -> str:
    """The README with its table made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(results)}\n{END}{after}"


def rewrite(readme: Path, results: Path) -> None:
    """Put the figures of a results file into the README."""
    page = readme.read_text(encoding="utf-8")
    readme.write_text(replaced(page, json.loads(results.read_text(encoding="utf-8"))), encoding="utf-8")
