"""What a software board keeps over restarts: settings by key, and why the life before ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cutpoint.board import setting


class BoardStore:
    """A folder. `settings`: the texts that `save` kept, by key; the rules of every one are the firmware's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.settings: dict[str, str] = self._read("settings.json")

    def get(self, key: str) -> str:
        """The kept value, or the schema's default."""
        return self.settings.get(key, setting(key).initial)

    def keep(self, key: str, text: str) -> None:
        """Over restarts. The text is one that the console has checked."""
        self.settings[key] = text
        self._write("settings.json", self.settings)

    def reset_reason(self) -> str:
        """Why this life began; the next one begins with a power cut unless somebody says otherwise."""
        life = self._read("life.json")
        self._write("life.json", {"reset": "power on"})
        return str(life.get("reset", "power on"))

    def will_restart(self, reason: str) -> None:
        """Note why the next life begins."""
        self._write("life.json", {"reset": reason})

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
