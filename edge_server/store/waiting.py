"""What waits to be written: bounded, and taken in batches."""

from __future__ import annotations

import threading
from collections import deque

from cutpoint.wire import DeviceId, ModelId
from edge_server.store.port import Batch
from edge_server.store.records import DecisionRecord, DeviceRecord, InferenceRecord, ModelRecord, RunRecord

BATCH_ROWS = 500
# A device's record is some 4 KB, an inference's 200 bytes: a transaction stays as short with this many.
_BATCH_DEVICES = 100


class Waiting:
    """Values of many threads, taken by one.

    At most `most` inferences and as many decisions wait; a newcomer pushes out the oldest, which is counted in
    `dropped`. Of each device the newest record alone waits, and none is ever dropped: there are as many as the server
    has sessions. What was taken still counts as waiting for whoever asks about a device, until it is `settled`.
    """

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._inferences: deque[InferenceRecord] = deque(maxlen=most)
        self._decisions: deque[DecisionRecord] = deque(maxlen=most)
        self._devices: dict[DeviceId, DeviceRecord] = {}
        self._taken: dict[DeviceId, DeviceRecord] = {}
        self._models: dict[ModelId, ModelRecord] = {}
        self._run: RunRecord | None = None
        self.dropped = 0

    def inference(self, record: InferenceRecord) -> None:
        with self._lock:
            self.dropped += len(self._inferences) == self._inferences.maxlen
            self._inferences.append(record)

    def decision(self, record: DecisionRecord) -> None:
        with self._lock:
            self.dropped += len(self._decisions) == self._decisions.maxlen
            self._decisions.append(record)

    def device(self, record: DeviceRecord) -> None:
        with self._lock:
            self._devices[record.device] = record

    def model(self, record: ModelRecord) -> None:
        with self._lock:
            self._models[record.model] = record

    def run(self, record: RunRecord) -> None:
        with self._lock:
            self._run = record

    def saved(self, device: DeviceId) -> DeviceRecord | None:
        """The record of a device that is not in the store yet, and newer than what is."""
        with self._lock:
            return self._devices.get(device) or self._taken.get(device)

    def __len__(self) -> int:
        """Rows that wait. May be asked on any thread."""
        return (
            len(self._inferences)
            + len(self._decisions)
            + len(self._devices)
            + len(self._models)
            + (self._run is not None)
        )

    def take(self) -> Batch:
        """The oldest of what waits, at most `BATCH_ROWS` inferences and decisions, and some devices."""
        with self._lock:
            inferences = [self._inferences.popleft() for _ in range(min(BATCH_ROWS, len(self._inferences)))]
            room = BATCH_ROWS - len(inferences)
            decisions = [self._decisions.popleft() for _ in range(min(room, len(self._decisions)))]
            names = list(self._devices)[:_BATCH_DEVICES]
            devices = [self._devices.pop(name) for name in names]
            self._taken = {record.device: record for record in devices}
            models, self._models = self._models, {}
            run, self._run = self._run, None
        return Batch(tuple(devices), tuple(inferences), tuple(decisions), run, tuple(models.values()))

    def settled(self) -> None:
        """What was taken last is in the store, waits again, or is lost."""
        with self._lock:
            self._taken = {}

    def put_back(self, batch: Batch) -> None:
        """Undo a `take`: what was dropped meanwhile stays dropped, and newer records of a device stay."""
        with self._lock:
            for waiting, records in (
                (self._inferences, batch.inferences),
                (self._decisions, batch.decisions),
            ):
                room = (waiting.maxlen or 0) - len(waiting)
                kept = records[max(0, len(records) - room) :]
                self.dropped += len(records) - len(kept)
                waiting.extendleft(reversed(kept))  # type: ignore[arg-type]
            self._devices = {record.device: record for record in batch.devices} | self._devices
            self._models = {record.model: record for record in batch.models} | self._models
            self._run = self._run or batch.run

    def clear(self) -> int:
        """Drop everything; how many rows that were."""
        with self._lock:
            gone = len(self)
            self.dropped += gone
            for waiting in (self._inferences, self._decisions, self._devices, self._models):
                waiting.clear()
            self._run = None
            return gone
