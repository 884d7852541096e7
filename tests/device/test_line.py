"""When messages arrive over an emulated line; simulated time, no waiting."""

import numpy as np
import pytest

from host_tools.device.line import RETRANSMIT_US, Line, wire_bytes
from host_tools.device.link import Link


def line(text: str, seed: int = 1) -> Line:
    return Line(Link.parse(text).up, np.random.default_rng(seed))


def test_bytes_take_their_time_at_the_rate() -> None:
    assert line("rate=60kbps").send(0, 750, droppable=True) == 100_000


def test_messages_queue_behind_each_other() -> None:
    one = line("rate=60kbps")
    arrivals = [one.send(0, 750, droppable=True) for _ in range(3)]
    assert arrivals == [100_000, 200_000, 300_000]


def test_an_idle_line_starts_anew() -> None:
    one = line("rate=60kbps")
    one.send(0, 750, droppable=True)
    assert one.send(1_000_000, 750, droppable=True) == 1_100_000


def test_propagation_delays_overlap_and_computation_delays_add_up() -> None:
    far, slow = line("delay=10ms"), line("compute=10ms")
    assert [far.send(0, 100, droppable=True) for _ in range(2)] == [10_000, 10_000]
    assert [slow.send(0, 100, droppable=True) for _ in range(2)] == [10_000, 20_000]


def test_jitter_never_reorders() -> None:
    one = line("delay=exponential:20ms")
    arrivals = [one.send(now, 100, droppable=True) or 0.0 for now in range(0, 100_000, 1000)]
    assert arrivals == sorted(arrivals)


def test_the_stated_share_of_droppable_messages_is_lost() -> None:
    one = line("loss=10%")
    lost = sum(one.send(0, 100, droppable=True) is None for _ in range(5000))
    assert lost / 5000 == pytest.approx(0.1, abs=0.015)
    assert one.counters.lost == lost


def test_a_message_that_must_arrive_is_late_instead_of_lost() -> None:
    one = line("loss=50%,rate=8kbps")
    arrivals = [line("loss=50%", seed).send(0, 100, droppable=False) for seed in range(50)]
    assert None not in arrivals
    assert {arrival % RETRANSMIT_US for arrival in arrivals if arrival is not None} == {0}
    one.send(0, 100, droppable=False)
    assert one.counters.bytes == 100 * (1 + one.counters.sent_again)


def test_a_lost_message_has_occupied_the_line() -> None:
    one = line("rate=8kbps,loss=100%")
    assert one.send(0, 1000, droppable=True) is None
    one.direction = Link.parse("rate=8kbps").up
    assert one.send(0, 1000, droppable=True) == 2_000_000


def test_headers_of_mqtt_and_tcp_are_counted() -> None:
    # 1 + 1 fixed, 2 + 4 topic, 10 payload, 40 TCP/IP.
    assert wire_bytes("a/bc", 10, 0) == 58
    assert wire_bytes("a/bc", 10, 1) == 60
    # Three length bytes would start at 16,384; 4,096 fits two, and needs three segments.
    assert wire_bytes("a/bc", 4096, 0) == 1 + 2 + 6 + 4096 + 3 * 40
