"""The cuts that a device can take, as it writes them: "0-5,9,25"."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_CHARACTERS = 256
_LARGEST = 0xFFFF
_SHAPE = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")


def cuts_text(cuts: Iterable[int]) -> str:
    """Cuts as ranges in ascending order; for at least one."""
    ranges: list[list[int]] = []
    for cut in sorted(set(cuts)):
        if ranges and ranges[-1][1] == cut - 1:
            ranges[-1][1] = cut
        else:
            ranges.append([cut, cut])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def parse_cuts(text: str) -> tuple[range, ...]:
    """The ranges of a text; raises ValueError unless they ascend, apart from each other, within 0 to 65,535."""
    if len(text) > MOST_CHARACTERS or _SHAPE.fullmatch(text) is None:
        raise ValueError(
            f"cuts are ranges as 0-5,9,25 in at most {MOST_CHARACTERS} characters; seen {text[:40]!r}"
        )
    ranges: list[range] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        one = range(int(first), int(last or first) + 1)
        if not one or one.stop > _LARGEST + 1 or (ranges and one.start < ranges[-1].stop):
            raise ValueError(f"cuts ascend from 0 to {_LARGEST}, each once; seen {text[:40]!r}")
        ranges.append(one)
    return tuple(ranges)
