"""What one start of a server counts and holds, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from edge_server.backend import Backend
from edge_server.catalogue.catalogue import Catalogue
from edge_server.desk.desk import Desk
from edge_server.gateway import Gateway
from edge_server.gateway.mqtt import ReplicaGateway
from edge_server.rollouts.mover import Mover
from edge_server.store import Journal

NOTHING: dict[str, Any] = {
    "models": {},
    "catalogue": [],
    "rollouts": [],
    "devices": 0,
    "tails": 0,
    "waiting": 0,
    "uptime_s": 0.0,
    "counters": {},
}
"""The stats of a server that was never started."""


class Stats:
    """Asked on any thread, also after the stop: what is read while its owner changes it is copied in one step."""

    def __init__(
        self,
        desk: Desk,
        backend: Backend,
        gateway: Gateway,
        mover: Mover,
        *,
        journal: Journal | None,
        replica: ReplicaGateway | None,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        self._desk, self._backend, self._gateway, self._mover = desk, backend, gateway, mover
        self._journal, self._replica = journal, replica
        self._catalogue = catalogue

    def counters(self) -> dict[str, int]:
        """All counters by name."""
        counts = self._desk.counters.counts.copy() + self._desk.inbox.drops.copy()
        counts.update(self._backend.counts())
        counts.update(self._gateway.drops())
        if self._journal is not None:
            counts.update(self._journal.counts())
        if self._replica is not None:
            counts.update(self._replica.counts())
        return dict(sorted(counts.items()))

    def models(self) -> dict[str, str]:
        """Names of the models on offer by their id in hexadecimal."""
        return {model.id.hex: model.bundle.name for model in self._catalogue()}

    def all(self) -> dict[str, Any]:
        """Counters and gauges, without the time that the server is up."""
        desk, backend = self._desk, self._backend
        resident = backend.resident()
        spent = {stage: ns // 1000 for stage, ns in desk.laps.spent_ns.copy().items()}
        seen: dict[str, Any] = {}
        if self._replica is not None:
            seen["replica"] = self._replica.seen()
        if self._journal is not None:
            seen["store_waiting"] = len(self._journal.waiting)
        return seen | {
            "models": self.models(),
            "catalogue": self._versions(),
            "rollouts": [standing.fields() for standing in self._mover.standings()],
            "devices": len(desk.sessions),
            "tails": len(resident),
            "tails_bytes": sum(tail.bytes for tail in resident.values()),
            "inbox": len(desk.inbox),
            "queue": len(desk.queue),
            "waiting": len(desk.inbox) + len(desk.queue),
            "capacity": backend.capacity,
            "busy_us": backend.busy_us,
            **desk.plans.price.figures(),
            "cpu_us": {"gateway": self._gateway.cpu_us, **spent, "run": backend.cpu_us},
            "counters": self.counters(),
        }

    def _versions(self) -> list[dict[str, Any]]:
        """The bundles on offer, each with the devices that are planned for by it."""
        on = Counter([session.model for session in list(self._desk.sessions.values())])
        return [
            {
                "name": model.bundle.name,
                "id": model.id.hex,
                "folder": model.folder,
                "devices": on[model],
            }
            for model in self._catalogue().versions()
        ]
