"""Moments as people write them: so long ago, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cutpoint.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_us(text: str, now_us: int, option: str) -> int:
    """Microseconds since 1970 of `2h` (so long before `now_us`), or of an ISO date or time; local without a zone.

    Raises UsageError, which names the option.
    """
    if match := re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhdw])", text.strip(), re.ASCII):
        return max(0, now_us - int(float(match[1]) * _SECONDS[match[2]] * 1_000_000))
    try:
        moment = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{option} is {text!r}; expected a time ago like 90s, 30m, 2h or 7d, or a date and time like "
            "2026-03-01T14:30 or 2026-03-01T14:30Z"
        ) from error
    return max(0, (moment - _EPOCH) // datetime.resolution)
