"""States: what a planner remembers as plain JSON values, and the checks that come before it is believed again.

Every part that remembers has `state()`, a dict of JSON values with the `version` of its form, and `restore(state)`,
which reads all of it before it takes any of it: a state that does not fit raises PolicyError and changes nothing.
After it, equal observations lead to equal decisions. What a part was made with (weights, limits, machine class) is not
in its state, and neither are the counters `rejected`, which are of this process.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, NoReturn

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import refusal

State = dict[str, object]
MOST_COUNTED = 1 << 53
"""Counters stay exact in readers of JSON that know no other number than a double."""


def plain(figure: float) -> int | float:
    """The same number, written as a whole one where it is one: `1234`, which is shorter than `1234.0`."""
    whole = int(figure)
    return whole if whole == figure else float(figure)


def _all_within(values: list[Any], kinds: set[type], low: float, high: float) -> bool:
    """Whether all are of these types and in [low, high]: the usual case, in a few passes in C."""
    if not values or not set(map(type, values)) <= kinds:
        return False
    # A NaN compares false, wherever min and max come upon it; the sum knows of it for sure.
    return bool(min(values) >= low and max(values) <= high and not isnan(sum(values)))


class Fields:
    """The fields of one state, read one by one with their ranges.

    state    as it came back from a store: anything at all
    of       whose state it is, for messages
    names    every field but `version`; one more or one less is refused
    Raises PolicyError, as every method does when its field is not what it has to be.
    """

    __slots__ = ("_fields", "_of")

    def __init__(self, state: object, of: str, names: Sequence[str], *, version: int = 1) -> None:
        self._of = of
        if not isinstance(state, Mapping):
            self._refuse(f"is {reprlib.repr(state)}; expected an object with fields")
        seen = state.get("version")
        if type(seen) is not int or seen != version:
            self._refuse(f"has version {reprlib.repr(seen)}; this code reads version {version}")
        if len(state) != len(names) + 1 or any(name not in state for name in names):
            self._refuse(f"has fields {reprlib.repr(list(state))}; expected version, {', '.join(names)}")
        self._fields = state

    def _refuse(self, what: str) -> NoReturn:
        raise PolicyError(f"state of {self._of} {what}; start without it")

    def require(self, holds: bool, what: str) -> None:
        """Refuses the state when its fields contradict each other."""
        if not holds:
            self._refuse(what)

    def raw(self, name: str) -> object:
        """A field whose reader checks it, such as the state of a part."""
        return self._fields[name]

    def _number(self, value: object, what: str, low: float, high: float) -> int | float:
        if refusal(value, low, high) is not None or not isinstance(value, int | float):
            self._refuse(f"has {what} {reprlib.repr(value)}; expected a figure from {low:g} to {high:g}")
        return value

    def _whole(self, value: object, what: str, low: int, high: int) -> int:
        if type(value) is not int or not low <= value <= high:
            self._refuse(f"has {what} {reprlib.repr(value)}; expected a whole number from {low} to {high}")
        return value

    def _list(self, value: object, what: str, least: int, most: int) -> list[object]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            long = f"a list of {len(value)}" if isinstance(value, list) else reprlib.repr(value)
            self._refuse(f"has {what} {long}; expected a list of {least} to {most}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """A finite figure in [low, high]."""
        return float(self._number(self._fields[name], name, low, high))

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high."""
        return self._whole(self._fields[name], name, low, high)

    def row(self, name: str, rows: int) -> int | None:
        """Index of one of `rows` rows, or nothing."""
        return None if self._fields[name] is None else self.whole(name, 0, rows - 1)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._fields[name]
        if not isinstance(value, bool):
            self._refuse(f"has {name} {reprlib.repr(value)}; expected true or false")
        return value

    def text(self, name: str, most: int) -> str:
        """A text of at most `most` characters."""
        return self._text(self._fields[name], name, most)

    def _text(self, value: object, what: str, most: int) -> str:
        if not isinstance(value, str) or len(value) > most:
            self._refuse(f"has {what} {reprlib.repr(value)}; expected a text of at most {most} characters")
        return value

    def numbers(self, name: str, least: int, most: int, low: float, high: float) -> list[float]:
        """A list of `least` to `most` figures, each in [low, high]."""
        return self.numbers_of(self._fields[name], name, least, most, low, high)

    def numbers_of(
        self, value: object, what: str, least: int, most: int, low: float, high: float
    ) -> list[float]:
        """The same of a list that was found inside another field."""
        values = self._list(value, what, least, most)
        if _all_within(values, {int, float}, low, high):
            return list(map(float, values))  # type: ignore[arg-type]
        return [float(self._number(v, what, low, high)) for v in values]

    def wholes(self, name: str, least: int, most: int, low: int, high: int) -> list[int]:
        """A list of `least` to `most` whole numbers, each from low to high."""
        values = self._list(self._fields[name], name, least, most)
        if _all_within(values, {int}, low, high):
            return list(values)  # type: ignore[arg-type]
        return [self._whole(v, name, low, high) for v in values]

    def records(self, name: str, most: int, sizes: Sequence[int]) -> list[Record]:
        """A list of at most `most` lists of one of these sizes."""
        entries = self._list(self._fields[name], name, 0, most)
        records = [self._list(entry, f"an entry of {name}", min(sizes), max(sizes)) for entry in entries]
        return [Record(self, name, record) for record in records]

    def record(self, name: str, *sizes: int) -> Record | None:
        """One list of one of these sizes, or nothing."""
        value = self._fields[name]
        if value is None:
            return None
        values = self._list(value, name, min(sizes), max(sizes))
        self.require(len(values) in sizes, f"has a {name} of {len(values)} entries")
        return Record(self, name, values)


class Record:
    """A short list inside a state, whose places have meanings of their own; raises PolicyError as `Fields` does."""

    __slots__ = ("_in", "_name", "_values")

    def __init__(self, within: Fields, name: str, values: list[object]) -> None:
        self._in = within
        self._name = name
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def raw(self, at: int) -> object:
        """A place whose reader checks it."""
        return self._values[at]

    def number(self, at: int, low: float, high: float) -> float:
        """A finite figure in [low, high]."""
        return float(self._in._number(self._values[at], self._name, low, high))

    def number_or_none(self, at: int, low: float, high: float) -> float | None:
        """The same, or nothing."""
        return None if self._values[at] is None else self.number(at, low, high)

    def whole(self, at: int, low: int, high: int) -> int:
        """A whole number from low to high."""
        return self._in._whole(self._values[at], self._name, low, high)

    def text(self, at: int, most: int) -> str:
        """A text of at most `most` characters."""
        return self._in._text(self._values[at], self._name, most)
