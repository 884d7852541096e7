"""A sweep as CSV and as JSON. Times are microseconds; an empty cell or null was not measured."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.profiling.figures import CutFigures, Sweep


def write_csv(sweep: Sweep, path: Path) -> None:
    """One line a cut, the fields of `CutFigures` in their order. Raises UsageError when it cannot be written."""
    names = [field.name for field in dataclasses.fields(CutFigures)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for cut in sweep.cuts:
        writer.writerow(["" if getattr(cut, name) is None else getattr(cut, name) for name in names])
    write(path, text.getvalue().encode())


def write_json(sweep: Sweep, path: Path) -> None:
    """The whole sweep. Raises UsageError when it cannot be written."""
    write(path, (json.dumps(dataclasses.asdict(sweep), indent=2) + "\n").encode())


def write(path: Path, data: bytes) -> None:
    """Replace a file in one step. Raises UsageError."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
