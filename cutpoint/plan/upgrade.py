"""States of planners with other codec tables, or from before there were any, as this planner's own."""

from __future__ import annotations

from typing import Any

_Document = dict[str, Any]


def upgraded(state: object, *, base: int, rows: int, tables: int) -> object:
    """The state as a planner with these tables would have it; what is no state at all comes back as it is.

    state   as it came back from a store: anything at all, and unchanged afterwards
    base    rows of the cost table before the settings of codec tables, which do not depend on tables
    rows    all of them
    tables  `NetworkShape.tables_mark`

    Version 1 knew no tables and no audits. What was learned of a setting of other tables is left out: its number
    means another coding now. Nothing is checked here that the readers of the parts check.
    """
    if not isinstance(state, dict):
        return state
    document: _Document = state
    if document.get("version") == 1 and type(document["version"]) is int and "tables" not in document:
        document = document | {"version": 2, "tables": 0, "detours": _with_audits(document.get("detours"))}
    if document.get("tables") == tables:
        return document
    return document | {
        "tables": tables,
        "row": _below(document.get("row"), base),
        "last_run": _runs(document.get("last_run"), base, rows),
        "coding": _without_settings(document.get("coding")),
        "detours": _standing_below(document.get("detours"), base),
        "shift": _shifted_below(document.get("shift"), base),
    }


def _with_audits(detours: object) -> object:
    if not isinstance(detours, dict) or detours.get("version") != 1 or "audited_at" in detours:
        return detours
    return detours | {"version": 2, "audited_at": 0}


def _below(row: object, base: int) -> object:
    return None if isinstance(row, int) and row >= base else row


def _runs(last_run: object, base: int, rows: int) -> object:
    if not isinstance(last_run, list) or len(last_run) < base:
        return last_run
    return last_run[:base] + [-1] * (rows - base)


def _without_settings(coding: object) -> object:
    if not isinstance(coding, dict) or not isinstance(coding.get("seen"), list):
        return coding
    return coding | {"seen": [entry for entry in coding["seen"] if not _of_setting(entry)]}


def _of_setting(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) > 1 and isinstance(entry[1], str) and ":" in entry[1]


def _standing_below(detours: object, base: int) -> object:
    if not isinstance(detours, dict):
        return detours
    standing = detours.get("standing")
    if isinstance(standing, list) and standing and _below(standing[0], base) is None:
        return detours | {"standing": None}
    return detours


def _shifted_below(shift: object, base: int) -> object:
    if not isinstance(shift, dict) or "row" not in shift:
        return shift
    return shift | {"row": _below(shift["row"], base)}
