"""A device that is forgotten, for room or for another replica: it is still answered, and planned for no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.graph import Bundle
from cutpoint.wire import Status
from edge_server import EdgeServer
from edge_server.backend import threads
from edge_server.backend.threads import ThreadBackend
from edge_server.batching import Prepared
from edge_server.desk.desk import Desk


def _on_the_desk(server: EdgeServer, call: Callable[[Desk], None]) -> None:
    """Have something done on the desk's thread, after all that it has begun."""
    desk, done = server._desk, threading.Event()
    assert desk is not None
    desk.call(lambda: call(desk))
    desk.call(done.set)
    assert done.wait(5)


def _forget(server: EdgeServer, device: HandDevice) -> None:
    _on_the_desk(server, lambda desk: desk.forget([device.id]))


def _counters(server: EdgeServer) -> dict[str, int]:
    return dict(server.stats()["counters"])


def test_what_was_under_way_is_answered_and_followed_by_no_plan(
    serve: Any, dev: HandDevice, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, lets = threads.run_batch, threading.Event()

    def slowly(*given: Any) -> Any:
        assert lets.wait(10)
        return run(*given)

    monkeypatch.setattr(threads, "run_batch", slowly)
    server = serve()
    [picture] = pictures(fomo, 1)
    dev.send(dev.activation(3, picture, 1))
    until(lambda: not server.idle())
    _forget(server, dev)
    lets.set()
    assert dev.result().status is Status.OK
    _on_the_desk(server, lambda _desk: None)
    assert "decisions" not in _counters(server)


def test_a_plan_that_waits_for_its_tail_never_leaves(
    serve: Any, dev: HandDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, asked = ThreadBackend.prepare, threading.Event()
    held: list[Any] = []

    def hold(*given: Any) -> None:
        held.append(given)
        asked.set()

    monkeypatch.setattr(ThreadBackend, "prepare", hold)
    server = serve(policy="fixed:3")
    dev.about()
    assert asked.wait(5)
    _forget(server, dev)
    prepared = threading.Event()
    desk = server._desk
    assert desk is not None
    told = desk.plans.prepared

    def tell(tail: Prepared) -> None:
        told(tail)
        prepared.set()

    monkeypatch.setattr(desk.plans, "prepared", tell)
    prepare(*held[0])
    assert prepared.wait(10)
    assert "plans_published" not in _counters(server)
