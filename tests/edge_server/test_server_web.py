"""The web over a real server: what it says is what happens, and it never costs a device its answer."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from hand_device import HandDevice, pictures, until

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import Status
from edge_server import EdgeServer, ServeConfig
from edge_server.errors import ConfigError
from edge_server.events import Answered, Event
from edge_server.store import Journal
from edge_server.web import app
from tests.web.test_metrics import samples


@pytest.fixture
def shown(serve: Any) -> Iterator[tuple[EdgeServer, httpx.Client]]:
    """A server that shows itself, and a client of its pages."""
    server = serve(http="127.0.0.1:0")
    with httpx.Client(base_url=f"http://{server.http}", timeout=10) as client:
        yield server, client


Shown = tuple[EdgeServer, httpx.Client]


def ask(dev: HandDevice, fomo: Bundle, count: int, cut: int = 3) -> None:
    for sequence, picture in enumerate(pictures(fomo, count), 1):
        assert dev.ask(cut, picture, sequence).status is Status.OK


def test_metrics_say_what_was_served(shown: Shown, dev: HandDevice, fomo: Bundle) -> None:
    _, web = shown
    dev.announce()
    dev.about()
    dev.plan()
    ask(dev, fomo, 20)
    until(lambda: samples(web.get("/metrics").text)["cutpoint_stage_seconds_count", "total"] == 20)
    seen = samples(web.get("/metrics").text)
    assert seen["cutpoint_answers_total", "ok"] == 20
    assert seen["cutpoint_devices", "online"] == 1
    assert seen["cutpoint_model_devices", fomo.model_id.hex()] == 1
    assert seen["cutpoint_batch_jobs_count",] == seen["cutpoint_batch_jobs_sum",] == 20
    assert seen["cutpoint_tails_resident",] >= 1
    assert seen["cutpoint_load_price_ratio",] >= 1
    assert 0 <= seen["cutpoint_utilisation_ratio",] <= 1
    assert seen["cutpoint_tails_resident_bytes",] > 1000
    assert seen["cutpoint_compute_seconds_total",] > 0
    assert seen["cutpoint_cpu_seconds_total", "decode"] > 0
    assert sum(value for key, value in seen.items() if key[0] == "cutpoint_decisions_total") >= 1
    stages = {
        stage: seen["cutpoint_stage_seconds_sum", stage] for stage in ("inbox", "decode", "queue", "compute")
    }
    assert all(seconds > 0 for seconds in stages.values())
    total = seen["cutpoint_stage_seconds_sum", "total"]
    assert sum(stages.values()) + seen["cutpoint_stage_seconds_sum", "reply"] == pytest.approx(
        total, rel=0.05
    )


def test_a_device_is_shown_as_its_planner_has_it(shown: Shown, dev: HandDevice, fomo: Bundle) -> None:
    _, web = shown
    dev.about()
    plan = dev.plan()
    ask(dev, fomo, 3, plan.cut)

    def shows_what_the_device_was_told() -> bool:
        nonlocal plan
        while not dev.plans.empty():
            plan = dev.plan()
        device = web.get("/api/device/dev-1").json()["device"]
        return (device["cut"], device["deadline_ms"], device["answered"]) == (plan.cut, plan.deadline_ms, 3)

    until(shows_what_the_device_was_told)
    said = web.get("/api/device/dev-1").json()
    assert said["device"]["name"] == fomo.name
    assert {row["cut"] for row in said["costs"]} == set(range(fomo.n + 1))


def test_a_device_without_a_planner_has_no_costs(shown: Shown, dev: HandDevice) -> None:
    _, web = shown
    dev.announce()
    until(lambda: web.get("/api/device/dev-1").status_code == 200)
    assert web.get("/api/device/dev-1").json()["costs"] is None


def test_two_devices_with_one_id_are_said(shown: Shown, dev: HandDevice, fomo: Bundle) -> None:
    _, web = shown
    one, other = pictures(fomo, 2)
    dev.ask(3, one, 1)
    dev.ask(3, other, 1)
    assert web.get("/api/fleet?match=two+devices").json()["devices"][0]["note"] == "two devices have this id"


def test_a_device_that_the_desk_forgot_is_said(shown: Shown, dev: HandDevice) -> None:
    server, web = shown
    dev.announce()
    until(lambda: web.get("/api/fleet").json()["matching"] == 1)
    assert web.get("/api/fleet").json()["devices"][0]["note"] == ""
    assert server._desk is not None
    server._desk.call(server._desk.sessions.clear)
    until(lambda: web.get("/api/fleet").json()["devices"][0]["note"] == "not served here")


def test_readiness_follows_the_broker(shown: Shown, memory_broker: MemoryBroker) -> None:
    _, web = shown
    assert web.get("/readyz").status_code == 200
    memory_broker.stop()
    until(lambda: web.get("/readyz").status_code == 503)
    assert "127.0.0.1:1883" in web.get("/readyz").json()["missing"]["broker"]
    memory_broker.start()
    until(lambda: web.get("/readyz").status_code == 200)


def test_readiness_follows_the_store(serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(http="127.0.0.1:0", store=str(tmp_path / "state.db"))
    url = f"http://{server.http}"
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert ("cutpoint_queue_depth", "store") in samples(httpx.get(f"{url}/metrics").text)
    monkeypatch.setattr(Journal, "failing", True)
    assert set(httpx.get(f"{url}/readyz").json()["missing"]) == {"store"}


def test_a_server_that_is_started_again_shows_the_plan_that_its_store_kept(
    serve: Any, dev: HandDevice, fomo: Bundle, tmp_path: Path
) -> None:
    kept = {"store": str(tmp_path / "state.db"), "policy": "fixed:3"}
    first = serve(**kept)
    dev.about()
    plan = dev.plan()
    ask(dev, fomo, 3)
    first.stop()
    again = serve(http="127.0.0.1:0", **kept)
    dev.ask(3, pictures(fomo, 1)[0], 9, plan_epoch=plan.epoch)
    until(lambda: httpx.get(f"http://{again.http}/api/fleet").json()["matching"] == 1)
    (row,) = httpx.get(f"http://{again.http}/api/fleet").json()["devices"]
    assert (row["cut"], row["deadline_ms"]) == (plan.cut, plan.deadline_ms)


def test_a_desk_that_hangs_is_unhealthy_and_the_pages_stay(
    shown: Shown, dev: HandDevice, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, web = shown
    monkeypatch.setattr(app, "STUCK_S", 0.3)
    go = threading.Event()

    def hang(event: Event) -> None:
        if isinstance(event, Answered):
            go.wait(10)

    until(lambda: web.get("/healthz").status_code == 200)
    server.add_observer(hang)
    dev.ask(3, pictures(fomo, 1)[0])
    until(lambda: web.get("/healthz").status_code == 503)
    assert web.get("/api/fleet").json()["devices"][0]["id"] == "dev-1"
    assert web.get("/metrics").status_code == 200
    go.set()
    until(lambda: web.get("/healthz").status_code == 200)


def test_a_server_shows_itself_anew_at_every_start(shown: Shown, dev: HandDevice, fomo: Bundle) -> None:
    server, _ = shown
    ask(dev, fomo, 2)
    server.stop()
    assert server.http is None
    server.start()
    assert server.http is not None
    said = httpx.get(f"http://{server.http}/api/fleet").json()
    assert said["devices"] == []
    assert dev.ask(3, pictures(fomo, 1)[0], 9).status is Status.OK


def test_a_taken_port_stops_the_start_and_leaves_nothing_running(
    fomo: Bundle, memory_broker: MemoryBroker
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = ServeConfig.checked(
            {"models": (fomo.path,), "http": f"127.0.0.1:{taken.getsockname()[1]}"}, "test"
        )
        server = EdgeServer(config, MemoryBus(memory_broker, "edge"))
        before = threading.active_count()
        with pytest.raises(ConfigError, match="end what holds the port"):
            server.start()
    until(lambda: threading.active_count() == before)
    assert server.http is None
    assert not server.ready.is_set()


def test_a_web_that_breaks_leaves_the_devices_served(
    serve: Any,
    dev: HandDevice,
    fomo: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no loop here")

    monkeypatch.setattr(uvicorn.Server, "run", broken)
    with caplog.at_level(logging.ERROR):
        serve(http="127.0.0.1:0")
        ask(dev, fomo, 3)
    assert "event=web_failed" in caplog.text


def test_a_server_without_web_does_not_even_load_it() -> None:
    script = (
        "import sys; from edge_server import EdgeServer, ServeConfig; "
        "EdgeServer(ServeConfig(models=('nowhere',)));"
        "assert not {'fastapi', 'uvicorn', 'prometheus_client', 'starlette'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_hostile_clients_do_not_hold_up_an_answer(shown: Shown, dev: HandDevice, fomo: Bundle) -> None:
    server, web = shown
    assert server.http is not None
    stop = threading.Event()

    def hammer() -> None:
        with httpx.Client(base_url=f"http://{server.http}", timeout=10) as client:
            while not stop.is_set():
                client.get("/metrics")
                client.request("BREW", "/" + "a" * 4000)

    with ExitStack() as stack:
        for _ in range(200):
            slow = stack.enter_context(
                socket.create_connection((server.http.host, server.http.port), timeout=10)
            )
            slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
        threads = [threading.Thread(target=hammer, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        took = []
        for sequence, picture in enumerate(pictures(fomo, 60), 1):
            began = time.perf_counter()
            assert dev.ask(3, picture, sequence).status is Status.OK
            took.append(time.perf_counter() - began)
        stop.set()
        for thread in threads:
            thread.join(10)
    assert sorted(took)[len(took) // 2] < 0.1
    assert web.get("/healthz").status_code == 200
