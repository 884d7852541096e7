"""The port behind which the databases lie: what a server asks of its store, and what a reader of its history does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cutpoint.wire import DeviceId, ModelId, Status
from edge_server.store.records import DecisionRecord, DeviceRecord, InferenceRecord, ModelRecord, RunRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction."""

    devices: tuple[DeviceRecord, ...] = ()
    inferences: tuple[InferenceRecord, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
    run: RunRecord | None = None
    models: tuple[ModelRecord, ...] = ()

    def __len__(self) -> int:
        return (
            len(self.devices) + len(self.inferences) + len(self.decisions) + len(self.models) + bool(self.run)
        )

    def singly(self) -> Iterator[Batch]:
        """The same, one record at a time: to find the one that the database refuses."""
        yield from (Batch(devices=(one,)) for one in self.devices)
        yield from (Batch(inferences=(one,)) for one in self.inferences)
        yield from (Batch(decisions=(one,)) for one in self.decisions)
        yield from (Batch(models=(one,)) for one in self.models)
        if self.run is not None:
            yield Batch(run=self.run)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept. At most `rows` inferences and as many decisions, none older than `days`.

    Devices go, the longest unseen first, past `devices`; runs past `runs`.
    """

    rows: int = 1_000_000
    days: float = 30.0
    devices: int = 100_000
    runs: int = 1000

    def oldest_us(self, now_us: int) -> int:
        """What happened before this is too old."""
        return max(0, now_us - int(self.days * 86_400_000_000))


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which inferences or decisions: all of those that fit, the oldest first; `limit` keeps the newest of them.

    `models` and `statuses` are alternatives; none of them means any. Times are microseconds since 1970, `until_us`
    excluded. `statuses` and `acknowledged` mean nothing to decisions.
    """

    device: DeviceId | None = None
    models: tuple[ModelId, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    statuses: tuple[Status, ...] = ()
    acknowledged: bool | None = None
    limit: int | None = None


class History(Protocol):
    """What happened, for reading. Nothing is created, changed or brought to a newer schema.

    Every method raises StoreError; the iterators read in pages and hold no transaction between them.
    """

    def inferences(self, query: HistoryQuery) -> Iterator[InferenceRecord]: ...

    def decisions(self, query: HistoryQuery) -> Iterator[DecisionRecord]: ...

    def runs(self) -> list[RunRecord]:
        """Every run that is remembered, the oldest first."""
        ...

    def models(self) -> list[ModelRecord]:
        """The models that were ever on offer."""
        ...

    def close(self) -> None:
        """Harmless when repeated."""
        ...


class Store(Protocol):
    """A database of one server, or of several replicas. Each method raises StoreError.

    One thread may load while another writes and prunes. `local`: nothing but this machine is waited for.
    """

    @property
    def local(self) -> bool: ...

    def load(self, device: DeviceId) -> DeviceRecord | None:
        """What is known of a device; None when nothing is."""
        ...

    def write(self, batch: Batch) -> None:
        """Keep all of a batch, or nothing of it.

        A record that is there already is replaced, with two exceptions: an answered inference is not replaced by a
        refused one; and a device's record stays when the new one has an older epoch, or was seen earlier under
        the same.
        """
        ...

    def prune(self, bounds: Bounds, now_us: int, *, slice_rows: int) -> int:
        """Remove what is out of bounds, the oldest first, at most `slice_rows` of each kind; how many went."""
        ...

    def close(self) -> None:
        """Harmless when repeated."""
        ...
