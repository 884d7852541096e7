"""Tails on a Ray cluster of this machine: the same answers, restarts, and a cluster that goes and comes back."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.kernels import Array
from cutpoint.wire import DeviceId, Status
from edge_server import EdgeServer, ServeConfig
from edge_server.backend.ray import RayBackend
from edge_server.backend.threads import ThreadBackend
from edge_server.batching import Batch, Finished, Job, JobQueue, Late, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.errors import BackendLostError

sys.path.insert(0, str(Path(__file__).parents[1] / "edge_server"))

from edge_bundles import MODELS, make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

pytestmark = [pytest.mark.ray, pytest.mark.slow]
pytest.importorskip("ray")

SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("models")
    channels = Bundle.create((MODELS / "fomo_like.tflite").read_bytes(), folder).outputs[0].shape[-1]
    labels = tuple(f"thing-{i}" for i in range(channels - 1))
    return make_bundle(tmp_path_factory.mktemp("bundles"), "fomo_like", output="fomo", labels=labels)


@pytest.fixture(scope="module")
def model(bundle: Bundle) -> ServedModel:
    return ServedModel(bundle)


class Desk:
    """Puts jobs, and keeps what comes of them."""

    def __init__(self, backend: RayBackend | ThreadBackend) -> None:
        self.backend = backend
        self.queue = JobQueue(size=1000, per_device=1000, late=self._late)
        self.late: list[Job] = []
        self.prepared: list[Prepared] = []
        self.outcomes: dict[int, list[Array] | Exception] = {}
        self.batches: list[Batch] = []
        self.twice = 0
        backend.start(self.queue, self._finished, self.prepared.append)

    def _late(self, late: Late) -> None:
        self.late += late.jobs

    def _finished(self, finished: Finished) -> None:
        self.batches.append(finished.batch)
        for job, outcome in zip(finished.batch.jobs, finished.outcomes, strict=True):
            assert isinstance(job.ticket, int)
            self.twice += job.ticket in self.outcomes
            self.outcomes[job.ticket] = outcome

    def prepare(self, model: ServedModel, cut: int) -> None:
        before = len(self.prepared)
        self.backend.prepare(model, cut)
        until(lambda: len(self.prepared) > before, 30)
        assert self.prepared[-1].error is None
        assert self.backend.ready((model.id.raw, cut))

    def put(self, number: int, model: ServedModel, cut: int, arrays: list[Array], within_s: float) -> None:
        now = time.perf_counter_ns()
        deadline = now + int(within_s * SECOND_NS)
        job = Job(DeviceId(f"dev-{number % 8}"), model, cut, now, now, deadline, number, arrays)
        assert self.queue.put(job) is None

    def done(self, count: int, seconds: float = 20) -> None:
        until(lambda: len(self.outcomes) >= count, seconds)

    def end(self) -> None:
        self.queue.close()
        assert self.backend.stop(10)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk(RayBackend("reference", address=None, hosts=2, tails_bytes=64 << 20, batch_most=8))
    yield made
    made.end()


@pytest.fixture
def fresh(desk: Desk) -> Desk:
    """The same cluster, with an empty ledger."""
    desk.outcomes.clear()
    desk.batches.clear()
    desk.late.clear()
    desk.twice = 0
    until(lambda: desk.backend.faults() == "", 60)
    return desk


def tensors(model: ServedModel, cut: int, count: int) -> list[list[Array]]:
    rng = np.random.default_rng(7)
    return [
        [
            rng.integers(-128, 128, one.shape, np.int8)
            if one.dtype == np.int8
            else rng.random(one.shape).astype(one.dtype)
            for one in model.expected[cut]
        ]
        for _ in range(count)
    ]


def processes(desk: Desk, wanted: Callable[[str], bool]) -> list[psutil.Process]:
    assert isinstance(desk.backend, RayBackend)
    assert desk.backend.process is not None
    children = psutil.Process(desk.backend.process).children(recursive=True)
    return [one for one in children if wanted(" ".join(one.cmdline()) or one.name())]


def is_host(name: str) -> bool:
    return name.startswith("ray::TailHost")


def test_answers_are_those_of_threads_bit_for_bit_and_several_share_a_call(
    fresh: Desk, model: ServedModel
) -> None:
    threads = Desk(ThreadBackend("reference", threads=2, tails_bytes=64 << 20, batch_most=8))
    count = 60
    for cut in (0, 3):
        given = tensors(model, cut, count)
        for desk in (threads, fresh):
            desk.outcomes.clear()
            desk.prepare(model, cut)
            for number, arrays in enumerate(given):
                desk.put(number, model, cut, arrays, 30)
            desk.done(count)
        for number in range(count):
            ours, theirs = fresh.outcomes[number], threads.outcomes[number]
            assert isinstance(ours, list)
            assert isinstance(theirs, list)
            assert [a.tobytes() for a in ours] == [b.tobytes() for b in theirs]
    assert max(len(batch.jobs) for batch in fresh.batches) > 1
    assert fresh.twice == 0
    threads.end()


def test_a_cluster_of_our_own_listens_on_loopback_alone(fresh: Desk) -> None:
    listening = {
        connection.laddr.ip
        for process in processes(fresh, lambda _name: True)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_host_that_dies_is_started_again_and_loses_no_job(fresh: Desk, model: ServedModel) -> None:
    fresh.prepare(model, 3)
    given = tensors(model, 3, 8)
    lost = fresh.backend.counts()["hosts_lost"]
    count = 300
    for number in range(count):
        if number == 60:
            [host, *_] = processes(fresh, is_host)
            host.kill()
        fresh.put(number, model, 3, given[number % 8], 20)
        time.sleep(0.01)
    fresh.done(count, 30)
    assert not [one for one in fresh.outcomes.values() if isinstance(one, Exception)]
    assert (fresh.twice, fresh.late) == (0, [])
    until(lambda: fresh.backend.counts()["hosts_lost"] == lost + 1)
    until(lambda: bool(processes(fresh, is_host)) and fresh.backend.faults() == "", 30)


def test_without_its_cluster_jobs_are_refused_at_once_and_served_when_it_is_back(
    fresh: Desk, model: ServedModel
) -> None:
    fresh.prepare(model, 3)
    [arrays] = tensors(model, 3, 1)
    assert isinstance(fresh.backend, RayBackend)
    assert fresh.backend.process is not None
    gone = psutil.Process(fresh.backend.process)
    fresh.put(0, model, 3, arrays, 20)
    fresh.done(1)
    # Ray ends the process of a driver whose cluster is gone; that the server lives on is the point of having one.
    gone.kill()
    until(lambda: fresh.backend.faults() != "")
    began = time.monotonic()
    for number in range(1, 11):
        fresh.put(number, model, 3, arrays, 20)
    fresh.done(11)
    assert time.monotonic() - began < 1.0
    assert all(isinstance(fresh.outcomes[number], BackendLostError) for number in range(1, 11))
    assert fresh.backend.counts()["backend_lost"] >= 10
    assert not fresh.backend.ready((model.id.raw, 3))
    until(lambda: fresh.backend.faults() == "", 60)
    # What it held is made again without being asked for.
    until(lambda: fresh.backend.ready((model.id.raw, 3)), 20)
    fresh.put(11, model, 3, arrays, 20)
    fresh.done(12)
    assert isinstance(fresh.outcomes[11], list)


def test_a_cluster_whose_raylet_dies_is_given_up_and_another_is_started(
    fresh: Desk, model: ServedModel
) -> None:
    fresh.prepare(model, 3)
    [arrays] = tensors(model, 3, 1)
    for process in processes(fresh, lambda name: "raylet" in name.split()[0]):
        process.kill()
    answered = 0

    def served_again() -> bool:
        nonlocal answered
        fresh.put(answered, model, 3, arrays, 1)
        answered += 1
        time.sleep(0.1)
        return fresh.backend.counts()["backend_lost"] > 0 and isinstance(
            fresh.outcomes.get(len(fresh.outcomes) - 1), list
        )

    lost = fresh.backend.counts()["backend_lost"]
    until(lambda: served_again() and fresh.backend.counts()["backend_lost"] > lost, 60)


def test_devices_are_served_by_actors_as_by_threads_and_told_when_they_are_gone(bundle: Bundle) -> None:
    broker = MemoryBroker()
    config = ServeConfig.checked(
        {
            "models": (bundle.path.parent,),
            "backend": "ray",
            "workers": 1,
            "exploration": 0.0,
            "deadline_ms": 5000,
        },
        "test",
    )
    bus = MemoryBus(broker, "cam-1")
    with EdgeServer(config, MemoryBus(broker, "edge")) as server:
        device = HandDevice(bus, bundle, "cam-1")
        for number, picture in enumerate(pictures(bundle, 3), 1):
            result = device.ask(3, picture, number)
            assert (result.status, result.answer) == (Status.OK, whole_answer(bundle, picture))
        backend = server._desk._backend
        assert isinstance(backend, RayBackend)
        assert backend.process is not None
        psutil.Process(backend.process).kill()
        until(lambda: backend.faults() != "")
        assert device.ask(3, pictures(bundle, 1)[0], 9).status is Status.OVERLOADED
        assert server.stats()["counters"]["backend_lost"] == 1
    bus.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:1", r"Ray cluster at 127\.0\.0\.1:1 cannot be reached \(.*refused\); start it"),
        ("somewhere", "HOST:PORT of its head node, not 'somewhere'"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_sentence(address: str, words: str) -> None:
    backend = RayBackend("reference", address=address, hosts=1, tails_bytes=1 << 20, batch_most=1)
    queue = JobQueue(size=1, per_device=1, late=lambda _late: None)
    threads = threading.active_count()
    with pytest.raises(UsageError, match=words) as said:
        backend.start(queue, lambda _finished: None, lambda _prepared: None)
    assert "\n" not in str(said.value)
    assert threading.active_count() == threads


def test_nothing_of_a_cluster_of_our_own_is_left_after_the_end() -> None:
    desk = Desk(RayBackend("reference", address=None, hosts=1, tails_bytes=64 << 20, batch_most=8))
    started = processes(desk, lambda _name: True)
    assert len(started) > 3
    desk.end()
    until(lambda: not any(_runs(process) for process in started), 20)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
