"""A tool meets a device at the broker."""

from __future__ import annotations

import pytest

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.errors import UsageError
from cutpoint.update import data_bytes
from cutpoint.wire import Command, CommandMessage, DeviceId, Topics, decode
from host_tools.remote import AbsentError, Peer

TOPICS = Topics()
CAM = DeviceId("cam-1")
ABOUT = b'{"model": "00112233", "operators": 5, "boot": 9, "max_payload": 512}'


def publisher(broker: MemoryBroker) -> MemoryBus:
    bus = MemoryBus(broker, "device")
    bus.connect()
    return bus


def test_a_device_that_never_announced_itself_is_absent(memory_broker: MemoryBroker) -> None:
    with (
        Peer(MemoryBus(memory_broker, "tool"), TOPICS, CAM) as peer,
        pytest.raises(AbsentError, match="no device cam-1 has announced itself"),
    ):
        peer.meet(0.05)


def test_what_is_retained_is_met_and_what_cannot_be_read_passed_over(memory_broker: MemoryBroker) -> None:
    bus = publisher(memory_broker)
    bus.publish(TOPICS.about(CAM), ABOUT, 1, True)
    bus.publish(TOPICS.state(CAM), b'{"state": "online", "boot": 9}', 1, True)
    with Peer(MemoryBus(memory_broker, "tool"), TOPICS, CAM) as peer:
        peer.meet(2)
        assert (peer.boot, data_bytes(peer.about, sealed=peer.sealed)) == (9, 512 - 36 - 8)
        bus.publish(TOPICS.note(CAM), b"\xff", 1)
        bus.publish(TOPICS.note(CAM), b'{"note": "error", "text": "x"}', 1)
        said = peer.hear(2)
        assert getattr(said, "text", None) == "x"


def test_a_device_that_sleeps_is_not_met_and_its_state_is_named(memory_broker: MemoryBroker) -> None:
    publisher(memory_broker).publish(TOPICS.state(CAM), b'{"state": "sleeping", "boot": 9}', 1, True)
    with (
        Peer(MemoryBus(memory_broker, "tool"), TOPICS, CAM) as peer,
        pytest.raises(UsageError, match="cam-1 is not online: it said sleeping last"),
    ):
        peer.meet(0.1)


def test_messages_of_another_device_are_not_mistaken_for_this_one(memory_broker: MemoryBroker) -> None:
    """The embedded broker delivers retained messages beyond what was subscribed to."""
    bus = publisher(memory_broker)
    tool = MemoryBus(memory_broker, "tool")
    with Peer(tool, TOPICS, CAM) as peer:
        tool.subscribe("cutpoint/1/+/state", 1)
        bus.publish(TOPICS.state(DeviceId("cam-2")), b'{"state": "online", "boot": 4}', 1, True)
        assert peer.hear(0.1) is None
        assert not peer.online


def test_commands_name_the_life_and_the_model_that_they_are_for(memory_broker: MemoryBroker) -> None:
    heard: list[CommandMessage] = []
    bus = publisher(memory_broker)
    bus.on_message = lambda _topic, payload: heard.append(decode(payload))  # type: ignore[arg-type]
    bus.subscribe(TOPICS.cmd(CAM), 1)
    bus.publish(TOPICS.about(CAM), ABOUT, 1, True)
    bus.publish(TOPICS.state(CAM), b'{"state": "online", "boot": 9}', 1, True)
    with Peer(MemoryBus(memory_broker, "tool"), TOPICS, CAM) as peer:
        peer.meet(2)
        assert peer.send(Command.IDENTIFY)
        assert peer.send(Command.RESTART)
        while peer.hear(0.05) is not None:
            pass
    first, second = heard
    assert (first.boot, first.model.hex, first.command) == (9, "00112233", Command.IDENTIFY)
    assert second.sequence > first.sequence
