"""Figures are computed as they are called, and the README has those that were measured."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from bench.figure import Figure, Grid, Section, median_us, percentile, replace_sections, write
from bench.readme import BEGIN, END, grid_table, page_tables, replaced

ROOT = Path(__file__).parents[2]


def test_a_target_is_a_most_unless_it_is_a_least() -> None:
    assert Figure("time", 2.9, "ms", target=3.0).met
    assert not Figure("time", 3.1, "ms", target=3.0).met
    assert Figure("rate", 600.0, "1/s", target=500.0, least=True).met
    assert not Figure("rate", 400.0, "1/s", target=500.0, least=True).met
    assert Figure("other", 1.0, "s").met is None


def test_the_ratio_is_value_over_baseline() -> None:
    assert Figure("time", 3.0, "ms", baseline=2.0).ratio == pytest.approx(1.5)
    assert Figure("time", 3.0, "ms").ratio is None


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 5), (0.51, 6), (0.95, 10), (1.0, 10)])
def test_percentiles_are_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == expected


def test_the_median_is_of_calls_that_really_happened() -> None:
    calls = []
    assert median_us(lambda: calls.append(1), rounds=3, calls=5) > 0
    assert len(calls) == 16


def test_results_keep_what_a_reader_needs(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write([Section("part", "python -m bench part", (Figure("a", 1.0, "us", 2.0, baseline=4.0),))], path)
    (section,) = json.loads(path.read_text())["sections"]
    assert section["command"] == "python -m bench part"
    assert section["figures"][0]["met"] is True
    assert section["figures"][0]["ratio"] == 0.25


def test_only_the_table_is_replaced() -> None:
    page = replaced(f"above\n{BEGIN}\nold\n{END}\nbelow", "new")
    assert page == f"above\n{BEGIN}\nnew\n{END}\nbelow"


def test_the_readme_has_the_figures_that_were_measured() -> None:
    results = json.loads((ROOT / "bench/results.json").read_text())
    for name, tables in page_tables(results).items():
        page = (ROOT / name).read_text()
        assert [text for text in tables if text not in page] == []


def test_a_page_has_as_many_places_as_tables() -> None:
    page = f"{BEGIN}\n{END}\n{BEGIN}\nold\n{END}"
    assert replaced(page, "one", "two") == f"{BEGIN}\none\n{END}\n{BEGIN}\ntwo\n{END}"
    with pytest.raises(ValueError, match="2 places for 1 tables"):
        replaced(page, "one")


def test_a_grid_is_a_table_below_its_title() -> None:
    grid = {"name": "ways", "title": "Ways", "headings": ["a", "b"], "rows": [["1", "2"]]}
    results = {"sections": [{"name": "codecs", "grids": [grid]}]}
    assert grid_table(results, "codecs", "ways") == "Ways:\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def test_one_section_takes_the_place_of_its_own_figures_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write(
        [Section("one", "a", (Figure("x", 1.0, "us"),)), Section("two", "b", (Figure("y", 2.0, "us"),))], path
    )
    grid = Grid("g", "G", ("h",), (("1",),))
    replace_sections([Section("one", "a", (Figure("x", 3.0, "us"),), (grid,)), Section("new", "c", ())], path)
    sections = json.loads(path.read_text())["sections"]
    assert [section["name"] for section in sections] == ["one", "two", "new"]
    assert (sections[0]["figures"][0]["value"], sections[1]["figures"][0]["value"]) == (3.0, 2.0)
    assert sections[0]["grids"][0]["rows"] == [["1"]]
    assert list(tmp_path.iterdir()) == [path]


def test_figures_of_another_machine_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write([Section("one", "a", ())], path)
    document = json.loads(path.read_text())
    document["machine"]["cores"] = 4096
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="measure all sections"):
        replace_sections([Section("one", "a", ())], path)


def test_every_measured_figure_is_a_number() -> None:
    results = json.loads((ROOT / "bench/results.json").read_text())
    figures = [figure for section in results["sections"] for figure in section["figures"]]
    assert len(figures) >= 10
    assert all(math.isfinite(figure["value"]) for figure in figures)
