"""What a board says on its serial line: text as it is, `@event {json}` as a sentence.

The line also carries Improv packets and pictures, which are no text: bytes that are not printable are dropped, and a
line without anything printable is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_LINE_BYTES = 4096
ANSI = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
IMPROV = re.compile(rb"IMPROV\x01.{2}", re.DOTALL)
EVENT = re.compile(r"@([a-z][a-z0-9_]*)(?: (\{.*\}))?")


@dataclass(frozen=True, slots=True)
class Said:
    """One line: `event` is None for plain text; `values` are the event's JSON; `text` what is shown."""

    text: str
    event: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


class LineDecoder:
    """Bytes in, lines out. An overlong line is given in pieces; garbage between lines is dropped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def push(self, data: bytes) -> Iterator[Said]:
        """The lines that these bytes complete."""
        self._held += data
        while (end := self._held.find(b"\n")) >= 0 or len(self._held) > MOST_LINE_BYTES:
            end = end if 0 <= end <= MOST_LINE_BYTES else MOST_LINE_BYTES
            raw = bytes(self._held[:end])
            del self._held[: end + (self._held[end : end + 1] == b"\n")]
            if (said := _decode(raw)) is not None:
                yield said

    def rest(self) -> Said | None:
        """What came without a line's end, when no more will come."""
        raw = bytes(self._held)
        self._held.clear()
        return _decode(raw)


def _decode(raw: bytes) -> Said | None:
    shown = _printable(raw)
    if not shown:
        return None
    at = shown.find("@")
    match = EVENT.fullmatch(shown[at:]) if at >= 0 else None
    if match is None:
        return Said(shown)
    try:
        values = json.loads(match[2] or "{}")
    except (ValueError, RecursionError):
        return Said(shown)
    # JSON may spell what no terminal should get: control characters, halves of characters.
    return Said(_only_printable(sentence(match[1], values)), match[1], values)


def _printable(raw: bytes) -> str:
    text = ANSI.sub(b"", IMPROV.sub(b"", raw)).decode("utf-8", errors="ignore")
    return _only_printable(text).strip()


def _only_printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable() or char == "\t")


def sentence(event: str, values: Mapping[str, object]) -> str:
    """An event in words; one that is not known, or lacks its figures, as its name and values."""
    match event:
        case "answer" if isinstance(values.get("sequence"), int):
            by = values.get("by", "?")
            parts = [f"answer #{values['sequence']} by {by}"]
            if values.get("reason"):
                parts.append(f"{values['reason']}")
            parts.append(f"cut {values.get('cut', '?')}")
            for name, words in (
                ("total_us", "in all"),
                ("device_us", "on board"),
                ("round_trip_us", "there and back"),
            ):
                if isinstance(us := values.get(name), int) and 0 < us < 1 << 64:
                    parts.append(f"{us / 1000:.1f} ms {words}")
            return ", ".join(parts)
        case "note" | "input" if isinstance(values.get("text"), str):
            about = " ".join(str(values[name]) for name in ("note", "kind", "state") if name in values)
            said = values["text"] or _progress(values)
            return f"{event}{' ' + about if about else ''}{f': {said}' if said else ''}"
    listed = ", ".join(f"{name} {_value(value)}" for name, value in values.items())
    return f"{event}: {listed}" if listed else event


def _progress(values: Mapping[str, object]) -> str:
    offset, size = values.get("offset"), values.get("size")
    return f"{offset:,} of {size:,} B" if isinstance(offset, int) and isinstance(size, int) else ""


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
