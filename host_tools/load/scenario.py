"""What goes wrong when: faults as data, read from TOML or written in Python, checked when made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from cutpoint.errors import UsageError

_TIMED = frozenset({"at_s", "for_s"})
_LINK = _TIMED | {"place", "share"}
_FRAME = _LINK | {"leaves", "direction"}
_ATTACK = _TIMED | {"count", "rate_per_s"}

KINDS: dict[str, frozenset[str]] = {
    # killed at once, and started again after for_s
    "broker.kill": _TIMED,
    "server.kill": _TIMED,
    # stopped (SIGSTOP) with all its connections, and continued
    "broker.freeze": _TIMED,
    "server.freeze": _TIMED,
    # the server's wall clock jumps by by_s; the devices' own clocks do
    "server.clock": _TIMED | {"by_s"},
    "device.clock": _TIMED | {"by_s", "share"},
    # the disk of the server's store is full
    "store.full": _TIMED,
    # TCP, between devices or server and the broker
    "link.delay": _LINK | {"delay_ms", "jitter_ms"},
    "link.bandwidth": _LINK | {"bytes_per_s"},
    "link.loss": _LINK | {"rate"},
    "link.stall": _LINK,
    "link.half_open": _LINK | {"direction"},
    "link.reset": _LINK,
    "link.refuse": _TIMED | {"place"},
    # messages, on packet boundaries
    "frame.drop": _FRAME | {"rate"},
    "frame.duplicate": _FRAME | {"rate"},
    "frame.reorder": _FRAME | {"rate"},
    "frame.truncate": _FRAME | {"rate"},
    "frame.flip": _FRAME | {"rate"},
    # clients that mean no good
    "attack.forge": _ATTACK,
    "attack.replay": _ATTACK,
    "attack.storm": _ATTACK,
    "attack.noise": _ATTACK,
}
_SHIPPED = Path(__file__).with_name("scenarios")
PLACES = ("devices", "server")
DIRECTIONS = ("both", "up", "down")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, from `at_s` for `for_s` seconds (0: an instant).

    share: of the connections (link, frame) or devices that it hits, 0 to 1. rate: of the frames, or of the segments
    that are lost. place: the links of the devices, or the server's. direction: up is towards the broker; of
    `link.half_open` the one in which nothing moves any more, of frames the one that is touched. leaves: topics by
    their last level.
    count: clients of an attack. rate_per_s: frames or connects a second of the whole attack.
    """

    what: str
    at_s: float
    for_s: float = 0.0
    share: float = 1.0
    rate: float = 0.05
    place: str = "devices"
    direction: str = "both"
    leaves: tuple[str, ...] = ("act", "res", "plan")
    delay_ms: float = 50.0
    jitter_ms: float = 0.0
    bytes_per_s: float = 8000.0
    by_s: float = 3600.0
    count: int = 1
    rate_per_s: float = 100.0

    def __post_init__(self) -> None:
        if self.what not in KINDS:
            raise UsageError(f"fault {self.what!r} is unknown; known are {', '.join(sorted(KINDS))}")
        for name, least, most in (
            ("at_s", 0, 30 * 86_400),
            ("for_s", 0, 30 * 86_400),
            ("share", 0, 1),
            ("rate", 0, 1),
            ("delay_ms", 0, 60_000),
            ("jitter_ms", 0, 60_000),
            ("bytes_per_s", 1, 1e12),
            ("by_s", -1e9, 1e9),
            ("count", 1, 1_000_000),
            ("rate_per_s", 0.001, 1_000_000),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise UsageError(
                    f"{self.what} at {self.at_s:g} s: {name} is {value}; give {least} to {most:g}"
                )
        for name, known in (("place", PLACES), ("direction", DIRECTIONS)):
            if getattr(self, name) not in known:
                raise UsageError(
                    f"{self.what}: {name} is {getattr(self, name)!r}; known are {', '.join(known)}"
                )

    @property
    def group(self) -> str:
        """What comes before the point: broker, server, device, store, link, frame or attack."""
        return self.what.partition(".")[0]

    def __str__(self) -> str:
        shown = sorted(KINDS[self.what] - _TIMED)
        standard = {field.name: field.default for field in fields(self)}
        details = [
            f"{name}={_shown(getattr(self, name))}" for name in shown if getattr(self, name) != standard[name]
        ]
        return " ".join([self.what, *details])


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults in the order of their time. `every_s`: all of them again after so long, for as long as the run goes on."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    every_s: float | None = None

    def __post_init__(self) -> None:
        last = max((fault.at_s + fault.for_s for fault in self.faults), default=0.0)
        if self.every_s is not None and self.every_s < last:
            raise UsageError(f"every_s is {self.every_s:g}, but the last fault ends at {last:g} s")

    @classmethod
    def named(cls, text: str) -> Self:
        """One that ships, `short` or `soak`, or a TOML file. Raises UsageError."""
        shipped = _SHIPPED / f"{text}.toml"
        return cls.from_toml(shipped if shipped.is_file() else Path(text))

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """`seed`, `every_s`, and a table [[fault]] each. Raises UsageError, with the file and the first thing wrong."""
        try:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be read ({error.strerror}); name an existing TOML file"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: is not TOML ({error}); correct that line") from error
        try:
            unknown = read.keys() - {"seed", "every_s", "fault"}
            if unknown:
                raise UsageError(f"unknown entries {sorted(unknown)}; known are seed, every_s, [[fault]]")
            faults = tuple(_fault(table) for table in read.get("fault", ()))
            return cls(faults, int(read.get("seed", 0)), read.get("every_s"))
        except (UsageError, TypeError, ValueError) as error:
            raise UsageError(f"{path}: {error}") from error

    def within(self, duration_s: float) -> Iterator[Fault]:
        """The faults of a run, by the time at which they begin; none that would end after it."""
        ordered = sorted(self.faults, key=lambda fault: fault.at_s)
        shift_s = 0.0
        while True:
            for fault in ordered:
                if shift_s + fault.at_s + fault.for_s <= duration_s:
                    yield replace(fault, at_s=shift_s + fault.at_s)
            if self.every_s is None or not ordered:
                return
            shift_s += self.every_s
            if shift_s > duration_s:
                return

    @property
    def groups(self) -> set[str]:
        """What is needed to carry it out."""
        return {fault.group for fault in self.faults}

    def needs_proxy(self, place: str) -> bool:
        """Whether a proxy has to stand between the broker and its clients of that place."""
        return any(fault.group in ("link", "frame") and fault.place == place for fault in self.faults)


def _fault(table: dict[str, Any]) -> Fault:
    what = table.get("what")
    if what not in KINDS:
        raise UsageError(f"fault {what!r} is unknown; known are {', '.join(sorted(KINDS))}")
    foreign = table.keys() - KINDS[what] - {"what"}
    if foreign:
        raise UsageError(
            f"{what} has no {', '.join(sorted(foreign))}; it takes {', '.join(sorted(KINDS[what]))}"
        )
    leaves = {"leaves": tuple(table["leaves"])} if "leaves" in table else {}
    return Fault(**(table | leaves))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
