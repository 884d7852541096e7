"""Single messages on their way: only the chosen ones are touched, and each kind of harm is what it says."""

from __future__ import annotations

import random
from collections import Counter

from amqtt.mqtt.publish import PublishPacket

from host_tools.load.packets import read_publish
from host_tools.load.scenario import Fault
from host_tools.load.tampering import Tamperer


def packets(count: int, leaf: str = "act") -> list[bytes]:
    return [
        PublishPacket.build(
            f"cutpoint/1/dev/{leaf}", bytes((number, 0, 0, 0)), None, False, 0, False
        ).to_bytes()
        for number in range(count)
    ]


def through(sent: list[bytes], *faults: Fault, direction: str = "up", draw: float = 0.0) -> list[bytes]:
    tamperer = Tamperer(direction, draw, random.Random(1), Counter())
    return [out for packet in sent for out in tamperer.apply(packet, faults)]


def always(kind: str, **more: object) -> Fault:
    return Fault(f"frame.{kind}", 0, 1, rate=1.0, **more)  # type: ignore[arg-type]


def test_dropped_messages_do_not_come_and_doubled_ones_come_twice() -> None:
    sent = packets(3)
    assert through(sent, always("drop")) == []
    assert through(sent, always("duplicate")) == [packet for packet in sent for _ in range(2)]


def test_a_message_is_overtaken_by_the_next_one() -> None:
    first, second, third, fourth = packets(4)
    assert through([first, second, third, fourth], always("reorder")) == [second, first, fourth, third]


def test_a_flipped_message_differs_in_one_bit_of_its_payload_alone() -> None:
    for packet in packets(20):
        (out,) = through([packet], always("flip"))
        before, after = read_publish(packet), read_publish(out)
        assert before.topic == after.topic
        changed = [
            one ^ other for one, other in zip(before.payload, after.payload, strict=True) if one != other
        ]
        assert len(changed) == 1
        assert changed[0].bit_count() == 1


def test_a_truncated_message_is_a_whole_packet_of_fewer_bytes() -> None:
    sizes = Counter(
        len(read_publish(through([packet], always("truncate"))[0]).payload) for packet in packets(1) * 50
    )
    assert set(sizes) <= set(range(5))


def test_only_the_chosen_topics_directions_and_connections_are_touched() -> None:
    plans = packets(2, "plan")
    assert through(plans, always("drop", leaves=("act",))) == plans
    assert through(plans, always("drop", direction="down")) == plans
    assert through(plans, always("drop", share=0.5), draw=0.7) == plans
    ping = b"\xc0\x00"
    assert through([ping], always("drop")) == [ping]


def test_a_rate_hits_about_so_many() -> None:
    left = len(through(packets(200) * 10, Fault("frame.drop", 0, 1, rate=0.25)))
    assert 1400 < left < 1600
