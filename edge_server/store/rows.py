"""Records as rows of a database and back, and the statements for them; the same words for both databases.

Parameters are `?`; PostgreSQL's driver is given `%s` instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from cutpoint.codec import label_of, read_label
from cutpoint.wire import DeviceId, ModelId, Status
from edge_server.store.port import Batch
from edge_server.store.records import DecisionRecord, DeviceRecord, InferenceRecord, ModelRecord, RunRecord

Row = tuple[Any, ...]

# A history names the same few again and again.
_model = lru_cache(4096)(ModelId.of_hex)
_device = lru_cache(4096)(DeviceId)


def _columns(record: type) -> tuple[str, ...]:
    """Fields in their order; the setting stands in the column of its codec, as one word."""
    return tuple(field.name for field in fields(record) if field.name != "setting")


DEVICE_COLUMNS = _columns(DeviceRecord)
INFERENCE_COLUMNS = _columns(InferenceRecord)
DECISION_COLUMNS = _columns(DecisionRecord)
MODEL_COLUMNS = tuple(field.name for field in fields(ModelRecord))
RUN_COLUMNS = tuple(field.name for field in fields(RunRecord))


# Values of so many rows go with one statement. A statement lets other threads run when it starts, and has to wait for
# its turn when it ends, up to 5 ms beside a busy one: 500 rows one by one would take seconds.
_ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Upsert:
    """Insert rows, or replace those of the same key where `where` holds."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    kept: tuple[str, ...] = ()
    where: str = "true"

    def statements(self, rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
        """Statements and their values, for rows of which no two have the same key."""
        marks = f"({', '.join('?' * len(self.columns))})"
        changed = (name for name in self.columns if name not in {*self.key, *self.kept})
        head = f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES "
        tail = (
            f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET "
            f"{', '.join(f'{name} = excluded.{name}' for name in changed)} WHERE {self.where}"
        )
        every = iter(rows)
        while some := list(islice(every, _ROWS_AT_ONCE)):
            yield head + ", ".join([marks] * len(some)) + tail, tuple(chain.from_iterable(some))


# Epochs are serial numbers of 32 bits (edge_server/planning/epoch.py): newer is less than half the circle ahead.
_NEWER = (
    "(devices.epoch = 0 OR (excluded.epoch <> 0 AND "
    "((excluded.epoch - devices.epoch) & 4294967295) BETWEEN 1 AND 2147483647)) "
    "OR (excluded.epoch = devices.epoch AND excluded.last_seen_us >= devices.last_seen_us)"
)
_DEVICE = Upsert("devices", DEVICE_COLUMNS, ("device",), kept=("first_seen_us",), where=_NEWER)
_INFERENCE = Upsert(
    "inferences",
    INFERENCE_COLUMNS,
    ("device", "boot", "sequence"),
    where="excluded.status = 'ok' OR inferences.status <> 'ok'",
)
_DECISION = Upsert("decisions", DECISION_COLUMNS, ("device", "epoch"))
_RUN = Upsert("runs", RUN_COLUMNS, ("run",))
_MODEL = Upsert("models", MODEL_COLUMNS, ("model",))


def written(batch: Batch) -> Iterator[tuple[str, Row]]:
    """The statements that keep a batch.

    Devices and models come in one order for all: two replicas that save the same ones would wait for each other
    otherwise.
    """
    devices = sorted(batch.devices, key=lambda record: record.device)
    yield from _DEVICE.statements(device_row(record) for record in devices)
    yield from _INFERENCE.statements(inference_row(record) for record in _once(batch.inferences))
    decisions = {(record.device, record.epoch): record for record in batch.decisions}
    yield from _DECISION.statements(decision_row(record) for record in decisions.values())
    yield from _MODEL.statements(sorted((one.model.hex, one.name) for one in batch.models))
    if batch.run is not None:
        yield from _RUN.statements([run_row(batch.run)])


def _once(records: Iterable[InferenceRecord]) -> Iterable[InferenceRecord]:
    """Each inference once; an answer goes before a refusal, else the later record."""
    found: dict[tuple[str, int, int], InferenceRecord] = {}
    for record in records:
        key = (record.device, record.boot, record.sequence)
        before = found.get(key)
        if before is None or record.status is Status.OK or before.status is not Status.OK:
            found[key] = record
    return found.values()


LOAD_DEVICE = f"SELECT {', '.join(DEVICE_COLUMNS)} FROM devices WHERE device = ?"


def prune_rows(table: str) -> str:
    """Parameters: rows to look at, rows to keep, the oldest time to keep. The key has no holes but at its old end."""
    return (
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT ?) "
        f"AND (id <= (SELECT max(id) FROM {table}) - ? OR at_us < ?)"
    )


