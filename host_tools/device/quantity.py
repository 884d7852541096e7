"""Numbers with units, as people write them on a command line: 60kbps, 40ms, 1%."""

import math
import re

from cutpoint.errors import UsageError

_NUMBER = re.compile(r"^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([A-Za-zµ%/]*)$")

BITS_PER_SECOND = {"bps": 1.0, "kbps": 1e3, "mbps": 1e6, "gbps": 1e9, "b/s": 8.0, "kb/s": 8e3, "mb/s": 8e6}
MICROSECONDS = {"us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6}
SHARE = {"%": 0.01, "": 1.0}


def rate_bps(text: str) -> float:
    """Bits per second from `60kbps`, `2Mbps`, or bytes per second from `500B/s`, `20kB/s`.

    Upper and lower case mean the same; `B/s`, `kB/s` and `MB/s` always count bytes. Raises UsageError.
    """
    value = _scaled(text, BITS_PER_SECOND, "a rate", "60kbps, 2Mbps or 500B/s")
    if value <= 0:
        raise UsageError(f"rate {text!r} is not above zero; leave the rate out for a link without one")
    return value


def duration_us(text: str) -> float:
    """Microseconds from `250us`, `40ms` or `1.5s`. Raises UsageError."""
    return _scaled(text, MICROSECONDS, "a time", "250us, 40ms or 1.5s")


def share(text: str) -> float:
    """A probability in [0, 1] from `1%` or `0.01`. Raises UsageError."""
    value = _scaled(text, SHARE, "a share", "1% or 0.01")
    if value > 1:
        raise UsageError(f"share {text!r} is {value:g}, above 1; write 1% or 0.01 for one in a hundred")
    return value


def _scaled(text: str, units: dict[str, float], what: str, example: str) -> float:
    match = _NUMBER.match(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not {what}; write it like {example}")
    number, unit = float(match.group(1)), match.group(2).lower()
    if unit not in units:
        seen = f"unit {match.group(2)!r}" if unit else "no unit"
        known = ", ".join(name for name in units if name)
        raise UsageError(f"{text!r} has {seen}; {what} takes one of {known}, like {example}")
    value = number * units[unit]
    if not math.isfinite(value):
        raise UsageError(f"{text!r} is not finite; write it like {example}")
    return value
