"""The columns of an export, in order: name, kind, and how a record gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Literal

from cutpoint.codec import label_of
from cutpoint.wire import ModelId
from edge_server import DecisionRecord, InferenceRecord

Kind = Literal["time", "text", "int", "float", "bool"]
Names = Mapping[ModelId, str]

_INTEGERS = {"int", "int | None"}


@dataclass(frozen=True, slots=True)
class Column:
    """`value` gives None where a record has nothing to say; a time is in microseconds since 1970."""

    name: str
    kind: Kind
    value: Callable[[Any], Any]


def inference_columns(names: Names) -> tuple[Column, ...]:
    """Every field of an inference, and the name of its model beside the id."""
    return _columns(InferenceRecord, names)


def decision_columns(names: Names) -> tuple[Column, ...]:
    """Every field of a decision, and the name of its model beside the id."""
    return _columns(DecisionRecord, names)


def _columns(record: type, names: Names) -> tuple[Column, ...]:
    found: list[Column] = []
    for field in fields(record):
        name, kind = field.name, str(field.type)
        if name == "at_us":
            found.append(Column("at", "time", lambda one: one.at_us))
        elif name == "model":
            found.append(Column("model", "text", lambda one: one.model.hex))
            found.append(Column("model_name", "text", lambda one: names.get(one.model)))
        elif name == "codec":
            found.append(Column("codec", "text", lambda one: label_of(one.codec, one.setting)))
        elif name == "setting":
            continue  # The codec is shown with it.
        elif name == "status":
            found.append(Column(name, "text", lambda one, name=name: getattr(one, name).name.lower()))  # type: ignore[misc]
        else:
            found.append(Column(name, _kind(kind), _field(name)))
    return tuple(found)


def _field(name: str) -> Callable[[Any], Any]:
    return attrgetter(name)


def _kind(annotation: str) -> Kind:
    if annotation in _INTEGERS:
        return "int"
    return {"bool": "bool", "float": "float", "float | None": "float"}.get(annotation, "text")  # type: ignore[return-value]
