"""What a software board keeps over restarts: settings by key, and why the life before ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cutpoint.board import Setting, check_settings, setting
from cutpoint.errors import UsageError

OBEYED = ("name", "mqtt_pass", "deadline_ms", "tele_ms", "cut", "input", "update")
"""Settings that a PC can obey; the rules of every one are the firmware's own table."""


class BoardStore:
    """A folder. Values are set in memory and kept by `save`, as on the board."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._values: dict[str, str] = self._read("settings.json")

    def get(self, key: str) -> str:
        """The value in force. Raises UsageError for a key that does not exist."""
        return self._values.get(key, self._rule(key).initial)

    def shown(self, key: str) -> str:
        """The value for people: of a secret only whether there is one."""
        value = self.get(key)
        return ("set" if value else "not set") if self._rule(key).secret else value

    def set(self, key: str, value: str) -> None:
        """Raises UsageError for an unknown key or a value that cannot be; nothing changes then."""
        self._rule(key)
        # As on a board, what does not go together with other settings is a matter of the start, not of one `set`.
        for problem in check_settings({key: value}):
            if problem.key == key:
                raise UsageError(problem.why)
        self._values[key] = value

    def save(self) -> None:
        """Keep what is set."""
        self._write("settings.json", self._values)

    def reset_reason(self) -> str:
        """Why this life began; the next one begins with a power cut unless somebody says otherwise."""
        life = self._read("life.json")
        self._write("life.json", {"reset": "power on"})
        return str(life.get("reset", "power on"))

    def will_restart(self, reason: str) -> None:
        """Note why the next life begins."""
        self._write("life.json", {"reset": reason})

    def _rule(self, key: str) -> Setting:
        if key not in OBEYED:
            raise UsageError(f"there is no setting {key[:32]!r} here; there are {', '.join(OBEYED)}")
        return setting(key)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            loaded = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def _write(self, name: str, value: object) -> None:
        fresh = self.folder / f"{name}.new"
        fresh.write_text(json.dumps(value), encoding="utf-8")
        fresh.replace(self.folder / name)
