"""Two replicas with one store: what one of them learned of a device the other one continues from."""

from __future__ import annotations

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.wire import Status
from edge_server import EdgeServer
from tests.replicas.conftest import Connect, MemoryReplicas

CUT = 3
NAMES = [f"cam-{i}" for i in range(6)]


def counters(server: EdgeServer) -> dict[str, int]:
    return dict(server.stats()["counters"])


def ask(devices: list[HandDevice], first: int, count: int) -> None:
    for sequence in range(first, first + count):
        for device in devices:
            result = device.ask(CUT, pictures(device.bundle, 1)[0], sequence)
            assert (result.status, result.sequence) == (Status.OK, sequence)


@pytest.mark.postgres
def test_a_replica_that_leaves_hands_its_devices_over_in_the_store(
    replicas: MemoryReplicas, connect: Connect, postgres_url: str
) -> None:
    for name in ("a", "b"):
        replicas.start(name, store=postgres_url)
    devices = [connect(name) for name in NAMES]
    until(lambda: sum(replicas.own().values()) == len(NAMES) and not replicas.leaving())
    moving = replicas.own()["a"]
    assert 0 < moving < len(NAMES)
    ask(devices, 1, 3)
    replicas.stop("a")
    until(lambda: replicas.own() == {"b": len(NAMES)})
    ask(devices, 4, 1)
    # Its own were unknown when they came, the others were not.
    until(lambda: counters(replicas.servers["b"]).get("devices_recalled") == moving)


@pytest.mark.postgres
def test_a_newcomer_finds_its_devices_in_the_store(
    replicas: MemoryReplicas, connect: Connect, postgres_url: str
) -> None:
    replicas.start("a", store=postgres_url)
    devices = [connect(name) for name in NAMES]
    until(lambda: replicas.own() == {"a": len(NAMES)})
    ask(devices, 1, 3)
    # The devices changed less than five seconds ago: without being asked to, the first replica would not have saved.
    replicas.start("b", store=postgres_url)
    until(lambda: sum(replicas.own().values()) == len(NAMES) and not replicas.leaving())
    until(lambda: counters(replicas.servers["a"])["store_written"] > 0)
    ask(devices, 4, 1)
    until(
        lambda: counters(replicas.servers["b"]).get("devices_recalled", 0) == replicas.own()["b"], seconds=10
    )
