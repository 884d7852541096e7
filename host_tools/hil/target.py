"""What a test body holds: one device, whatever it is made of, with its console and its power switch."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.errors import UsageError
from host_tools.hil.line import Line
from host_tools.hil.packet import picture_packet

Picture = Sequence[npt.NDArray[np.generic]]
_MACHINE = re.compile(r"@([a-z_]+) (\{.*\})\s*$")
MOST_LINES = 400
CONSOLE_S = 5.0


class Ability(StrEnum):
    """What not every target can; a body that needs one it lacks is skipped with the target's reason."""

    POWER = "a power switch or a reset line"
    HANG = "a way to hang a task on purpose"
    LOSE_BROKER = "a broker that the harness may stop"


class TargetError(UsageError):
    """The device did not do what every device does; the message has the last lines of its console."""


@dataclass(frozen=True, slots=True)
class BoardAnswer:
    """One `@answer` line: what became of an inference, as the device saw it. Times in microseconds; None is unknown."""

    sequence: int
    by: str
    reason: str
    cut: int
    total_us: int | None = None
    device_us: int | None = None
    encode_us: int | None = None
    round_trip_us: int | None = None
    edge_us: int | None = None
    bytes_up: int | None = None
    bytes_down: int | None = None
    outputs_crc: int | None = None

    @classmethod
    def of(cls, line: dict[str, Any]) -> BoardAnswer:
        """Raises TargetError when a field is missing or of another kind."""
        known = {one.name for one in fields(cls)}
        try:
            made = cls(**{name: value for name, value in line.items() if name in known})
        except TypeError as error:
            raise TargetError(f"@answer {line} is not what the console promises: {error}") from None
        numbers = (getattr(made, name) for name in known - {"by", "reason"})
        if any(value is not None and (not isinstance(value, int) or value < 0) for value in numbers):
            raise TargetError(f"@answer {line} has a figure that is no count")
        return made


@dataclass(frozen=True, slots=True)
class Event:
    """One machine line of the console."""

    number: int
    name: str
    fields: dict[str, Any] = field(repr=False)


