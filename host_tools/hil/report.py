"""What a run measured, as one JSON file: for a board's history, and beside JUnit's properties."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Report:
    """Target, device, what each body came to, and figures by name. Written when the session ends."""

    target: str = ""
    device: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    bundle: str = ""
    kernels: str = ""
    proves: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, default=str) + "\n", encoding="utf-8")
