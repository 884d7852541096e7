"""One check of the doctor, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """Outcome of a check: `warn` limits something, `bad` stops something."""

    ok = "ok"
    warn = "warn"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report; `mend` is empty when all is well."""

    name: str
    health: Health
    seen: str
    mend: str = ""
