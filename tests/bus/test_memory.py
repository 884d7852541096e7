"""What only the in-memory broker can do: be unkind on purpose, and die at will."""

from __future__ import annotations

import queue
import time

import pytest

from cutpoint.bus import ConnectError, Faults, MemoryBroker, MemoryBus


def _receive(faults: Faults, count: int = 200) -> list[bytes]:
    broker = MemoryBroker(faults)
    got: queue.Queue[bytes] = queue.Queue()
    receiver, sender = MemoryBus(broker, "r"), MemoryBus(broker, "s")
    receiver.on_message = lambda _topic, payload: got.put(payload)
    receiver.subscribe("act")
    receiver.subscribe("end")
    receiver.connect()
    sender.connect()
    for i in range(count):
        sender.publish("act", i.to_bytes(2, "big"))
    broker.set_faults(None)
    sender.publish("end", b"end")
    out = []
    while (payload := got.get(timeout=5)) != b"end":
        out.append(payload)
    receiver.close()
    sender.close()
    return out


SENT = [i.to_bytes(2, "big") for i in range(200)]


def test_no_faults_change_nothing() -> None:
    assert _receive(Faults()) == SENT


def test_drops_lose_about_the_stated_share() -> None:
    assert 60 <= len(_receive(Faults(drop=0.5))) <= 140


def test_duplicates_come_twice_in_a_row() -> None:
    assert _receive(Faults(duplicate=1.0)) == [payload for payload in SENT for _ in range(2)]


def test_reordering_swaps_neighbours_and_loses_nothing() -> None:
    got = _receive(Faults(reorder=1.0))
    assert got != SENT
    assert sorted(got) == SENT


def test_corruption_flips_one_bit() -> None:
    got = _receive(Faults(corrupt=1.0))
    flipped = [int.from_bytes(a, "big") ^ int.from_bytes(b, "big") for a, b in zip(got, SENT, strict=True)]
    assert all(difference.bit_count() == 1 for difference in flipped)


def test_the_same_seed_makes_the_same_mishaps() -> None:
    faults = Faults(drop=0.2, duplicate=0.2, reorder=0.2, corrupt=0.2, seed=7)
    assert _receive(faults) == _receive(faults)


def test_faults_spare_other_topics() -> None:
    assert _receive(Faults(drop=1.0, topics="+/else")) == SENT


def test_a_stopped_broker_refuses_and_forgets_and_clients_return_when_it_does() -> None:
    broker = MemoryBroker()
    events: queue.Queue[str] = queue.Queue()
    bus = MemoryBus(broker, "a")
    bus.on_connect = lambda: events.put("connected")
    bus.on_disconnect = events.put
    bus.on_message = lambda _topic, payload: events.put(payload.decode())
    bus.subscribe("#")
    bus.connect()
    bus.publish("x", b"kept", retain=True)
    assert [events.get(timeout=5) for _ in range(2)] == ["connected", "kept"]
    broker.stop()
    assert events.get(timeout=5) == "the broker stopped"
    assert not bus.publish("x", b"nobody hears")
    with pytest.raises(ConnectError, match="stopped"):
        MemoryBus(broker, "b").connect()
    broker.start()
    assert events.get(timeout=5) == "connected"
    assert broker.retained("x") is None
    bus.close()


def test_a_second_client_of_the_same_id_takes_over() -> None:
    broker = MemoryBroker()
    first, second = MemoryBus(broker, "a"), MemoryBus(broker, "a")
    first.connect()
    second.connect()
    assert (first.connected, second.connected) == (False, True)
    first.close()
    assert second.connected
    second.close()


def test_a_slow_receiver_loses_what_its_queue_cannot_hold() -> None:
    broker = MemoryBroker()
    slow, sender = MemoryBus(broker, "slow", queue_size=5), MemoryBus(broker, "s")
    slow.on_message = lambda _topic, _payload: time.sleep(0.05)
    slow.subscribe("x")
    slow.connect()
    sender.connect()
    for _ in range(50):
        sender.publish("x", b"")
    assert slow.drops["queue_full"] >= 40
    slow.close()
    sender.close()
