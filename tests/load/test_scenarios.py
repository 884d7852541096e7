"""Scenarios are checked when they are read, and say when what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from host_tools.load.scenario import KINDS, Fault, Scenario


def test_a_file_says_what_happens_when(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'seed = 3\nevery_s = 20\n[[fault]]\nwhat = "broker.kill"\nat_s = 5\nfor_s = 2\n'
        '[[fault]]\nwhat = "frame.flip"\nat_s = 1.5\nfor_s = 3\nleaves = ["act"]\nrate = 0.5\n'
    )
    scenario = Scenario.from_toml(path)
    assert scenario.seed == 3
    assert [(fault.what, fault.at_s) for fault in scenario.within(30)] == [
        ("frame.flip", 1.5),
        ("broker.kill", 5),
        ("frame.flip", 21.5),
        ("broker.kill", 25),
    ]
    assert scenario.needs_proxy("devices")
    assert not scenario.needs_proxy("server")
    assert str(scenario.faults[1]) == "frame.flip leaves=act rate=0.5"


def test_a_fault_that_would_outlast_the_run_is_left_out() -> None:
    scenario = Scenario((Fault("server.kill", 5, 10), Fault("link.reset", 14)))
    assert [fault.what for fault in scenario.within(14)] == ["link.reset"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[fault]]\nwhat = "edge.melt"\nat_s = 1', "edge.melt.* is unknown"),
        ('[[fault]]\nwhat = "broker.kill"\nat_s = 1\nrate = 0.5', "has no rate"),
        ('[[fault]]\nwhat = "frame.flip"\nat_s = 1\nrate = 7', "rate is 7"),
        ('[[fault]]\nwhat = "link.reset"\nat_s = 1\nplace = "moon"', "place is 'moon'"),
        ('[[fault]]\nwhat = "link.reset"', "at_s"),
        ("fautl = 1", "unknown entries"),
        ('every_s = 3\n[[fault]]\nwhat = "broker.kill"\nat_s = 2\nfor_s = 2', "ends at 4 s"),
        ("what ever", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"wrong\.toml: .*{words}"):
        Scenario.from_toml(path)


def test_no_such_scenario_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Scenario.named("never-made")


def test_the_scenarios_that_ship_hold_every_fault_that_needs_no_store() -> None:
    for name in ("short", "soak"):
        kinds = {fault.what for fault in Scenario.named(name).faults}
        assert kinds >= set(KINDS) - {"store.full", "link.refuse", "broker.freeze"}, name


def test_every_fault_is_named_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs/load.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
