"""The store of a server that is to remember nothing."""

from __future__ import annotations

from cutpoint.wire import DeviceId
from edge_server.store.port import Batch, Bounds
from edge_server.store.records import DeviceRecord


class NoStore:
    """Knows no device and keeps nothing."""

    local = True

    def load(self, _device: DeviceId) -> DeviceRecord | None:
        return None

    def write(self, _batch: Batch) -> None:
        pass

    def prune(self, _bounds: Bounds, _now_us: int, *, slice_rows: int) -> int:
        return 0

    def close(self) -> None:
        pass
