"""What a program says of itself: one line a fact, a name and `key=number` words (firmware/qemu/line.h)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE = re.compile(r"(\w+)((?: \w+=(?:0x[0-9a-f]+|\d+))*)")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line: its name, and its numbers by their keys."""

    name: str
    numbers: dict[str, int]

    def __getitem__(self, key: str) -> int:
        return self.numbers[key]


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of a run, in order."""

    lines: tuple[ReportLine, ...]

    @classmethod
    def parse(cls, text: str) -> Report:
        """Read a program's output; ValueError, with the line, for anything that is no line of a report."""
        lines = []
        for line in text.splitlines():
            match = LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"{line!r} is no line of a report; expected a name and key=number words")
            words = (word.split("=") for word in match[2].split())
            lines.append(ReportLine(match[1], {key: int(number, 0) for key, number in words}))
        return cls(tuple(lines))

    def all(self, name: str) -> tuple[ReportLine, ...]:
        """The lines of that name."""
        return tuple(line for line in self.lines if line.name == name)

    def one(self, name: str) -> ReportLine:
        """The only line of that name; KeyError when there is none, or several."""
        found = self.all(name)
        if len(found) != 1:
            raise KeyError(f"the report has {len(found)} lines named {name}, not one")
        return found[0]
