"""The proxy's faults one by one, between a light client and a real broker."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from cutpoint.bus import MqttBus
from host_tools.load.client import Client
from host_tools.load.proxy import Proxy
from host_tools.load.scenario import Fault

pytestmark = pytest.mark.broker
TOPIC = "cutpoint/1/dev/act"


class Ends:
    """A client behind the proxy that publishes and echoes, and a bus at the broker that hears it."""

    def __init__(self, proxy: Proxy, broker: tuple[str, int]) -> None:
        self.proxy = proxy
        self.heard: list[tuple[float, bytes]] = []
        self.bus = MqttBus(*broker, client_id="hearer")
        self.bus.on_message = lambda _topic, payload: self.heard.append((time.monotonic(), payload))
        self.bus.subscribe(TOPIC)
        self.bus.connect()
        self.got: list[bytes] = []
        self.client = self.connect("sender")

    def connect(self, name: str, keepalive_s: int = 30) -> Client:
        client = Client(name, [("cutpoint/1/dev/res", 0)], keepalive_s=keepalive_s)
        client.on_message = lambda message: self.got.append(bytes(message.payload))
        assert client.connect(self.proxy.address)
        self.serve(client, lambda: client.up)
        return client

    def serve(self, client: Client, condition: Callable[[], bool], seconds: float = 5.0) -> bool:
        give_up = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > give_up:
                return False
            client.readable()
            client.writable()
            client.look()
            time.sleep(0.002)
        return True

    def send(self, *payloads: bytes) -> None:
        for payload in payloads:
            assert self.client.publish(TOPIC, payload)

    def hears(self, count: int, seconds: float = 5.0) -> list[bytes]:
        self.serve(self.client, lambda: len(self.heard) >= count, seconds)
        return [payload for _, payload in self.heard]


@pytest.fixture
def ends(mosquitto: object) -> Iterator[Ends]:
    address = mosquitto.address  # type: ignore[attr-defined]
    proxy = Proxy(address, seed=1)
    proxy.start()
    made = Ends(proxy, address)
    yield made
    made.client.drop()
    made.bus.close()
    proxy.stop()


def fault(what: str, **more: object) -> Fault:
    return Fault(what, 0, 1, **{"rate": 1.0, "leaves": ("act", "res")} | more)  # type: ignore[arg-type]


NUMBERED = [bytes((number,)) * 200 for number in range(20)]


def test_without_a_fault_everything_passes_in_order_both_ways(ends: Ends) -> None:
    ends.send(*NUMBERED)
    assert ends.hears(20) == NUMBERED
    ends.bus.publish("cutpoint/1/dev/res", b"answer")
    assert ends.serve(ends.client, lambda: ends.got == [b"answer"])
    ends.send(bytes(300_000))
    assert len(ends.hears(21)[-1]) == 300_000


def test_a_delay_holds_every_message_back_and_keeps_the_order(ends: Ends) -> None:
    ends.proxy.begin(fault("link.delay", delay_ms=80, jitter_ms=60))
    sent_s = time.monotonic()
    ends.send(*NUMBERED)
    assert ends.hears(20) == NUMBERED
    # Half of it: the broker's end is not behind the proxy.
    assert ends.heard[0][0] - sent_s >= 0.08
    assert ends.heard[-1][0] - sent_s < 1.0


def test_bandwidth_is_what_a_connection_gets(ends: Ends) -> None:
    ends.proxy.begin(fault("link.bandwidth", bytes_per_s=10_000))
    sent_s = time.monotonic()
    ends.send(*NUMBERED)
    assert ends.hears(20) == NUMBERED
    assert 0.4 < ends.heard[-1][0] - sent_s < 1.5  # 20 x 223 B


def test_loss_delays_as_tcp_does_and_loses_nothing(ends: Ends) -> None:
    ends.proxy.begin(fault("link.loss", rate=0.3))
    sent_s = time.monotonic()
    ends.send(*NUMBERED)
    assert ends.hears(20) == NUMBERED
    assert ends.proxy.counts["lost"] > 0
    assert ends.heard[-1][0] - sent_s > 0.19


def test_a_stall_holds_everything_until_it_is_over(ends: Ends) -> None:
    stall = fault("link.stall")
    ends.proxy.begin(stall)
    ends.send(*NUMBERED)
    assert ends.hears(1, 0.3) == []
    ends.proxy.end(stall)
    assert ends.hears(20) == NUMBERED


def test_a_reset_breaks_the_connection_at_once(ends: Ends) -> None:
    ends.proxy.begin(fault("link.reset"))
    assert ends.serve(ends.client, lambda: not ends.client.up)
    assert ends.proxy.counts["reset"] == 1
    assert ends.connect("again").up


def test_a_half_open_connection_says_nothing_and_the_keepalive_finds_it(ends: Ends) -> None:
    impatient = ends.connect("impatient", keepalive_s=1)
    ends.proxy.begin(fault("link.half_open"))
    ends.send(b"into the void")
    assert ends.hears(1, 0.3) == []
    assert ends.client.up
    began_s = time.monotonic()
    assert ends.serve(impatient, lambda: not impatient.up)
    assert 0.2 < time.monotonic() - began_s < 3
    assert ends.connect("again").up


def test_one_way_of_a_half_open_connection_may_still_work(ends: Ends) -> None:
    ends.proxy.begin(fault("link.half_open", direction="down"))
    ends.send(b"still heard")
    assert ends.hears(1) == [b"still heard"]
    ends.bus.publish("cutpoint/1/dev/res", b"not this")
    assert not ends.serve(ends.client, lambda: bool(ends.got), 0.3)


def test_a_proxy_that_refuses_lets_nobody_in_until_it_is_over(ends: Ends) -> None:
    refuse = fault("link.refuse")
    ends.proxy.begin(refuse)
    client = Client("refused", [])
    client.connect(ends.proxy.address)
    assert ends.serve(client, lambda: client.sock is None)
    assert not client.up
    ends.proxy.end(refuse)
    assert ends.connect("let-in").up


def test_dropped_messages_do_not_come(ends: Ends) -> None:
    ends.proxy.begin(fault("frame.drop", rate=0.5))
    ends.send(*NUMBERED)
    assert ends.serve(ends.client, lambda: len(ends.heard) + ends.proxy.counts["drop"] == 20)
    ends.proxy.end(ends.proxy.active[0])
    ends.send(b"last")
    ends.serve(ends.client, lambda: any(payload == b"last" for _, payload in ends.heard))
    got = [payload for _, payload in ends.heard]
    assert got[-1] == b"last"
    assert len(got) == 21 - ends.proxy.counts["drop"]
    assert 0 < ends.proxy.counts["drop"] < 20


def test_doubled_messages_come_twice_in_a_row(ends: Ends) -> None:
    ends.proxy.begin(fault("frame.duplicate"))
    ends.send(*NUMBERED[:5])
    assert ends.hears(10) == [payload for payload in NUMBERED[:5] for _ in range(2)]


def test_an_overtaken_message_comes_late_but_comes(ends: Ends) -> None:
    ends.proxy.begin(fault("frame.reorder"))
    ends.send(*NUMBERED[:5])
    first, second, third, fourth, fifth = NUMBERED[:5]
    assert ends.hears(5) == [second, first, fourth, third, fifth]


def test_truncated_and_flipped_messages_leave_the_stream_in_step(ends: Ends) -> None:
    ends.proxy.begin(fault("frame.truncate"))
    ends.send(*NUMBERED)
    short = ends.hears(20)
    assert all(len(payload) <= 200 for payload in short)
    assert sum(map(len, short)) < 20 * 200
    ends.proxy.end(ends.proxy.active[0])
    ends.proxy.begin(fault("frame.flip"))
    ends.send(bytes(64))
    (flipped,) = ends.hears(21)[20:]
    assert sum(byte.bit_count() for byte in flipped) == 1
    ends.proxy.end(ends.proxy.active[0])
    ends.send(b"sound")
    assert ends.hears(22)[-1] == b"sound"


def test_a_broker_that_is_away_is_a_broken_connection(ends: Ends, mosquitto: object) -> None:
    mosquitto.kill()  # type: ignore[attr-defined]
    assert ends.serve(ends.client, lambda: not ends.client.up)
    client = Client("early", [])
    client.connect(ends.proxy.address)
    assert ends.serve(client, lambda: client.sock is None)
    assert ends.proxy.counts["unreachable"] >= 1


def test_bytes_that_are_not_mqtt_end_their_connection_and_no_other(ends: Ends) -> None:
    noisy = socket.create_connection(ends.proxy.address, timeout=5)
    noisy.sendall(b"\x30\xff\xff\xff\xff\xff\xff")
    with suppress(ConnectionResetError):
        assert noisy.recv(100) == b""
    noisy.close()
    ends.send(b"unharmed")
    assert ends.hears(1) == [b"unharmed"]
