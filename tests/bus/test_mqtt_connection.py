"""Connecting, failing to connect, and coming back."""

from __future__ import annotations

import queue
import socket
import threading
import time
from typing import Any

import pytest

from cutpoint.bus import BrokerError, ConnectError, EmbeddedBroker, MqttBus
from cutpoint.errors import UsageError


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_nothing_listening_is_one_sentence_that_says_so() -> None:
    port = _free_port()
    with pytest.raises(ConnectError, match=rf"127.0.0.1:{port}: connection refused; .*start a broker"):
        MqttBus("127.0.0.1", port, "x").connect(1.0)


def test_a_client_that_found_nothing_listening_may_try_again() -> None:
    port = _free_port()
    bus = MqttBus("127.0.0.1", port, "x")
    for _ in range(2):
        with pytest.raises(ConnectError, match="connection refused"):
            bus.connect(1.0)
    with EmbeddedBroker(port):
        bus.connect(5.0)
        assert bus.connected
        bus.close()


def test_an_unknown_host_is_one_sentence_that_says_so() -> None:
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid:1883: no such host"):
        MqttBus("no-such-host.invalid", 1883, "x").connect(2.0)


def test_a_listener_that_stays_silent_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        with pytest.raises(ConnectError, match=r"no MQTT greeting within 0\.3 s"):
            MqttBus("127.0.0.1", silent.getsockname()[1], "x").connect(0.3)
        assert time.monotonic() - began < 3.0


def test_a_listener_that_hangs_up_is_given_up_in_time() -> None:
    with socket.socket() as rude:
        rude.bind(("127.0.0.1", 0))
        rude.listen()
        threading.Thread(target=lambda: rude.accept()[0].close(), daemon=True).start()
        with pytest.raises(ConnectError, match="no MQTT greeting"):
            MqttBus("127.0.0.1", rude.getsockname()[1], "x").connect(0.3)


@pytest.mark.broker
def test_a_refused_login_is_one_sentence_that_says_so(mosquitto: Any, tmp_path: Any) -> None:
    mosquitto.kill()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(conf.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    mosquitto.start()
    with pytest.raises(ConnectError, match=r"refused this client .*check user name, password"):
        MqttBus(*mosquitto.address, "x", username="me", password="wrong").connect(2.0)


def test_connection_errors_are_the_users_to_mend() -> None:
    assert issubclass(ConnectError, UsageError)
    assert issubclass(BrokerError, UsageError)


def test_a_taken_port_is_one_sentence_that_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            BrokerError, match=rf"port {port} on 127.0.0.1 cannot be used .*0 for any free one"
        ):
            EmbeddedBroker(port).start()


def test_the_embedded_broker_frees_its_port_and_starts_again(embedded_broker: EmbeddedBroker) -> None:
    address = embedded_broker.address
    embedded_broker.stop()
    with pytest.raises(ConnectError):
        MqttBus(*address, "x").connect(1.0)
    embedded_broker.start()
    assert embedded_broker.address == address
    bus = MqttBus(*address, "x")
    bus.connect(2.0)
    bus.close()


def test_a_client_sends_without_delay(embedded_broker: EmbeddedBroker) -> None:
    bus = MqttBus(*embedded_broker.address, "x")
    bus.connect()
    sock = bus._client.socket()
    assert sock is not None
    without_delay = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    bus.close()
    assert without_delay


class _Comeback:
    """A subscriber that tells of its connections."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.bus = MqttBus(*address, "back", reconnect_s=(0.05, 0.3))
        self.events: queue.Queue[str] = queue.Queue()
        self.bus.on_connect = lambda: self.events.put("connected")
        self.bus.on_disconnect = lambda _reason: self.events.put("gone")
        self.bus.on_message = lambda _topic, payload: self.events.put(payload.decode())
        self.bus.subscribe("root/#", 1)
        self.bus.connect()


def _comes_back(address: tuple[str, int], stop: Any, start: Any) -> None:
    client = _Comeback(address)
    try:
        assert client.events.get(timeout=5) == "connected"
        stop()
        assert client.events.get(timeout=5) == "gone"
        assert client.bus.publish("root/lost", b"lost", qos=0) is False
        assert client.bus.publish("root/kept", b"kept", qos=1) is True
        start()
        assert client.events.get(timeout=10) == "connected"
        assert client.events.get(timeout=5) == "kept"
    finally:
        client.bus.close()


def test_a_client_comes_back_with_its_subscriptions_after_the_embedded_broker(
    embedded_broker: EmbeddedBroker,
) -> None:
    _comes_back(embedded_broker.address, embedded_broker.stop, embedded_broker.start)


@pytest.mark.broker
def test_a_client_comes_back_with_its_subscriptions_after_mosquitto(mosquitto: Any) -> None:
    _comes_back(mosquitto.address, mosquitto.kill, mosquitto.start)


@pytest.mark.broker
def test_a_broker_that_hangs_does_not_hold_up_the_farewell(mosquitto: Any) -> None:
    bus = MqttBus(*mosquitto.address, "x")
    bus.connect()
    mosquitto.freeze()
    bus.publish("root/x", bytes(3_000_000), qos=0)
    bus.publish("root/x", b"never acknowledged", qos=1)
    began = time.monotonic()
    bus.close()
    assert time.monotonic() - began < 2.0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("paho")]


def test_a_full_way_out_is_a_counted_drop() -> None:
    greeting = bytes((0x20, 2, 0, 0))
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        peers: list[socket.socket] = []

        def greet_and_stop_reading() -> None:
            peer = deaf.accept()[0]
            peer.recv(1024)
            peer.sendall(greeting)
            peers.append(peer)

        threading.Thread(target=greet_and_stop_reading, daemon=True).start()
        bus = MqttBus("127.0.0.1", deaf.getsockname()[1], "x", queue_size=10)
        bus.connect(2.0)
        sent = [bus.publish("root/x", bytes(500_000)) for _ in range(40)]
        assert bus.drops["queue_full"] == sent.count(False) > 0
        peers[0].close()
        bus.close()
