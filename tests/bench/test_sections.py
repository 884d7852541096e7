"""Every section of the benchmark can be loaded, and the quick ones run."""

from __future__ import annotations

import importlib

import pytest

from bench.__main__ import APART, SECTIONS


@pytest.mark.parametrize("name", SECTIONS + APART)
def test_a_section_can_be_loaded(name: str) -> None:
    assert callable(importlib.import_module(f"bench.{name}").measure)


@pytest.mark.parametrize("name", ["frames", "planning", "overlap"])
def test_a_quick_look_gives_figures_with_a_baseline(name: str) -> None:
    section = importlib.import_module(f"bench.{name}").measure(quick=True)
    assert section.figures[0].value > 0
    assert section.figures[0].ratio is not None
