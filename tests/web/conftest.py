"""The web over a server that a test writes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from cutpoint.answer import Agreed
from cutpoint.plan import CostTable
from cutpoint.wire import CodecId, DeviceId, ModelId, Plan, Status
from edge_server.events import Answered, Audited, PlanDecided
from edge_server.web.address import HttpAddress
from edge_server.web.app import make_app
from edge_server.web.fleet import Fleet
from edge_server.web.listener import WebListener

MODEL = ModelId(bytes.fromhex("0badcafe"))


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class WrittenView:
    """A `FleetView` whose every answer a test writes."""

    fleet: Fleet
    counters: dict[str, int] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    idle: float = 0.01
    table: CostTable | None = None
    desk_answers: bool = True
    plans: dict[str, Plan] = field(default_factory=dict)
    twins: set[str] = field(default_factory=set)

    def stats(self) -> dict[str, Any]:
        return {
            "models": {MODEL.hex: "fomo"},
            "catalogue": [{"name": "fomo", "id": MODEL.hex, "folder": "bundles", "devices": 4}],
            "rollouts": [],
            "devices": len(self.fleet),
            "tails": 2,
            "tails_bytes": 1 << 20,
            "inbox": 3,
            "queue": 5,
            "capacity": 2,
            "busy_us": 2_500_000,
            "load_price": 1.5,
            "load": 0.8,
            "utilisation": 0.7,
            "wait_us": 250.0,
            "cpu_us": {"decode": 1_000_000, "run": None},
            "uptime_s": 12.5,
            "counters": self.counters,
        }

    def facts(self) -> dict[str, Any]:
        return {"version": "1.2.3", "broker": "127.0.0.1:1883", "kernels": "reference"}

    def idle_s(self) -> float:
        return self.idle

    def missing(self) -> dict[str, str]:
        return self.gone

    def remark(self, device: DeviceId) -> str:
        return "two devices have this id" if str(device) in self.twins else ""

    def plan(self, device: DeviceId) -> Plan | None:
        return self.plans.get(str(device))

    def explain(self, _device: DeviceId) -> Future[CostTable | None]:
        future: Future[CostTable | None] = Future()
        if self.desk_answers:
            future.set_result(self.table)
        return future


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def view(clock: Clock) -> WrittenView:
    return WrittenView(Fleet(10_000, clock))


@pytest.fixture
def listener(view: WrittenView) -> Iterator[WebListener]:
    """The web of `view`, listening on a free port."""
    web = WebListener(HttpAddress("127.0.0.1", 0))
    web.start(make_app(view))
    yield web
    assert web.stop()


@pytest.fixture
def web(listener: WebListener) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{listener.address}", timeout=10) as client:
        yield client


Made = Callable[..., Any]


def answered(
    device: str = "cam-1", *, edge_us: int = 1_000, status: Status = Status.OK, **changes: Any
) -> Answered:
    fields: dict[str, Any] = {
        "device": DeviceId(device),
        "model": MODEL,
        "boot": 1,
        "sequence": 1,
        "cut": 4,
        "status": status,
        "acknowledged": False,
        "edge_us": edge_us,
        "compute_us": edge_us // 2,
        "bytes_up": 2400,
        "bytes_down": 60,
        "answer": None,
    }
    return Answered(**(fields | changes))


def decided(
    device: str = "cam-1", *, cut: int = 4, codec: CodecId = CodecId.RAW, setting: int = 0
) -> PlanDecided:
    return PlanDecided(
        DeviceId(device), MODEL, 1, cut, codec, 250, f"cut {cut} is best", False, 9000.0, setting
    )


def audited(
    device: str = "cam-1", part: float = 1.0, whole: float = 2.0, drift: float | None = None
) -> Audited:
    return Audited(
        DeviceId(device), MODEL, 4, CodecId.RANS, 12, Agreed(part, whole), calibrated=0.97, drift=drift
    )
