"""Clients that mean no good, or know no better: refused or cut off, while others are answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest

from edge_server.web import connection
from edge_server.web.address import HttpAddress
from edge_server.web.app import make_app
from edge_server.web.listener import WebListener
from tests.web.conftest import WrittenView, answered


@contextmanager
def raw(listener: WebListener) -> Iterator[socket.socket]:
    with socket.create_connection((listener.address.host, listener.address.port), timeout=10) as client:
        yield client


def heard(client: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.4)
    monkeypatch.setattr(connection, "ANSWER_S", 0.8)


def test_a_huge_path_is_refused(listener: WebListener, web: httpx.Client) -> None:
    with raw(listener) as client:
        client.sendall(b"GET /" + b"a" * 100_000)
        assert heard(client).startswith(b"HTTP/1.1 400")
    assert web.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"CONNECT\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200_000 + b"\r\n",
    ],
    ids=["TLS", "no target", "length in letters", "a megabyte of headers"],
)
def test_what_is_no_request_is_refused(
    listener: WebListener, web: httpx.Client, request_bytes: bytes
) -> None:
    with raw(listener) as client:
        with suppress(ConnectionError):  # refused before all of it was sent
            client.sendall(request_bytes)
        said = heard(client)
    assert said == b"" or said.startswith(b"HTTP/1.1 400")
    assert web.get("/healthz").status_code == 200


def test_a_strange_method_or_path_is_no_page(web: httpx.Client) -> None:
    assert web.request("BREW", "/healthz").status_code == 405
    for path in ("/", "/../../etc/passwd", "/api/device/..%2f..", "/metrics/", "/api/device/" + "x" * 5000):
        assert web.get(path, follow_redirects=False).status_code in {307, 404, 422}


def cut_off(client: socket.socket, pieces: Iterable[bytes], every_s: float) -> bool:
    """Whether the server ended the connection before all pieces were sent."""
    for piece in pieces:
        try:
            client.sendall(piece)
        except ConnectionError:
            return True
        time.sleep(every_s)
    return False


@pytest.mark.usefixtures("impatient")
def test_a_request_that_trickles_in_is_cut_off(listener: WebListener) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: " + b"a" * 200
    with raw(listener) as client:
        assert cut_off(client, (bytes([byte]) for byte in request), 0.02)


@pytest.mark.usefixtures("impatient")
def test_a_client_that_does_not_read_its_answers_is_cut_off(listener: WebListener, view: WrittenView) -> None:
    for number in range(1000):
        view.fleet(answered(f"cam-{number}"))
    with raw(listener) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert cut_off(client, [b"GET /api/fleet?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n"] * 100, 0.05)


def test_two_hundred_silent_clients_keep_nobody_out(listener: WebListener, web: httpx.Client) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(raw(listener)).sendall(b"GET /met")
        for _ in range(5):
            assert web.get("/healthz").status_code == 200
            assert "cutpoint_stage_seconds" in web.get("/metrics").text


def test_more_connections_than_allowed_end_the_oldest(
    listener: WebListener, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 10)
    with ExitStack() as stack:
        silent = [stack.enter_context(raw(listener)) for _ in range(40)]
        assert heard(silent[0]) == b""
        with httpx.Client(base_url=f"http://{listener.address}", timeout=10) as newest:
            assert newest.get("/healthz").status_code == 200


def test_a_connection_is_used_again_and_pipelined_requests_are_answered_in_order(
    listener: WebListener,
) -> None:
    with raw(listener) as client:
        client.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        said = heard(client)
    assert said.count(b"HTTP/1.1 200") == 2
    assert said.index(b"alive") < said.index(b"ready")


def test_a_listener_that_stops_lets_no_slow_client_hold_it(view: WrittenView) -> None:
    web = WebListener(HttpAddress("127.0.0.1", 0))
    web.start(make_app(view))
    with raw(web) as client:
        client.sendall(b"GET /met")
        began = time.monotonic()
        assert web.stop()
        assert time.monotonic() - began < 2
