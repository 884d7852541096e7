"""What `cutpoint top` asks of a server, and of what is none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cutpoint.errors import UsageError
from host_tools.top import FetchError, FleetAddress, fetch


@contextmanager
def answering(answer: bytes) -> Iterator[FleetAddress]:
    """A server that says the same to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                client.recv(65536)
                client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield FleetAddress.of(f"127.0.0.1:{listening.getsockname()[1]}")
    thread.join(5)


def page(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_fleet_is_read() -> None:
    with answering(page(b'{"server": {"rate": 2}, "matching": 7, "devices": [{"id": "cam-1"}]}')) as address:
        fleet = fetch(address, limit=10, sort="rate")
    assert fleet.server == {"rate": 2}
    assert (fleet.matching, fleet.devices) == (7, ({"id": "cam-1"},))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (page(b"", "404 Not Found"), "answers 404 Not Found"),
        (page(b"<html>"), "not with a fleet"),
        (page(b"[1, 2]"), "not with a fleet"),
        (page(b'{"server": 1, "matching": 0, "devices": []}'), "not with a fleet"),
        (page(b'{"server": {}, "matching": 0, "devices": [1]}'), "not with a fleet"),
        (page(b"[" * 100_000), "not with a fleet"),
        (b"", "cannot be reached"),
        (b"\x00\xff" * 100, "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "not with a fleet"),
    ],
)
def test_what_is_no_server_of_ours_is_said_in_a_sentence(answer: bytes, words: str) -> None:
    with answering(answer) as address, pytest.raises(FetchError, match=words):
        fetch(address, limit=10, sort="rate")


def test_a_server_that_is_not_there_is_said() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = FleetAddress.of(f"127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(FetchError, match=r"cannot be reached.*refused"):
            fetch(address, limit=10, sort="rate")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://edge:8080/", "http://edge:8080"),
        ("https://edge.example.org/cutpoint", "https://edge.example.org/cutpoint"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_may_leave_out_its_scheme(text: str, url: str) -> None:
    assert str(FleetAddress.of(text)) == url


@pytest.mark.parametrize(
    "text", ["", "http://", "ftp://edge", "edge:port", "edge:99999", "a b", "edge/?x=1", "edge\n", "[::1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--server is"):
        FleetAddress.of(text)
