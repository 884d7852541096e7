"""Brokers that several rooms' tests need."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer, postgres_binaries

from cutpoint.bus import Bus, EmbeddedBroker, MemoryBroker, MemoryBus, MqttBus

pytest_plugins = ["host_tools.hil.plugin"]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Mosquitto:
    """One mosquitto process of ours on a loopback port; `kill` and `start` again keep the port."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.address = ("127.0.0.1", free_port())
        self._command = [binary, "-c", str(folder / "mosquitto.conf")]
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "mosquitto.conf").write_text(
            f"listener {self.address[1]} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "persistence false\nlog_type error\n" + ("user root\n" if os.geteuid() == 0 else "")
            # As root it would become its own user, who may not read this folder.
        )

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(self.address, timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, "mosquitto ended at once"
                assert time.monotonic() < give_up, "mosquitto does not listen"
                time.sleep(0.02)

    def freeze(self) -> None:
        """Keep every connection and answer none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    binary = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if binary is None:
        pytest.skip("no mosquitto binary on this machine")
    broker = Mosquitto(binary, tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One for all tests; each takes a database of its own."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine (initdb, pg_ctl)")
    server = PostgresServer(binaries, free_port())
    yield server
    server.end()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """An empty database."""
    return postgres_server.new_database()


@pytest.fixture
def memory_broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def embedded_broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


ConnectBus = Callable[[str], Bus]


@pytest.fixture(params=["memory", "embedded", pytest.param("mosquitto", marks=pytest.mark.broker)])
def any_broker(request: pytest.FixtureRequest) -> Iterator[ConnectBus]:
    """`any_broker(client_id)` makes an unconnected bus; the same test runs over each kind of broker."""
    made: list[Bus] = []

    def bus(client_id: str) -> Bus:
        if request.param == "memory":
            made.append(MemoryBus(broker, client_id))
        else:
            host, port = broker.address
            made.append(MqttBus(host, port, client_id, reconnect_s=(0.05, 0.5)))
        return made[-1]

    broker = request.getfixturevalue(
        {"memory": "memory_broker", "embedded": "embedded_broker"}.get(request.param, request.param)
    )
    yield bus
    for one in made:
        one.close()
