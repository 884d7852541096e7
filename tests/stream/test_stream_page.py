"""The page of the Stream engine names the operators that it runs, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from cutpoint.graph.stream.lower import RULES

PAGE = Path(__file__).parents[2] / "docs" / "stream.md"


def test_the_page_has_every_operator_and_no_other() -> None:
    table = PAGE.read_text().split("## Operators")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [kind for cell in cells for kind in re.findall(r"`([A-Z0-9_]+)`", cell)]
    assert sorted(named) == sorted(RULES)
