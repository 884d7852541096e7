"""Ray's side does not answer, seen from the server and from the process between: no cluster is needed for that."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cutpoint.wire import DeviceId, ModelId
from edge_server.backend.ray import RayBackend
from edge_server.backend.ray import link as ray_link
from edge_server.backend.ray.bridge import Bridge
from edge_server.backend.ray.messages import Order, Ran, Run, Standing
from edge_server.batching import Finished, Job, JobQueue
from edge_server.errors import BackendLostError

MODEL: Any = SimpleNamespace(id=ModelId(b"\1\2\3\4"), file=bytes(8 << 20))


def _job() -> Job:
    now_ns = time.perf_counter_ns()
    return Job(DeviceId("cam"), MODEL, 3, now_ns, now_ns, now_ns + 10**9, None, [np.zeros(1 << 20)])


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A backend whose process never reads what it is told."""
    ends = []

    def connect(backend: Any) -> None:
        pipe, theirs = ray_link.pipe_pair()
        ends.append(theirs)
        backend._link, backend._standing = ray_link.BridgeLink(pipe), Standing(1, 0.0, {}, {}, 0, 0)

    monkeypatch.setattr(RayBackend, "_connect", connect)
    monkeypatch.setattr(ray_link, "_TAKES_S", 1)
    yield RayBackend("reference", address=None, hosts=1, tails_bytes=1 << 20, batch_most=4)
    for end in ends:
        end.close()


def test_whoever_asks_for_a_tail_does_not_wait_for_a_process_that_hangs(hanging: RayBackend) -> None:
    finished: list[Finished] = []
    reported = threading.Event()
    queue = JobQueue(size=8, per_device=8, late=lambda _late: None)
    hanging.start(queue, lambda one: (finished.append(one), reported.set())[1], lambda _prepared: None)
    asking = threading.Thread(target=lambda: [hanging.prepare(MODEL, cut) for cut in range(8)], daemon=True)
    asking.start()
    asking.join(0.5)
    asked = not asking.is_alive()
    queue.put(_job())
    assert reported.wait(10), "a batch is reported even then"
    queue.close()
    assert hanging.stop(5)
    assert asked
    [outcome] = finished[0].outcomes
    assert isinstance(outcome, BackendLostError)
    assert hanging.counts()["backend_lost"] == 1


def test_a_batch_whose_time_is_over_does_not_wait_behind_one_with_more_time() -> None:
    said: list[Any] = []
    order = Order(None, "reference", 1, 1 << 20, 4)
    bridge = Bridge(
        SimpleNamespace(send=said.append),  # type: ignore[arg-type]
        order,
        SimpleNamespace(remote=lambda **_how: lambda _actor: None),
    )
    now_ns, key = time.perf_counter_ns(), (MODEL.id.raw, 3)
    for number, deadline_ns in ((1, now_ns + 10**12), (2, now_ns - 1)):
        bridge._waiting.append(Run(number, key, (), deadline_ns))
    bridge._place()
    assert said == [Ran(2, None, reason="no host of the Ray cluster had room in time")]
    assert [run.number for run in bridge._waiting] == [1]
