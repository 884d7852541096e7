"""What the web needs to know of a server, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from cutpoint.plan import CostTable
from cutpoint.wire import DeviceId, Plan
from edge_server.web.fleet import Fleet


class FleetView(Protocol):
    """Read by the web's thread. None of it may wait for the desk, whose time is the devices'."""

    @property
    def fleet(self) -> Fleet:
        """Figures of the devices, and histograms."""
        ...

    def stats(self) -> Mapping[str, Any]:
        """`EdgeServer.stats()`: counters by name, and what is resident now."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What does not change while the server runs: version, broker, root, kernels, policy."""
        ...

    def idle_s(self) -> float:
        """Seconds since the desk's loop last turned, which it does many times a second also without work."""
        ...

    def missing(self) -> Mapping[str, str]:
        """What keeps the server from serving, by name, each with a sentence; empty when it is ready."""
        ...

    def remark(self, device: DeviceId) -> str:
        """What is odd about a device that no event says; empty when nothing is."""
        ...

    def plan(self, device: DeviceId) -> Plan | None:
        """The plan that was published last, which a server that was started again has from its store."""
        ...

    def explain(self, device: DeviceId) -> Future[CostTable | None]:
        """The cost table of a device's planner, computed on the desk's thread; None when it has no planner."""
        ...
