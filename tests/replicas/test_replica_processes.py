"""Real servers of `cutpoint serve --replica` behind one mosquitto; one is killed while its devices ask."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hand_device import pictures, until
from honest_fleet import HonestDevice, HonestFleet, Recorded

from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from edge_server.replicas import Standing, owner, parse_announcement

CUT = 3
DEADLINE_MS = 400
RESUMES_WITHIN_S = 2.0
"""From SIGKILL until the edge answers each device of the dead replica again; docs/scaling.md has the measured time."""


class ServerProcesses:
    """`cutpoint serve --replica NAME` processes, by name."""

    def __init__(self, bundle: Bundle, broker: tuple[str, int]) -> None:
        self._models, self._broker = bundle.path, f"{broker[0]}:{broker[1]}"
        self.store = "none"
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            command = [sys.executable, "-m", "host_tools", "serve", "--models", str(self._models)]
            command += ["--broker", self._broker, "--policy", f"fixed:{CUT}", "--exploration", "0"]
            command += ["--deadline-ms", str(DEADLINE_MS), "--replica", name, "--json"]
            command += ["--store", self.store]
            self.running[name] = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=Path(__file__).parents[2],
            )
        for name in names:
            out = self.running[name].stdout
            assert out is not None
            line = out.readline()
            assert line, f"{name} ended before it was ready"
            assert json.loads(line)["ready"]

    def end(self, name: str, how: signal.Signals) -> int:
        process = self.running.pop(name)
        process.send_signal(how)
        code = process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
        return code


@pytest.fixture
def servers(fomo_shared: Bundle, mosquitto: Any) -> Iterator[ServerProcesses]:
    made = ServerProcesses(fomo_shared, mosquitto.address)
    yield made
    for name in tuple(made.running):
        made.end(name, signal.SIGKILL)


@pytest.fixture
def fleet(fomo_shared: Bundle, mosquitto: Any) -> HonestFleet:
    recorded = [Recorded(fomo_shared, picture) for picture in pictures(fomo_shared, 3)]
    return HonestFleet(
        [HonestDevice(f"cam-{i}", recorded[i % 3], mosquitto.address, CUT, DEADLINE_MS) for i in range(12)],
        per_s=20,
    )


def served_by_the_edge(fleet: HonestFleet, since: float) -> bool:
    """Whether every device got an answer of the edge after this moment."""
    return all(any(one.by == "edge" and one.at > since for one in tuple(d.ledger)) for d in fleet.devices)


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.parametrize("store", ["none", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_replica_killed_mid_load_loses_no_answer(
    servers: ServerProcesses, fleet: HonestFleet, store: str, request: pytest.FixtureRequest
) -> None:
    if store == "postgres":
        servers.store = str(request.getfixturevalue("postgres_url"))
    try:
        servers.start("a", "b")
        owners = {d.name: owner(d.name, {"a": 1.0, "b": 1.0}) for d in fleet.devices}
        assert set(owners.values()) == {"a", "b"}
        until(lambda: served_by_the_edge(fleet, time.monotonic() - 0.5), 15)
        killed = time.monotonic()
        servers.end("a", signal.SIGKILL)
        until(lambda: served_by_the_edge(fleet, killed + 0.5), 15)
    finally:
        fleet.end()
    fleet.check()
    orphans = [d for d in fleet.devices if owners[d.name] == "a"]
    back = [min(one.at for one in d.ledger if one.by == "edge" and one.at > killed + 0.01) for d in orphans]
    assert max(back) - killed < RESUMES_WITHIN_S
    untouched = [d for d in fleet.devices if owners[d.name] == "b"]
    assert not [one for d in untouched for one in d.ledger if one.by != "edge" and one.at > killed + 0.1]


@pytest.mark.broker
@pytest.mark.slow
def test_replicas_that_join_and_leave_in_good_order_are_not_noticed_by_the_devices(
    servers: ServerProcesses, fleet: HonestFleet
) -> None:
    try:
        servers.start("a")
        until(lambda: served_by_the_edge(fleet, time.monotonic() - 0.5), 15)
        began = time.monotonic()
        servers.start("b")
        until(lambda: served_by_the_edge(fleet, time.monotonic() - 0.3), 15)
        assert servers.end("a", signal.SIGTERM) == 0
        left = time.monotonic()
        until(lambda: served_by_the_edge(fleet, left), 15)
        ended = time.monotonic()
    finally:
        fleet.end()
    fleet.check()
    alone = [one for one in fleet.answers("device", began) if one.at < ended]
    assert alone == []


@pytest.mark.broker
@pytest.mark.slow
def test_a_replica_that_hangs_is_replaced_when_its_lease_ends_and_gets_its_devices_back(
    servers: ServerProcesses, fleet: HonestFleet, mosquitto: Any
) -> None:
    """Stopped, not killed: the broker sees a living connection and sends no will, as with a half-open one."""
    heard: dict[str, Standing] = {}
    watcher = MqttBus(*mosquitto.address, client_id="watcher")
    watcher.on_message = lambda _topic, payload: heard.update(
        {(said := parse_announcement(payload)).replica: said.standing}
    )
    watcher.subscribe("cutpoint/1/edge/replica/+", 1)
    watcher.connect()
    try:
        servers.start("a", "b")
        until(lambda: served_by_the_edge(fleet, time.monotonic() - 0.5), 15)
        servers.running["a"].send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        # Lease, and the second after which an isolated device asks again.
        until(lambda: served_by_the_edge(fleet, stopped + 0.5), 15)
        servers.running["a"].send_signal(signal.SIGCONT)
        resumed = time.monotonic()
        until(lambda: served_by_the_edge(fleet, resumed + 2.0), 15)
    finally:
        fleet.end()
        watcher.close()
    fleet.check()
    assert heard == {"a": Standing.HERE, "b": Standing.HERE}
