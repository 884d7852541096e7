"""`cutpoint top` against a running server, and `cutpoint serve --http`, as a shell has them."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cutpoint.bus import MemoryBroker, MemoryBus
from edge_server import EdgeServer, ServeConfig
from host_tools.shipped import shipped_bundle
from tests.cli.conftest import Run

WAIT_S = 30.0


@pytest.fixture
def server(memory_broker: MemoryBroker) -> Iterator[EdgeServer]:
    config = ServeConfig.checked({"models": (shipped_bundle(),), "http": "127.0.0.1:0"}, "test")
    with EdgeServer(config, MemoryBus(memory_broker, "edge")) as running:
        device = MemoryBus(memory_broker, "cam-1")
        device.connect()
        device.publish("cutpoint/1/cam-1/state", b'{"state": "online", "boot": 1}')
        give_up = time.monotonic() + 5
        while running.stats()["devices"] == 0:
            assert time.monotonic() < give_up, "the device was not heard"
            time.sleep(0.01)
        yield running
        device.close()


def test_top_prints_the_fleet_once_where_there_is_no_terminal(run: Run, server: EdgeServer) -> None:
    said = run("top", "--server", f"http://{server.http}")
    assert said.code == 0
    assert "devices 1 (online 1)" in said.out
    assert re.search(r"^cam-1 +online +- +- +0\.0 +- +- +0 ", said.out, re.MULTILINE)


def test_top_as_json_is_one_object(run: Run, server: EdgeServer) -> None:
    said = run("top", "--server", f"{server.http}", "--once", "--json", "--filter", "cam")
    assert said.code == 0
    fleet = json.loads(said.out)
    assert [device["id"] for device in fleet["devices"]] == ["cam-1"]
    assert fleet["server"]["kernels"] == "reference"


def test_top_filters(run: Run, server: EdgeServer) -> None:
    said = run("top", "--server", f"{server.http}", "--once", "--filter", "cam-2")
    assert said.code == 0
    assert "cam-1" not in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--server", "ftp://edge"], "http://127.0.0.1:8080"),
        (["--sort", "size"], "size"),
        (["--interval", "0"], "0.1"),
        (["--limit", "5000"], "1000"),
    ],
)
def test_wrong_use_of_top_is_said(run: Run, arguments: list[str], words: str) -> None:
    said = run("top", *arguments)
    assert said.code == 2
    assert words in said.sentence


def test_a_server_that_is_not_there_is_said_once(run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        said = run("top", "--server", f"127.0.0.1:{probe.getsockname()[1]}", "--once")
    assert said.code == 2
    assert "cannot be reached" in said.sentence


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "host_tools", *arguments]
        environment = os.environ | {"COLUMNS": "100", "LINES": "24", "TERM": "xterm"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True
        )
        os.close(slave)
        self.seen = ""

    def until(self, condition: Callable[[str], bool]) -> None:
        give_up = time.monotonic() + WAIT_S
        while not condition(self.seen):
            assert time.monotonic() < give_up, f"it was not seen in {self.seen[-2000:]!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    break

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_the_live_table_ends_with_q_and_gives_the_terminal_back(
    server: EdgeServer, terminal: Callable[..., Terminal]
) -> None:
    top = terminal("top", "--server", f"{server.http}", "--interval", "0.2")
    top.until(lambda seen: "cam-1" in seen)
    os.write(top.master, b"q")
    assert top.process.wait(WAIT_S) == 0
    top.until(lambda seen: "\x1b[?1049l" in seen)
    assert "\x1b[?25h" in top.seen, "the cursor is shown again"


def test_a_live_table_outlives_its_server(server: EdgeServer, terminal: Callable[..., Terminal]) -> None:
    address = str(server.http)
    top = terminal("top", "--server", address, "--interval", "0.2")
    top.until(lambda seen: "cam-1" in seen)
    server.stop()
    top.until(lambda seen: "trying again" in seen)
    os.kill(top.process.pid, signal.SIGINT)
    assert top.process.wait(WAIT_S) == 130


def test_serve_says_where_it_is_shown_and_logs_json(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "host_tools",
        "serve",
        "--models",
        str(shipped_bundle()),
        "--embedded-broker",
    ]
    command += ["--port", "0", "--http", "127.0.0.1:0", "--log-format", "json", "--json"]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", said["http"])
            once = [sys.executable, "-m", "host_tools", "top", "--server", said["http"], "--once", "--json"]
            fleet = json.loads(
                subprocess.run(once, capture_output=True, text=True, check=True, timeout=60).stdout
            )
            assert fleet["server"]["missing"] == {}
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT_S)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        lines = [json.loads(line) for line in log.read().splitlines()]
    events = [line["event"] for line in lines if line["logger"] == "edge_server"]
    assert events[0] == "ready"
    assert events[-1] == "stopped"
    assert {"time", "level", "message"} <= set(lines[0])


@pytest.mark.parametrize("address", ["8080", "127.0.0.1:http"])
def test_an_address_that_is_none_is_said(run: Run, address: str) -> None:
    said = run("serve", "--models", shipped_bundle(), "--http", address)
    assert said.code == 2
    assert "http" in said.sentence
    assert "127.0.0.1:8080" in said.sentence
