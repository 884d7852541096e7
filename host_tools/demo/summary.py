"""What the demonstration has shown, and whether all of it held."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass

from cutpoint.answer.score import CentroidScore
from host_tools.demo.scenario import Scenario
from host_tools.demo.scoreboard import DecisionNote, Row, StateNote


@dataclass(frozen=True, slots=True)
class StationSummary:
    """One device over the whole demonstration. Times in ms, medians over its pictures; device time is modelled.

    equal: answers that are the whole model's; unequal: pictures whose answer is not what it must be (`Row.wrong`).
    codecs: how the tensors travelled that the edge answered. raw_bytes, coded_bytes: of those tensors. whole_f1: the
    whole model's on the same pictures.
    """

    name: str
    profile: str
    link: str
    later_link: str | None
    pictures: int
    by: dict[str, int]
    reasons: dict[str, int]
    cuts: dict[int, int]
    codecs: dict[str, int]
    equal: int
    lossy: int
    retraced: int
    unequal: tuple[str, ...]
    f1: float | None
    whole_f1: float | None
    raw_bytes: int
    coded_bytes: int
    bytes_up: int
    device_ms: float
    total_ms: float
    decisions: tuple[DecisionNote, ...]
    states: tuple[StateNote, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold, and what was seen."""

    name: str
    held: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole demonstration. `held` only if every check held.

    lossy: answers from tensors that a codec had changed; saved_bytes: what codecs took off all tensors that the edge
    answered, of their raw_bytes. f1 and whole_f1 are over all pictures.
    """

    held: bool
    seconds: float
    pictures: int
    answered: int
    by: dict[str, int]
    equal: int
    lossy: int
    f1: float | None
    whole_f1: float | None
    raw_bytes: int
    saved_bytes: int
    engine: str
    edge_kernels: str
    broker: str
    checks: tuple[Check, ...]
    events: tuple[tuple[float, str], ...]
    stations: tuple[StationSummary, ...]


def summarise(
    scenario: Scenario,
    rows: tuple[Row, ...],
    events: tuple[tuple[float, str], ...],
    *,
    away: tuple[float, float],
    seconds: float,
    engine: str,
    edge_kernels: str,
    broker: str,
) -> Summary:
    """Count, and check what the demonstration promises. `away`: seconds at which the edge stopped and was back."""
    stations = tuple(station_summary(row) for row in rows)
    asked = scenario.pictures * len(scenario.stations)
    by: Counter[str] = sum((Counter(station.by) for station in stations), Counter())
    answered = asked - by["none"] - (asked - by.total())
    equal = sum(station.equal for station in stations)
    lossy = sum(station.lossy for station in stations)
    retraced = sum(station.retraced for station in stations)
    wrong = sum(len(station.unequal) for station in stations)
    unchanged = asked - lossy
    unchanged_equal = sum(station.pictures for station in stations) - lossy - (wrong - (lossy - retraced))
    raw_bytes = sum(station.raw_bytes for station in stations)
    saved_bytes = raw_bytes - sum(station.coded_bytes for station in stations)
    isolated = [station.name for station in stations if isolated_within(station.states, *away)]
    returned = [station.name for station in stations if came_back(station.states, away[1])]
    count = len(stations)
    checks = (
        Check("every picture was answered", answered == asked, f"{answered} of {asked}"),
        Check(
            "every answer from unchanged tensors equals the whole model's",
            unchanged_equal == unchanged,
            f"{unchanged_equal} of {unchanged}",
        ),
        Check(
            "every answer of a lossy setting is what head, codec and tail give apart",
            retraced == lossy,
            f"{retraced} of {lossy}",
        ),
        Check("both machines answered", by["edge"] > 0 and by["device"] > 0, words(by)),
        Check(
            "every device was isolated while the edge was away", len(isolated) == count, ", ".join(isolated)
        ),
        Check("every device came back", len(returned) == count, ", ".join(returned)),
        Check(
            "every device was given decisions",
            all(station.decisions for station in stations),
            ", ".join(f"{station.name} {len(station.decisions)}" for station in stations),
        ),
        Check("it ended in time", seconds < scenario.limit_s, f"{seconds:.0f} s of {scenario.limit_s:.0f} s"),
    )
    return Summary(
        held=all(check.held for check in checks),
        seconds=round(seconds, 1),
        pictures=asked,
        answered=answered,
        by=dict(by),
        equal=equal,
        lossy=lossy,
        f1=joined_f1([row.score for row in rows]),
        whole_f1=joined_f1([row.whole_score for row in rows]),
        raw_bytes=raw_bytes,
        saved_bytes=saved_bytes,
        engine=engine,
        edge_kernels=edge_kernels,
        broker=broker,
        checks=checks,
        events=events,
        stations=stations,
    )


def joined_f1(scores: list[CentroidScore]) -> float | None:
    """F1 over the pictures of several scores; None when there was no object, true or predicted."""
    found, missed, spurious = (
        sum(getattr(score, name) for score in scores) for name in ("found", "missed", "spurious")
    )
    return CentroidScore(found, missed, spurious).f1


def isolated_within(states: tuple[StateNote, ...], since_s: float, until_s: float) -> bool:
    """Whether a device was isolated at some time between the two."""
    ends = [note.at_s for note in states[1:]] + [float("inf")]
    return any(
        note.state == "isolated" and note.at_s < until_s and end > since_s
        for note, end in zip(states, ends, strict=False)
    )


def came_back(states: tuple[StateNote, ...], since_s: float) -> bool:
    """Whether a device turned online after `since_s`, and still is."""
    return bool(states) and states[-1].state == "online" and states[-1].at_s >= since_s


def words(by: dict[str, int]) -> str:
    """Who answered how many."""
    return ", ".join(f"{number} by the {name}" for name, number in sorted(by.items()) if name != "none")


def station_summary(row: Row) -> StationSummary:
    """Sums and medians of one station."""
    records = row.records
    return StationSummary(
        name=row.station.name,
        profile=row.station.profile,
        link=row.station.link,
        later_link=row.station.later_link,
        pictures=len(records),
        by=dict(Counter(record.by for record in records)),
        reasons=dict(Counter(record.reason for record in records)),
        cuts=dict(sorted(Counter(record.cut for record in records).items())),
        codecs=dict(
            sorted(Counter(record.codec or "raw" for record in records if record.by == "edge").items())
        ),
        equal=row.equal,
        lossy=row.lossy,
        retraced=row.retraced,
        unequal=tuple(row.wrong),
        f1=row.score.f1,
        whole_f1=row.whole_score.f1,
        raw_bytes=row.raw_bytes,
        coded_bytes=row.coded_bytes,
        bytes_up=row.sent_bytes,
        device_ms=median_ms([record.device_us for record in records]),
        total_ms=median_ms([record.total_us for record in records]),
        decisions=tuple(row.decisions),
        states=tuple(row.states),
    )


def median_ms(times_us: list[int]) -> float:
    """Median in milliseconds, rounded to 0.1; NaN when there are no values."""
    return round(statistics.median(times_us) / 1000, 1) if times_us else float("nan")
