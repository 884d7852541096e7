"""The boot number that a device keeps between its lives: its settings store on a PC."""

from __future__ import annotations

import json
import time
from pathlib import Path

from cutpoint.errors import UsageError

MOST_BOOTS = 0xFFFF_FFFF


class BootFile:
    """A small JSON file with the last boot number. One process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def next(self) -> int:
        """Count up and keep, from 1. Raises UsageError when the file cannot be read or written."""
        boot = self._last() % MOST_BOOTS + 1
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"boot": boot}) + "\n", encoding="utf-8")
            # Renaming replaces the file in one step: a crash leaves the old number or the new one, never
            # half a file.
            fresh.replace(self._path)
        except OSError as error:
            raise UsageError(f"boot number cannot be kept in {self._path}: {error.strerror}") from error
        return boot

    def _last(self) -> int:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return 0
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"boot number cannot be read from {self._path}: {error}") from error
        try:
            boot = json.loads(text)["boot"]
        except (ValueError, KeyError, TypeError):
            boot = None
        if not isinstance(boot, int) or isinstance(boot, bool) or not 0 <= boot <= MOST_BOOTS:
            raise UsageError(f'{self._path} holds no boot number like {{"boot": 7}}; mend it or delete it')
        return boot


class BootClock:
    """Boot numbers without a file: the Unix time in seconds, which counts up from one life to the next."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """The time, or one more than the last number when the clock has not moved on."""
        self._last = max(int(time.time()) % MOST_BOOTS + 1, self._last + 1)
        return self._last


class FixedBoot:
    """A number that the caller chose, counting up from there at every restart."""

    def __init__(self, boot: int) -> None:
        if not 0 <= boot <= MOST_BOOTS:
            raise UsageError(f"boot number {boot} is out of range; give 0 to {MOST_BOOTS}")
        self._next = boot

    def next(self) -> int:
        """The number given, then one more each time."""
        boot = self._next
        self._next = boot % MOST_BOOTS + 1
        return boot
