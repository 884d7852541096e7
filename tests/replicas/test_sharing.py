"""Three servers in one process share the devices of one broker."""

from __future__ import annotations

import queue
import threading
import time

import pytest
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import MemoryBus
from cutpoint.wire import Status
from edge_server import EdgeServer, ServeConfig
from edge_server.replicas import Announcement, Standing
from tests.replicas.conftest import Connect, MemoryReplicas

CUT = 3
NAMES = [f"cam-{i}" for i in range(12)]


def ask_all(devices: list[HandDevice], sequence: int) -> None:
    """Each device asks once, and gets the right answer exactly once."""
    for number, device in enumerate(devices):
        picture = pictures(device.bundle, 1, seed=number)[0]
        device.send(device.activation(CUT, picture, sequence))
        result = device.result()
        assert (result.status, result.sequence) == (Status.OK, sequence)
        assert result.answer == whole_answer(device.bundle, picture)
    for device in devices:
        assert device.results.empty()


def settled(replicas: MemoryReplicas, devices: int) -> None:
    until(lambda: sum(replicas.own().values()) == devices and not replicas.leaving())


def test_each_device_is_answered_once_and_always_by_the_same_replica(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b", "c"):
        replicas.start(name)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    own = replicas.own()
    assert all(own.values())
    for sequence in range(1, 6):
        ask_all(devices, sequence)
    assert replicas.answered() == {name: 5 * count for name, count in own.items()}
    assert replicas.servers["a"].stats()["replica"]["serving"] == ["a", "b", "c"]


def test_devices_that_were_there_before_the_servers_are_shared_too(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    devices = [connect(name) for name in NAMES]
    for name in ("a", "b"):
        replicas.start(name)
    settled(replicas, len(NAMES))
    ask_all(devices, 1)
    assert all(replicas.answered().values())


def test_a_newcomer_takes_its_share_and_no_answer_is_lost_meanwhile(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    replicas.start("a")
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    ask_all(devices, 1)
    replicas.start("b")
    # While both serve the device may hear two answers to one question, of which it drops the second.
    for sequence in range(2, 12):
        for number, device in enumerate(devices):
            device.send(device.activation(CUT, pictures(device.bundle, 1, seed=number)[0], sequence))
        heard = {device.result().sequence for device in devices}
        assert sequence in heard
    until(lambda: replicas.servers["a"].stats()["counters"].get("devices_given", 0) > 0)
    settled(replicas, len(NAMES))
    until(lambda: all(server.idle() for server in replicas.servers.values()))
    for device in devices:
        while not device.hears_nothing(0.05):
            device.results.get()
    ask_all(devices, 20)
    assert all(replicas.own().values())


def test_the_devices_of_one_that_is_lost_go_to_the_others_at_once(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b", "c"):
        replicas.start(name)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    ask_all(devices, 1)
    before = replicas.own()
    began = time.monotonic()
    lost = replicas.kill("b")
    settled(replicas, len(NAMES))
    assert time.monotonic() - began < 1.0
    ask_all(devices, 2)
    taken = {name: count - before[name] for name, count in replicas.own().items()}
    assert sum(taken.values()) == before["b"]
    lost.stop()


def test_one_whose_will_never_comes_is_replaced_after_its_lease(
    replicas: MemoryReplicas, connect: Connect, memory_broker: object
) -> None:
    replicas.start("a", replica_lease_s=0.4)
    ghost = MemoryBus(replicas.broker, "ghost")
    ghost.connect()
    said = Announcement(replica="ghost", standing=Standing.HERE, started_ns=1)
    ghost.publish("cutpoint/1/edge/replica/ghost", said.payload(), 1, True)
    until(lambda: "ghost" in replicas.servers["a"].stats()["replica"]["serving"])
    devices = [connect(name) for name in NAMES]
    until(lambda: replicas.own()["a"] == len(NAMES), seconds=5)
    ask_all(devices, 1)
    ghost.close()


def test_one_that_leaves_serves_until_the_others_do(replicas: MemoryReplicas, connect: Connect) -> None:
    for name in ("a", "b"):
        replicas.start(name)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    replicas.stop("a")
    assert replicas.own() == {"b": len(NAMES)}
    ask_all(devices, 1)


def test_a_restarted_replica_of_the_same_name_gets_its_own_devices_back(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b"):
        replicas.start(name)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    before = replicas.own()
    replicas.kill("b").stop()
    settled(replicas, len(NAMES))
    replicas.start("b")
    until(lambda: replicas.own() == before and not replicas.leaving())
    ask_all(devices, 1)


def test_a_device_that_moves_is_introduced_to_its_new_replica(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    """It does not say again what it is, and its plan goes on from the epoch that it follows."""
    replicas.start("a")
    device = connect("cam-1")
    until(lambda: replicas.own() == {"a": 1})
    device.ask(CUT, pictures(device.bundle, 1)[0], 1)
    epoch = device.plan().epoch
    replicas.start("b")
    replicas.kill("a").stop()
    until(lambda: replicas.own() == {"b": 1})
    device.send(device.activation(CUT, pictures(device.bundle, 1)[0], 2, plan_epoch=epoch + 40))
    device.result()
    until(lambda: _newest(device) == epoch + 41)
    assert replicas.servers["b"].stats()["devices"] == 1


def test_sessions_of_devices_that_moved_are_forgotten_and_those_that_stay_are_kept(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    first = replicas.start("a")
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    ask_all(devices, 1)
    assert first.stats()["devices"] == len(NAMES)
    replicas.start("b")
    settled(replicas, len(NAMES))
    until(lambda: first.stats()["devices"] == replicas.own()["a"])
    assert first.stats()["counters"]["devices_given"] == replicas.own()["b"]
    assert replicas.servers["b"].stats()["counters"]["devices_taken"] == replicas.own()["b"]


def test_a_replica_whose_desk_hangs_does_not_keep_its_devices(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b"):
        replicas.start(name, replica_lease_s=0.5)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    go_on = threading.Event()
    desk = replicas.servers["a"]._desk
    assert desk is not None
    desk.call(lambda: go_on.wait(20) and None)
    until(lambda: replicas.own()["b"] == len(NAMES), 10)
    ask_all(devices, 1)
    go_on.set()
    until(lambda: replicas.own()["b"] < len(NAMES) and not replicas.leaving(), 10)


def test_a_device_taken_out_of_service_is_forgotten(replicas: MemoryReplicas, connect: Connect) -> None:
    replicas.start("a")
    device = connect("cam-1")
    until(lambda: replicas.own() == {"a": 1})
    device.bus.publish("cutpoint/1/cam-1/state", b"", 1, True)
    until(lambda: replicas.own() == {"a": 0})


def test_servers_and_devices_come_back_together_after_the_broker(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b"):
        replicas.start(name)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    before = replicas.own()
    replicas.broker.stop()
    replicas.broker.start()
    ask_all(devices, 1)
    assert replicas.own() == before


def test_a_broker_that_is_away_for_longer_than_a_lease_moves_no_device(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    for name in ("a", "b"):
        replicas.start(name, replica_lease_s=0.2)
    devices = [connect(name) for name in NAMES]
    settled(replicas, len(NAMES))
    before = replicas.own()
    replicas.broker.stop()
    give_up = time.monotonic() + 0.6
    while time.monotonic() < give_up:
        assert replicas.own() == before
        time.sleep(0.02)
    replicas.broker.start()
    ask_all(devices, 1)
    assert replicas.own() == before


def test_nonsense_on_a_replicas_topic_is_counted_and_moves_nobody(
    replicas: MemoryReplicas, connect: Connect
) -> None:
    replicas.start("a")
    connect("cam-1")
    until(lambda: replicas.own() == {"a": 1})
    stranger = MemoryBus(replicas.broker, "stranger")
    stranger.connect()
    elsewhere = Announcement(replica="b", standing=Standing.HERE, started_ns=1)
    for payload in (b"nonsense", elsewhere.payload()):
        stranger.publish("cutpoint/1/edge/replica/c", payload)
    until(lambda: replicas.servers["a"].stats()["counters"].get("bad_announcement") == 2)
    assert replicas.servers["a"].stats()["replica"]["serving"] == ["a"]
    stranger.close()


def test_two_servers_of_one_name_do_not_serve_twice(replicas: MemoryReplicas, connect: Connect) -> None:
    first = replicas.start("a")
    device = connect("cam-1")
    until(lambda: replicas.own() == {"a": 1})
    replicas.start("a")
    until(lambda: first.stats()["replica"]["own"] == 0)
    until(lambda: first.stats()["counters"].get("devices_given") == 1)
    ask_all([device], 1)
    replicas.stop("a")
    until(lambda: first.stats()["replica"]["own"] == 1)
    ask_all([device], 2)
    first.stop()


def test_a_server_alone_hears_no_replicas(memory_broker: object, replicas: MemoryReplicas) -> None:
    replicas.start("a")
    alone = MemoryReplicas.start(replicas, "alone", replica=None)
    assert "replica" not in alone.stats()
    assert alone.stats()["counters"].get("gateway_foreign_topic", 0) == 0


def test_replicas_and_keys_are_refused_together_with_the_reason(tmp_path: object) -> None:
    from edge_server.errors import ConfigError

    with pytest.raises(ConfigError, match="replica and keys do not go together"):
        ServeConfig.checked({"models": ("m",), "replica": "a", "keys": "k.toml"}, "test")


def test_a_replicas_name_is_checked(tmp_path: object) -> None:
    from edge_server.replicas.announcement import ReplicaIdError

    with pytest.raises(ReplicaIdError, match="'Edge A' is not"):
        EdgeServer(ServeConfig.checked({"models": ("m",), "replica": "Edge A"}, "test"))


def _newest(device: HandDevice) -> int:
    newest = 0
    while True:
        try:
            newest = max(newest, device.plans.get(timeout=0.2).epoch)
        except queue.Empty:
            return newest
