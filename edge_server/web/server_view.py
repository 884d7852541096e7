"""A running server as its web sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from cutpoint.plan import CostTable
from cutpoint.wire import DeviceId, Plan
from edge_server.config import ServeConfig
from edge_server.desk.desk import Desk
from edge_server.web.fleet import Fleet

Check = Callable[[], str]
"""What is wrong with a part of the server, in a sentence; empty when nothing is. From any thread, and quick."""


@dataclass(frozen=True, slots=True)
class ServerView:
    """The `FleetView` of one start of a server."""

    config: ServeConfig
    fleet: Fleet
    desk: Desk
    stats: Callable[[], Mapping[str, Any]]
    checks: Mapping[str, Check]

    def facts(self) -> Mapping[str, Any]:
        config = self.config
        return {
            "version": version("cutpoint"),
            "broker": f"{config.host}:{config.port}",
            "root": config.root,
            "kernels": config.kernels,
            "policy": config.policy,
        }

    def idle_s(self) -> float:
        return max(0.0, time.monotonic() - self.desk.turned_s)

    def missing(self) -> Mapping[str, str]:
        found = ((name, check()) for name, check in self.checks.items())
        return {name: wrong for name, wrong in found if wrong}

    def remark(self, device: DeviceId) -> str:
        session = self.desk.sessions.get(device)
        if session is None:
            return "not served here"
        return "two devices have this id" if session.twins.seen(time.monotonic()) else ""

    def plan(self, device: DeviceId) -> Plan | None:
        session = self.desk.sessions.get(device)
        planning = None if session is None else session.planning
        return None if planning is None else planning.plan

    def explain(self, device: DeviceId) -> Future[CostTable | None]:
        future: Future[CostTable | None] = Future()

        def explain() -> None:
            if not future.set_running_or_notify_cancel():
                return  # nobody waits for it any more
            try:
                session = self.desk.sessions.get(device)
                planning = None if session is None else session.planning
                future.set_result(None if planning is None else planning.planner.explain())
            except Exception as error:
                future.set_exception(error)
                raise

        self.desk.call(explain)
        return future