SELECT_RUNS = f"SELECT {', '.join(RUN_COLUMNS)} FROM runs ORDER BY started_us, run"
SELECT_MODELS = f"SELECT {', '.join(MODEL_COLUMNS)} FROM models ORDER BY name, model"
PRUNE_RUNS = (
    "DELETE FROM runs WHERE run IN (SELECT run FROM runs ORDER BY started_us DESC, run DESC LIMIT ? OFFSET ?)"
)

COUNT_DEVICES = "SELECT count(*) FROM devices"
PRUNE_DEVICES = (
    "DELETE FROM devices WHERE device IN (SELECT device FROM devices ORDER BY last_seen_us, device LIMIT ?)"
)


def device_row(record: DeviceRecord) -> Row:
    return (
        str(record.device),
        None if record.model is None else record.model.hex,
        record.boot,
        record.sequence,
        record.epoch,
        record.cut,
        None if record.codec is None else label_of(record.codec, record.setting),
        record.deadline_ms,
        record.state,
        counters_text(record.counters),
        record.first_seen_us,
        record.last_seen_us,
        record.owner,
    )


def device_of(row: Row) -> DeviceRecord:
    """Raises ValueError, KeyError or CutpointError for a row that no server wrote."""
    (
        device,
        model,
        boot,
        sequence,
        epoch,
        cut,
        codec,
        deadline_ms,
        state,
        counters,
        first,
        last,
        owner,
    ) = row
    planned, setting = (None, 0) if codec is None else read_label(codec)
    return DeviceRecord(
        _device(device),
        None if model is None else _model(model),
        boot,
        sequence,
        epoch,
        cut,
        planned,
        deadline_ms,
        state,
        counters_of(counters),
        first,
        last,
        owner,
        setting,
    )


def inference_row(record: InferenceRecord) -> Row:
    return (
        record.at_us,
        str(record.device),
        record.model.hex,
        record.boot,
        record.sequence,
        record.cut,
        label_of(record.codec, record.setting),
        record.status.name.lower(),
        int(record.acknowledged),
        record.inbox_us,
        record.decode_us,
        record.queue_us,
        record.compute_us,
        record.reply_us,
        record.edge_us,
        record.batch,
        record.bytes_up,
        record.bytes_down,
        record.epoch,
        record.answer,
        record.came,
    )


def inference_of(row: Row) -> InferenceRecord:
    """Raises ValueError, KeyError or CutpointError for a row that no server wrote."""
    at_us, device, model, boot, sequence, cut, codec, status, acknowledged, *rest = row
    used, setting = read_label(codec)
    rest.append(setting)
    return InferenceRecord(
        at_us,
        _device(device),
        _model(model),
        boot,
        sequence,
        cut,
        used,
        Status[status.upper()],
        bool(acknowledged),
        *rest,
    )


def decision_row(record: DecisionRecord) -> Row:
    return (
        record.at_us,
        str(record.device),
        record.model.hex,
        record.epoch,
        record.cut,
        label_of(record.codec, record.setting),
        record.deadline_ms,
        record.reason,
        int(record.exploration),
        record.expected_us,
    )


def decision_of(row: Row) -> DecisionRecord:
    """Raises ValueError, KeyError or CutpointError for a row that no server wrote."""
    at_us, device, model, epoch, cut, codec, deadline_ms, reason, exploration, expected_us = row
    planned, setting = read_label(codec)
    return DecisionRecord(
        at_us,
        _device(device),
        _model(model),
        epoch,
        cut,
        planned,
        deadline_ms,
        reason,
        bool(exploration),
        expected_us,
        setting,
    )


def counters_text(counters: Mapping[str, int]) -> str:
    return json.dumps(dict(counters), separators=(",", ":"))


def counters_of(text: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in json.loads(text).items()}


def model_of(row: Row) -> ModelRecord:
    """Raises ValueError or CutpointError for a row that no server wrote."""
    model, name = row
    return ModelRecord(_model(model), name)


def run_row(record: RunRecord) -> Row:
    return (record.run, record.started_us, record.saved_us, counters_text(record.counters))


def run_of(row: Row) -> RunRecord:
    run, started_us, saved_us, counters = row
    return RunRecord(run, started_us, saved_us, counters_of(counters))
