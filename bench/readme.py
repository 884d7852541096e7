"""Tables of figures on pages, written from bench/results.json and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGIN = "<!-- figures: written by `make bench` from bench/results.json -->"
END = "<!-- end of figures -->"


def section_table(results: dict[str, Any], name: str) -> str:
    """Markdown rows of every figure of one section, and below them what is behind each."""
    (section,) = [one for one in results["sections"] if one["name"] == name]
    lines = [
        f"`{section['command']}`:",
        "",
        "| figure | value | target | the same run's | ratio |",
        "|---|---|---|---|---|",
    ]
    for figure in section["figures"]:
        least = ">=" if figure["least"] else "<="
        target = "" if figure["target"] is None else f"{least} {figure['target']:.3g}"
        baseline, ratio = "", ""
        if figure["ratio"]:
            baseline = f"{figure['baseline_name']}: {number(figure['baseline'])} {figure['unit']}"
            ratio = f"{figure['ratio']:.2g}"
        value = f"{number(figure['value'])} {figure['unit']}".strip()
        lines.append(f"| {figure['name']} | {value} | {target} | {baseline} | {ratio} |")
    details = [f"- {one['name']}: {one['detail']}" for one in section["figures"] if one["detail"]]
    return "\n".join([*lines, "", *details])


def grid_table(results: dict[str, Any], section: str, name: str) -> str:
    """Markdown rows of one table of a section, its title above."""
    (found,) = [one for one in results["sections"] if one["name"] == section]
    (grid,) = [one for one in found["grids"] if one["name"] == name]
    lines = [
        f"{grid['title']}:",
        "",
        "| " + " | ".join(grid["headings"]) + " |",
        "|" + "---|" * len(grid["headings"]),
    ]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in grid["rows"])])


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


def replaced(page: str, *tables: str) -> str:
    """The page with what is between its marks made anew; as many pairs of marks as tables."""
    parts = page.split(BEGIN)
    if len(parts) != len(tables) + 1:
        raise ValueError(f"the page has {len(parts) - 1} places for {len(tables)} tables")
    made = [parts[0]]
    for table, part in zip(tables, parts[1:], strict=True):
        _, after = part.split(END)
        made.append(f"{BEGIN}\n{table}\n{END}{after}")
    return "".join(made)


def rewrite(root: Path, results: Path) -> None:
    """Put the figures of a results file into the README, and those of a section onto its page."""
    measured = json.loads(results.read_text(encoding="utf-8"))
    for name, tables in page_tables(measured).items():
        page = root / name
        page.write_text(replaced(page.read_text(encoding="utf-8"), *tables), encoding="utf-8")


def page_tables(results: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The pages with figures, and what stands between each of their pairs of marks."""
    stream = "\n\n".join(section_table(results, name) for name in ("stream", "overlap"))
    return {
        "README.md": (table(results),),
        "docs/stream.md": (stream,),
        "docs/codecs.md": (
            section_table(results, "codecs"),
            grid_table(results, "codecs", "ways"),
            grid_table(results, "codecs", "pays"),
        ),
    }
