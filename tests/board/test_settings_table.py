"""The table of docs/board.md is the schema of the firmware, row by row."""

from __future__ import annotations

import re
from pathlib import Path

from cutpoint.board import SETTINGS, Setting

PAGE = Path(__file__).parents[2] / "docs" / "board.md"


def values(row: Setting) -> str:
    """What the second column says of a setting."""
    if row.kind == "choice":
        return ", ".join(f"`{word}`" for word in row.choices)
    if row.kind in ("u8", "u16", "u32"):
        return f"{row.least} to {row.most}"
    if row.kind == "text":
        return f"text, up to {row.most}"
    return {"pem": "PEM", "hex": f"hex, up to {row.most} bytes", "key": f"hex, {row.most} bytes"}[row.kind]


def line(row: Setting) -> str:
    initial = f"`{row.initial}`" if row.initial else ""
    secret = " Secret." if row.secret else ""
    return f"| `{row.key}` | {values(row)} | {initial} | {row.help}{secret} |"


def test_the_page_lists_every_setting_as_the_schema_has_it() -> None:
    listed = re.findall(r"^\| `[a-z_0-9]+` \| [^\n]*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rows = {line(row) for row in SETTINGS}
    assert [text for text in listed if text in rows] == [line(row) for row in SETTINGS]
