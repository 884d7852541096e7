"""Who plays in the demonstration and when something happens to them. Plain data; `play.py` acts it out."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Station:
    """One virtual device: its profile, its link, and the link that it has from half way on (None: the same)."""

    name: str
    profile: str
    link: str
    later_link: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A demonstration.

    Shares are of the time that all pictures take at the given pace. The edge server stops at `edge_stops` and is
    started again `edge_away_s` later. `limit_s` ends the demonstration in any case, as a failure.
    """

    stations: tuple[Station, ...]
    pictures: int
    period_s: float
    link_turns: float
    edge_stops: float
    edge_away_s: float
    limit_s: float

    @property
    def pace_s(self) -> float:
        """Time in which a station that keeps up takes all its pictures, in seconds."""
        return self.pictures * self.period_s


STATIONS = (
    Station("hall-esp32", "esp32", "wifi-good", later_link="wifi-poor"),
    Station("yard-esp32-c3", "esp32-c3", "wifi-poor"),
    Station("field-esp32-s3", "esp32-s3", "lte-m"),
)

LEAST_PICTURES = 30
SCENARIO = Scenario(
    stations=STATIONS,
    pictures=40,
    period_s=1.2,
    link_turns=0.4,
    edge_stops=0.6,
    edge_away_s=9.0,
    limit_s=85.0,
)


def paced(scenario: Scenario, pictures: int) -> Scenario:
    """The same scenario in the same time with fewer pictures for each station."""
    return replace(scenario, pictures=pictures, period_s=scenario.pace_s / pictures)
