"""What happened so far in the demonstration: written by device and server threads, read by the table."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from cutpoint.answer import Answer, Centroid, Centroids
from cutpoint.answer.score import CentroidScore
from host_tools.demo.retrace import Retraced
from host_tools.demo.scenario import Station
from host_tools.demo.truth import Exam
from host_tools.device.record import InferenceRecord


@dataclass(frozen=True, slots=True)
class DecisionNote:
    """One decision that a device was given, seconds after the start."""

    at_s: float
    epoch: int
    cut: int
    codec: str
    reason: str
    exploration: bool


@dataclass(frozen=True, slots=True)
class StateNote:
    """A change of a device's state, seconds after the start."""

    at_s: float
    state: str


@dataclass(slots=True)
class Row:
    """All about one station.

    `equal` answers are the whole network's. `lossy` ones were made of tensors that a codec had changed; `retraced` are
    those of them that are what head, codec and tail give apart. `wrong` are the pictures of lossy answers that are not
    so, and of others that are not the whole network's. `raw_bytes` and `coded_bytes` are the tensors that the edge
    answered; `sent_bytes` all activations, at the end. `whole_score` is the whole network's on the same pictures.
    """

    station: Station
    link: str
    state: str = "offline"
    records: list[InferenceRecord] = field(default_factory=list)
    decisions: list[DecisionNote] = field(default_factory=list)
    states: list[StateNote] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    equal: int = 0
    lossy: int = 0
    retraced: int = 0
    raw_bytes: int = 0
    coded_bytes: int = 0
    score: CentroidScore = field(default_factory=CentroidScore)
    whole_score: CentroidScore = field(default_factory=CentroidScore)
    sent_bytes: int = 0


class Scoreboard:
    """One row for each station, and the events that concern all of them. Every method may be called from any thread."""

    def __init__(self, stations: tuple[Station, ...]) -> None:
        self._lock = threading.Lock()
        self._rows = {station.name: Row(station, station.link) for station in stations}
        self._events: list[tuple[float, str]] = []
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since `begin`."""
        return time.monotonic() - self._began

    def begin(self) -> None:
        """Set the clock to zero."""
        self._began = time.monotonic()

    def answered(
        self, name: str, exam: Exam, record: InferenceRecord, retraced: Retraced | None = None
    ) -> None:
        """A picture was answered, or stayed without an answer. `retraced`: its way, where the edge answered."""
        with self._lock:
            row = self._rows[name]
            row.records.append(record)
            right = record.answer == exam.whole
            row.equal += right
            if retraced is not None:
                row.raw_bytes += retraced.raw_bytes
                row.coded_bytes += retraced.coded_bytes
                if not retraced.exact:
                    right = record.answer == retraced.answer
                    row.lossy += 1
                    row.retraced += right
            if not right:
                row.wrong.append(record.name)
            row.score.add(exam.objects, found_in(record.answer))
            row.whole_score.add(exam.objects, found_in(exam.whole))

    def decided(self, name: str, epoch: int, cut: int, codec: str, reason: str, exploration: bool) -> None:
        """The server sent a plan."""
        with self._lock:
            if (row := self._rows.get(name)) is not None:
                row.decisions.append(DecisionNote(self.elapsed_s, epoch, cut, codec, reason, exploration))

    def turned(self, name: str, state: str) -> None:
        """A device is offline, online or isolated from now on."""
        with self._lock:
            self._rows[name].state = state
            self._rows[name].states.append(StateNote(self.elapsed_s, state))

    def sent(self, name: str, activation_bytes: int) -> None:
        """All that a device sent so far in activations."""
        with self._lock:
            self._rows[name].sent_bytes = activation_bytes

    def relinked(self, name: str, link: str) -> None:
        """A device's link became another."""
        with self._lock:
            self._rows[name].link = link

    def happened(self, what: str) -> None:
        """Note an event that concerns all stations, such as the stop of the edge server."""
        with self._lock:
            self._events.append((self.elapsed_s, what))

    def rows(self) -> tuple[Row, ...]:
        """Copies of the rows as they are now."""
        with self._lock:
            return tuple(
                replace(
                    row,
                    records=list(row.records),
                    decisions=list(row.decisions),
                    states=list(row.states),
                    wrong=list(row.wrong),
                )
                for row in self._rows.values()
            )

    def events(self) -> tuple[tuple[float, str], ...]:
        """The events that concern all stations: seconds since `begin`, and what happened."""
        with self._lock:
            return tuple(self._events)


def found_in(answer: Answer | None) -> tuple[Centroid, ...]:
    """The objects of an answer; none where there is no answer, or one of another kind."""
    return answer.items if isinstance(answer, Centroids) else ()
