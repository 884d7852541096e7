"""Every inference is answered exactly once, by the edge or the device, with the right answer: held from both ends."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from cutpoint.wire import Status
from host_tools.load.recording import Recording, answer_bytes

By = Literal["edge", "device", "none"]
Broken = Literal[
    "doubled", "unasked", "wrong", "unanswered", "contradiction", "answered unasked", "edge wrong"
]

MOST_LISTED = 50
"""Violations that are kept with their details; all are counted."""

_PENDING, _EDGE, _DEVICE, _NONE = range(4)
_OUTCOME: dict[By, int] = {"edge": _EDGE, "device": _DEVICE, "none": _NONE}


@dataclass(frozen=True, slots=True)
class Violation:
    """One inference that broke the invariant, and what was seen of it."""

    kind: Broken
    device: str
    sequence: int
    seen: str

    def __str__(self) -> str:
        return f"{self.device} #{self.sequence} {self.kind}: {self.seen}"


@dataclass(slots=True)
class Violations:
    """Counted by kind; the first ones are kept."""

    counts: Counter[str] = field(default_factory=Counter)
    listed: list[Violation] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.counts)

    def note(self, kind: Broken, device: str, sequence: int, seen: str) -> None:
        self.counts[kind] += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(Violation(kind, device, sequence, seen))

    def add(self, other: Violations) -> None:
        self.counts.update(other.counts)
        self.listed += other.listed[: MOST_LISTED - len(self.listed)]


@dataclass(slots=True)
class Asked:
    """One device's inferences of one life, by sequence - 1: which picture, and what became of it (2 B each)."""

    boot: int
    pictures: bytearray = field(default_factory=bytearray)
    outcomes: bytearray = field(default_factory=bytearray)


class Ledger:
    """The devices' end: what was asked, and delivered. Belongs to the thread that owns the devices.

    `whole`: the devices hold the whole network, so that there is no excuse for an inference without an answer.
    """

    def __init__(self, recording: Recording, *, whole: bool = True, exact: bool = True) -> None:
        """`exact`: the edge's kernels answer as the recording; else what it answers is counted, not compared."""
        self.asked: dict[str, Asked] = {}
        self.violations = Violations()
        self.by: Counter[By] = Counter()
        self._recording = recording
        self._whole = whole
        self._exact = exact

    def ask(self, device: str, boot: int, sequence: int, picture: int) -> None:
        """A device begins an inference of this picture."""
        asked = self.asked.get(device)
        if asked is None:
            asked = self.asked[device] = Asked(boot)
        asked.pictures.append(picture)
        asked.outcomes.append(_PENDING)
        if sequence != len(asked.pictures):
            self.violations.note(
                "unasked", device, sequence, f"numbered so, though it is its {len(asked.pictures)}th"
            )

    def deliver(self, device: str, sequence: int, by: By, result_frame: bytes | None) -> None:
        """A device's session delivered: the edge's result frame, or an outcome without one."""
        asked = self.asked.get(device)
        if asked is None or not 0 < sequence <= len(asked.outcomes):
            self.violations.note("unasked", device, sequence, f"delivered by {by}, never asked")
            return
        before = asked.outcomes[sequence - 1]
        if before != _PENDING:
            self.violations.note("doubled", device, sequence, f"delivered by {by} after outcome {before}")
            return
        asked.outcomes[sequence - 1] = _OUTCOME[by]
        self.by[by] += 1
        if by == "none" and self._whole:
            self.violations.note("unanswered", device, sequence, "delivered by nobody")
        if by == "edge" and self._exact:
            picture = asked.pictures[sequence - 1]
            if result_frame is None or not self._recording.same_answer(picture, result_frame):
                name = self._recording.pictures[picture].name
                self.violations.note("wrong", device, sequence, f"the edge's answer is not that of {name}")

    def finish(self) -> None:
        """Everything that is still pending stays unanswered."""
        for device, asked in self.asked.items():
            for place, outcome in enumerate(asked.outcomes):
                if outcome == _PENDING:
                    self.violations.note("unanswered", device, place + 1, "pending at the end")


class EdgeView:
    """The server's end: every answer that left it, as a witness at the broker or an observer tells it.

    A repeated answer is nothing bad; two different ones for one inference are. Owned by one thread.
    """

    def __init__(self, recording: Recording, *, exact: bool = True) -> None:
        self.violations = Violations()
        self.counts: Counter[str] = Counter()
        self._exact = exact
        self._numbers: dict[bytes, int] = {}
        for recorded in recording.pictures:
            self._numbers.setdefault(recorded.right, len(self._numbers))
        self._right = [self._numbers[recorded.right] for recorded in recording.pictures]
        self._answers: dict[tuple[str, int], array[int]] = {}

    def answered(self, device: str, boot: int, sequence: int, frame: bytes) -> None:
        """A whole result frame for this inference."""
        body = answer_bytes(frame)
        if not body or body[0] != Status.OK:
            self.counts["refused" if body else "unreadable"] += 1
            return
        if len(body) > 1 and body[1] == 0:
            self.counts["acknowledged"] += 1
            return
        number = self._numbers.setdefault(body, len(self._numbers))
        answers = self._answers.get((device, boot))
        if answers is None:
            answers = self._answers[device, boot] = array("i")
        if not 0 < sequence <= len(answers) + 1_000_000:
            self.counts["unreadable"] += 1
            return
        if sequence > len(answers):
            answers.extend([-1] * (sequence - len(answers)))
        before = answers[sequence - 1]
        if before == -1:
            answers[sequence - 1] = number
            self.counts["answered"] += 1
            return
        self.counts["repeated"] += 1
        if before != number and self._exact:
            self.violations.note("contradiction", device, sequence, "answered twice, with different answers")

    def reconcile(self, asked: Iterable[tuple[str, Asked]]) -> None:
        """Hold everything that was seen against what the devices asked and took; once, at the end."""
        by_device = dict(asked)
        for (device, boot), answers in self._answers.items():
            ledger = by_device.get(device)
            if ledger is None or ledger.boot != boot:
                self.counts["of others"] += sum(number != -1 for number in answers)
                continue
            for place, number in enumerate(answers):
                if number != -1:
                    self._hold(device, ledger, place, number)
        for device, ledger in by_device.items():
            answers = self._answers.get((device, ledger.boot), array("i"))
            for place, outcome in enumerate(ledger.outcomes):
                if outcome == _EDGE and (place >= len(answers) or answers[place] == -1):
                    self.counts["unwitnessed"] += 1

    def _hold(self, device: str, ledger: Asked, place: int, number: int) -> None:
        if place >= len(ledger.pictures):
            self.violations.note(
                "answered unasked", device, place + 1, "the edge answered what was never asked"
            )
            return
        self.counts["taken" if ledger.outcomes[place] == _EDGE else "late or lost"] += 1
        if self._exact and self._right[ledger.pictures[place]] != number:
            self.violations.note(
                "edge wrong", device, place + 1, "what left the edge is not this picture's answer"
            )
