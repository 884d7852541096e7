"""Rows into CSV, JSON lines or Parquet, a chunk at a time."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TextIO

from cutpoint.errors import UsageError
from host_tools.history.columns import Column

# Rows of a group in a Parquet file, which is also what is held in memory at a time.
_GROUP_ROWS = 20_000


class Format(StrEnum):
    """How rows are written."""

    csv = "csv"
    parquet = "parquet"
    json = "json"


def chosen_format(asked: Format | None, output: Path | None) -> Format:
    """The format that was asked for, else what the file's name says, else CSV. Raises UsageError."""
    if asked is None and output is not None:
        suffix = output.suffix.lower().removeprefix(".")
        known = {"jsonl": "json", "ndjson": "json"}.get(suffix, suffix)
        if known not in Format.__members__:
            raise UsageError(
                f"-o is {str(output)!r}, whose ending names no format; expected .csv, .parquet or .json, or give "
                "--format"
            )
        asked = Format(known)
    if asked is Format.parquet and output is None:
        raise UsageError("a Parquet file cannot go to a terminal or pipe; name one with -o FILE.parquet")
    return asked or Format.csv


def write_rows(records: Iterable[object], columns: Sequence[Column], to: Format, output: Path | None) -> int:
    """Write every record as one row, to a file or to standard output; how many there were.

    A file appears under its name when it is whole. Raises UsageError when it cannot be made, or pyarrow is missing.
    """
    if output is None:
        return _write_text(records, columns, to, sys.stdout)
    with _whole(output) as part:
        if to is Format.parquet:
            return _write_parquet(records, columns, part)
        with part.open("w", encoding="utf-8", newline="") as file:
            return _write_text(records, columns, to, file)


@contextmanager
def _whole(output: Path) -> Iterator[Path]:
    """A place beside `output` that takes its name at the end, and is gone when something went wrong."""
    part = output.with_name(f"{output.name}.part")
    try:
        part.open("wb").close()
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror}; name a place that you may write to"
        ) from error
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _write_text(records: Iterable[object], columns: Sequence[Column], to: Format, file: TextIO) -> int:
    count = 0
    names = [column.name for column in columns]
    times = [index for index, column in enumerate(columns) if column.kind == "time"]
    rows = csv.writer(file, lineterminator="\n")
    if to is Format.csv:
        rows.writerow(names)
    for record in records:
        count += 1
        values = [column.value(record) for column in columns]
        for index in times:
            values[index] = _time_text(values[index])
        if to is Format.csv:
            rows.writerow(values)
        else:
            file.write(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n")
    file.flush()
    return count


def _time_text(us: int) -> str:
    """ISO 8601 in UTC, with microseconds."""
    return f"{_second_text(us // 1_000_000)}.{us % 1_000_000:06d}Z"


@lru_cache(64)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _write_parquet(records: Iterable[object], columns: Sequence[Column], part: Path) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UsageError("Parquet files need pyarrow: pip install 'cutpoint[parquet]'") from error
    kinds = {
        "time": pa.timestamp("us", tz="UTC"),
        "text": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
    }
    schema = pa.schema([(column.name, kinds[column.kind]) for column in columns])
    every, count = iter(records), 0
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        while some := list(islice(every, _GROUP_ROWS)):
            arrays = [
                pa.array([column.value(record) for record in some], kinds[column.kind]) for column in columns
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(some)
    return count
