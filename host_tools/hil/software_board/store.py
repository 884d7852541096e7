"""What a software board keeps over restarts: settings by key, and why the life before ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutpoint.errors import UsageError


@dataclass(frozen=True, slots=True)
class SettingRule:
    """One setting as the firmware's table has it."""

    default: str
    secret: bool = False
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    def refusal(self, value: str) -> str | None:
        """Why a value cannot be; None when it can."""
        if self.choices and value not in self.choices:
            return f"{value!r} is none of {', '.join(self.choices)}"
        if self.least is None or self.most is None:
            return None
        if not (value.isascii() and value.isdigit()):
            return f"{value[:32]!r} is no whole number"
        if not self.least <= int(value) <= self.most:
            return f"{value} is not in {self.least} to {self.most}"
        return None


# Those settings of firmware/device/settings/schema.cc that a PC can obey, with the same limits.
RULES: dict[str, SettingRule] = {
    "name": SettingRule("cutpoint"),
    "mqtt_pass": SettingRule("", secret=True),
    "deadline_ms": SettingRule("1000", least=1, most=600_000),
    "tele_ms": SettingRule("5000", least=0, most=3_600_000),
    "cut": SettingRule("65535", least=0, most=65_535),
    "input": SettingRule("serial", choices=("serial", "none")),
    "update": SettingRule("model", choices=("off", "model", "all")),
}


class BoardStore:
    """A folder. Values are set in memory and kept by `save`, as on the board."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._values: dict[str, str] = self._read("settings.json")

    def get(self, key: str) -> str:
        """The value in force. Raises UsageError for a key that does not exist."""
        return self._values.get(key, self._rule(key).default)

    def shown(self, key: str) -> str:
        """The value for people: of a secret only whether there is one."""
        value = self.get(key)
        return ("set" if value else "not set") if self._rule(key).secret else value

    def set(self, key: str, value: str) -> None:
        """Raises UsageError for an unknown key or a value that cannot be; nothing changes then."""
        refusal = self._rule(key).refusal(value)
        if refusal is not None:
            raise UsageError(f"{key}: {refusal}")
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

    def _rule(self, key: str) -> SettingRule:
        if key not in RULES:
            raise UsageError(f"there is no setting {key[:32]!r}; there are {', '.join(RULES)}")
        return RULES[key]

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
