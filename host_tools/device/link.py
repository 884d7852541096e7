"""What a device's link to the broker is like: rate, delay, computation delay and loss, for each direction."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

from cutpoint.errors import UsageError
from host_tools.device.distribution import NO_DELAY, Delay
from host_tools.device.quantity import rate_bps, share

_PRESETS = Path(__file__).with_name("links.toml")
_KEYS = ("rate", "delay", "compute", "loss")


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a link.

    `rate_bps` is None when sending takes no time. `delay` is propagation: messages on their way do not hold
    each other up. `compute` is the time that handling a message takes at the sending end: while it lasts, the
    next message waits. `loss` is the probability that a message at QoS 0 never arrives.
    """

    rate_bps: float | None = None
    delay: Delay = NO_DELAY
    compute: Delay = NO_DELAY
    loss: float = 0.0

    def changed(self, key: str, text: str) -> Self:
        """A copy with one of rate, delay, compute, loss parsed from `text`. Raises UsageError."""
        match key:
            case "rate":
                return replace(self, rate_bps=None if text == "none" else rate_bps(text))
            case "delay":
                return replace(self, delay=Delay.parse(text))
            case "compute":
                return replace(self, compute=Delay.parse(text))
            case "loss":
                return replace(self, loss=share(text))
        raise UsageError(f"a link has no {key!r}; it has {', '.join(_KEYS)}")

    def serialisation_us(self, size: int) -> float:
        """Microseconds that `size` bytes occupy the line."""
        return 0.0 if self.rate_bps is None else size * 8e6 / self.rate_bps

    def __str__(self) -> str:
        rate = "no limit" if self.rate_bps is None else f"{self.rate_bps / 1000:g} kb/s"
        return f"{rate}, delay {self.delay}, compute {self.compute}, loss {self.loss:.3g}"


@dataclass(frozen=True, slots=True)
class Link:
    """Both directions, as seen from the device: `up` is towards the broker.

    `source` says where the figures are from.
    """

    name: str
    up: Direction = field(default_factory=Direction)
    down: Direction = field(default_factory=Direction)
    source: str = "given by the user"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A preset, settings, or a preset with settings that override it.

        `lte-m`, `rate=60kbps,delay=gaussian:40ms:10ms,loss=1%`, `lte-m,loss=2%`, `wifi-good,up.rate=500kbps`.
        A key without `up.` or `down.` sets both directions. Raises UsageError.
        """
        parts = [part.strip() for part in text.split(",")]
        if "" in parts:
            raise UsageError(f"link {text!r} has an empty part; write it like lte-m,loss=2%")
        settings = parts if "=" in parts[0] else parts[1:]
        link = cls(name=text) if settings is parts else cls.preset(parts[0])
        pairs = []
        for part in settings:
            key, equals, value = part.partition("=")
            if not equals:
                raise UsageError(
                    f"link {text!r}: {part!r} is no setting; a preset comes first, then key=value"
                )
            pairs.append((key.strip(), value.strip()))
        return replace(link._with(pairs, text), name=text)

    @classmethod
    def preset(cls, name: str) -> Self:
        """One of the links that come with the package. Raises UsageError, naming them."""
        tables = _tables()
        if name == "none":
            return cls(name="none", source="no emulation: the real link alone")
        if name not in tables:
            known = ", ".join(("none", *tables))
            raise UsageError(
                f"link {name!r} is unknown; known are {known}, or settings like rate=60kbps,loss=1%"
            )
        settings = dict(_flat(tables[name]))
        source = settings.pop("source")
        return cls(name=name, source=source)._with(settings.items(), name)

    @staticmethod
    def presets() -> tuple[str, ...]:
        """The names that `preset` knows."""
        return ("none", *_tables())

    def _with(self, settings: Iterable[tuple[str, str]], text: str) -> Self:
        both: list[tuple[str, str, str]] = []
        one_way: list[tuple[str, str, str]] = []
        seen = set()
        for key, value in settings:
            if key in seen:
                raise UsageError(f"link {text!r} gives {key} twice; keep one")
            seen.add(key)
            end, dot, what = key.rpartition(".")
            if what not in _KEYS or end not in ("", "up", "down") or (dot and not end):
                known = ", ".join((*_KEYS, "up.rate", "down.rate"))
                raise UsageError(f"link {text!r} has the unknown key {key!r}; known are {known} and so on")
            (one_way if dot else both).append((end, what, value))
        up, down = self.up, self.down
        for end, what, value in (*both, *one_way):
            up = up.changed(what, value) if end != "down" else up
            down = down.changed(what, value) if end != "up" else down
        return replace(self, up=up, down=down)

    def __str__(self) -> str:
        if self.up == self.down:
            return f"{self.name}: {self.up}"
        return f"{self.name}: up {self.up}; down {self.down}"


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_PRESETS.read_text(encoding="utf-8"))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        else:
            yield prefix + key, value
