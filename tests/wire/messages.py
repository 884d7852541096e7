"""Messages out of the JSON of the golden vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from cutpoint.answer import Answer, Centroid, Centroids, Class, Classes, Raw, RawTensor
from cutpoint.wire import (
    Activation,
    CodecId,
    CommandMessage,
    DType,
    Flag,
    Gauge,
    LastAnswered,
    Message,
    ModelId,
    Plan,
    Result,
    Status,
    Telemetry,
    TensorRecord,
    Timings,
)

VECTORS = Path(__file__).parents[1] / "vectors"
KINDS = ("activation", "result", "plan", "telemetry", "command")


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of one file, by its name without `.json`."""
    loaded: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def message_of(fields: dict[str, Any]) -> Message:
    """The message that a vector's fields describe."""
    return _READERS[fields["kind"]](ModelId.of_hex(fields["model"]), fields)


def _tensor(fields: dict[str, Any]) -> TensorRecord:
    data = bytes.fromhex(fields["data"])
    jpeg = bytes.fromhex(fields.get("jpeg", ""))
    return TensorRecord(fields["index"], DType(fields["dtype"]), data, fill=fields.get("fill", 0), jpeg=jpeg)


def _calibrated(fields: dict[str, Any], codec: CodecId) -> TensorRecord:
    """As it travels, and as a receiver has it: coded where that is smaller and of single bytes."""
    record, made = _tensor(fields), bytes.fromhex(fields.get("made", ""))
    if not 2 <= len(made) < len(record.data) or record.dtype not in (DType.INT8, DType.UINT8):
        return record
    return replace(record, data=made, codec=codec, raw_bytes=len(record.data))


def _activation(model: ModelId, fields: dict[str, Any]) -> Activation:
    timings, codec = fields["timings"], CodecId(fields["codec"])
    if timings is not None:
        last = LastAnswered(*timings["last"]) if timings["last"] else None
        timings = Timings(timings["encode_us"], tuple(timings["operators_us"]), last)
    return Activation(
        model,
        fields["boot"],
        fields["sequence"],
        fields["cut"],
        codec,
        Flag(fields["flags"]),
        fields["plan_epoch"],
        tuple(_calibrated(one, codec) if codec.calibrated else _tensor(one) for one in fields["tensors"]),
        timings,
        fields.get("setting", 0),
    )


def as_received(message: Message) -> Message:
    """The same with every tensor that travelled as a JPEG being that JPEG."""
    if not isinstance(message, Activation) or message.codec is not CodecId.JPEG:
        return message
    tensors = tuple(
        replace(one, data=one.jpeg) if 0 < len(one.jpeg) < len(one.data) else one for one in message.tensors
    )
    return replace(message, tensors=tensors)


def _answer(kind: int, records: list[dict[str, Any]]) -> Answer | None:
    if kind == 1:
        tensors = [(item["index"], DType(item["dtype"]).numpy.name, item["data"]) for item in records]
        return Raw(tuple(RawTensor(index, dtype, bytes.fromhex(data)) for index, dtype, data in tensors))
    if kind == 2:
        return Classes(tuple(Class(**item) for item in records))
    if kind == 3:
        return Centroids(tuple(Centroid(**item) for item in records))
    return None


def _result(model: ModelId, fields: dict[str, Any]) -> Result:
    answer = _answer(fields["answer"], fields["records"])
    status = Status(fields["status"])
    offered = tuple(map(ModelId.of_hex, fields["records"])) if fields["answer"] == 4 else None
    head = (model, fields["boot"], fields["sequence"], fields["cut"])
    partial = bool(fields.get("flags", 0))
    return Result(*head, status, fields["edge_us"], answer, offered, partial)


def _plan(model: ModelId, fields: dict[str, Any]) -> Plan:
    codec, flags = CodecId(fields["codec"]), Flag(fields["flags"])
    parameters = bytes.fromhex(fields["parameters"])
    return Plan(model, fields["epoch"], fields["cut"], codec, flags, fields["deadline_ms"], parameters)


def _telemetry(model: ModelId, fields: dict[str, Any]) -> Telemetry:
    gauges = {Gauge(gauge): value for gauge, value in fields["gauges"]}
    return Telemetry(model, fields["boot"], gauges, dict(fields["counters"]))


def _command(model: ModelId, fields: dict[str, Any]) -> CommandMessage:
    argument = bytes.fromhex(fields["argument"])
    return CommandMessage(model, fields["boot"], fields["sequence"], fields["command"], argument)


_READERS = {
    "activation": _activation,
    "result": _result,
    "plan": _plan,
    "telemetry": _telemetry,
    "command": _command,
}
