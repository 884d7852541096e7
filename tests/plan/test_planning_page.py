"""docs/planning.md against the code that it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from simulated_device import FOMO

from cutpoint.plan import MACHINES, Context, CostTable, Decision, Planner, policy_names
from cutpoint.plan.policies.latency import LowestPrice

PAGE = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_example_runs_as_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(EXAMPLES[0], names)
    assert isinstance(names["decision"], Decision)
    assert "the device has no JPEG coder" in capsys.readouterr().out


def test_the_example_policy_can_be_planned_with() -> None:
    names: dict[str, object] = {
        "np": np, "npt": npt, "LowestPrice": LowestPrice, "CostTable": CostTable, "Context": Context
    }  # fmt: skip
    exec(EXAMPLES[1], names)
    policy = names["FewestBytes"]("fewest-bytes")  # type: ignore[operator]
    assert Planner(FOMO, policy, seed=0).decide().cut == 24


@pytest.mark.parametrize("name", [name.split(":")[0] for name in policy_names()])
def test_every_policy_is_on_the_page(name: str) -> None:
    assert re.search(rf"^\| `{name}[:`]", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_every_machine_class_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE
