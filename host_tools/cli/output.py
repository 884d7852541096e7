"""What every command prints with: two consoles, one JSON writer, one progress bar."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Terminal(Console):
    """A console that passes on no control characters: much of what is printed was written by others.

    A note of a device, a topic or a file's name could move the cursor or rename the window otherwise.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_shown(one) if isinstance(one, str) else one for one in objects), **options)

    def say(self, text: str) -> None:
        """A sentence as it is: brackets are no markup, figures get no colour, and only the terminal wraps it."""
        self.print(text, markup=False, highlight=False, soft_wrap=True)


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)


console = Terminal()
errors = Terminal(stderr=True)


def plain(value: object) -> Any:
    """Turn dataclasses, enums, paths, bytes and mappings into what JSON knows.

    Bytes become hex text, half a surrogate pair a question mark; a float that is not finite becomes null, since JSON
    has no word for it.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        # Half a surrogate pair, which JSON can spell, is no character that could be written.
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if value is None or isinstance(value, int | float | bool):
        return value
    return str(value)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print one JSON value on standard output; `indent=None` gives one line, for streams of objects."""
    sys.stdout.write(json.dumps(plain(value), indent=indent, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def progress() -> Progress:
    """A progress bar on standard error that shows on a terminal only."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
        transient=True,
    )