class HilTarget:
    """One device behind one line. Belongs to the test's thread, which alone reads the console.

    `id` is known after `start` when the device says it on its console, else it is set by who found it on the broker.
    """

    def __init__(self, kind: str, line: Line, *, lacking: dict[Ability, str] | None = None) -> None:
        self.kind, self.line = kind, line
        self.id = ""
        self._lacking = dict(lacking or {})
        self._events: deque[Event] = deque(maxlen=4096)
        self._said: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._words: set[str] | None = None

    def lacks(self, ability: Ability) -> str | None:
        """Why this target cannot, or None when it can."""
        if ability is Ability.POWER and ability not in self._lacking:
            return self.line.cannot_cycle()
        if ability is Ability.HANG and ability not in self._lacking and "hang" not in self.words():
            return f"its console has no command `hang` (it has {', '.join(sorted(self.words())) or 'none'})"
        return self._lacking.get(ability)

    def start(self) -> None:
        """Power on. Raises UsageError when there is nothing to power."""
        self.line.open()

    def close(self) -> None:
        """Power off, or let go of the board. Harmless twice."""
        self.line.close()

    def power_cycle(self) -> None:
        """Cut its power for a moment. Raises TargetError when nothing here can."""
        if (reason := self.lacks(Ability.POWER)) is not None:
            raise TargetError(reason)
        self.line.cycle()

    def restart(self) -> None:
        """Another life, by its console."""
        self.say("restart")

    def say(self, words: str) -> None:
        """One line to its console."""
        self.line.write(words.encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Bytes to its console as they are."""
        self.line.write(data)

    def give(self, picture: Picture) -> None:
        """A picture's input tensors, to be inferred as soon as the device is free."""
        self.line.write(picture_packet(picture))

    def infer(self, picture: Picture, timeout_s: float = 30.0) -> BoardAnswer:
        """Give a picture and wait for what becomes of it."""
        since = self.mark()
        self.give(picture)
        return self.answer(since=since, timeout_s=timeout_s + self._seconds(picture))

    def mark(self) -> int:
        """The number of the console's next machine line, everything that came already counted."""
        self._pump(0.0)
        return self._count

    def answer(self, *, since: int, timeout_s: float = 30.0) -> BoardAnswer:
        """The first answer from the mark on."""
        return BoardAnswer.of(self.event("answer", since=since, timeout_s=timeout_s))

    def answers(self, since: int) -> list[BoardAnswer]:
        """Every answer from the mark on that came already."""
        self._pump(0.0)
        return [BoardAnswer.of(e.fields) for e in self._events if e.number >= since and e.name == "answer"]

    def event(
        self,
        name: str,
        wanted: Callable[[dict[str, Any]], bool] = lambda _fields: True,
        *,
        since: int,
        timeout_s: float = CONSOLE_S,
    ) -> dict[str, Any]:
        """The first `@name` line from the mark on that is wanted. Raises TargetError."""
        give_up = time.monotonic() + timeout_s
        while True:
            for event in self._events:
                if event.number >= since and event.name == name and wanted(event.fields):
                    return event.fields
            left_s = give_up - time.monotonic()
            if left_s <= 0:
                raise TargetError(f"no @{name} in {timeout_s:g} s. {self.said()}")
            self._pump(min(left_s, 0.5))

    def status(self) -> dict[str, Any]:
        """What the console command `status` says for machines."""
        since = self.mark()
        self.say("status")
        return self.event("status", since=since)

    def ask(self, words: str, pattern: str, timeout_s: float = CONSOLE_S) -> re.Match[str]:
        """Say a line, and the first text line afterwards that the pattern finds. Raises TargetError."""
        self._pump(0.0)
        self._said.clear()
        self.say(words)
        give_up, expression = time.monotonic() + timeout_s, re.compile(pattern)
        while True:
            for line in self._said:
                if match := expression.search(line):
                    return match
            left_s = give_up - time.monotonic()
            if left_s <= 0:
                raise TargetError(
                    f"`{words}` was not answered by {pattern!r} in {timeout_s:g} s. {self.said()}"
                )
            self._pump(min(left_s, 0.2))

    def words(self) -> set[str]:
        """The commands that `help` lists; asked once."""
        if self._words is None:
            self._pump(0.0)
            self._said.clear()
            self.say("help")
            give_up = time.monotonic() + CONSOLE_S
            with contextlib.suppress(TargetError):
                while time.monotonic() < give_up and not any("help" in line for line in self._said):
                    self._pump(0.1)
                self._pump(0.3)
            self._words = {match[1] for line in self._said if (match := re.match(r"\s*([a-z]+)\b", line))}
        return self._words

    def said(self) -> str:
        """The console's last lines, for messages."""
        lines = list(self._said)[-12:]
        return "Its console's last lines: " + (" | ".join(lines) if lines else "none")

    def _seconds(self, picture: Picture) -> float:
        rate = self.line.bytes_per_s
        return 0.0 if rate is None else 1.5 * sum(array.nbytes for array in picture) / rate

    def _pump(self, timeout_s: float) -> None:
        """Sort what the console says; returns when a line came or the time is over."""
        line = self.line.read(timeout_s)
        while line is not None:
            self._sort(line)
            line = self.line.read(0.0)

    def _sort(self, line: str) -> None:
        self._said.append(line)
        match = _MACHINE.search(line)
        if match is None:
            return
        try:
            given = json.loads(match[2])
        except ValueError:
            return
        if isinstance(given, dict):
            self._events.append(Event(self._count, match[1], given))
            self._count += 1
            if match[1] in ("boot", "ready") and isinstance(given.get("id"), str):
                self.id = given["id"]

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._events))
