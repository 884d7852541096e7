"""Tails in memory, in batches: the same bits as single runs, within bounds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_device import head, pictures

from cutpoint.errors import KernelsError
from cutpoint.graph import Bundle, random_inputs
from cutpoint.kernels import Array, Kernels, open_runner
from cutpoint.wire import DeviceId
from edge_server.backend import ThreadBackend
from edge_server.backend.interpreters import make_tail
from edge_server.backend.run import run_batch
from edge_server.backend.tails import Tails
from edge_server.batching import Batch, Finished, Job, JobQueue, Prepared
from edge_server.catalogue.served import ServedModel

FIXTURES = Path(__file__).parents[1] / "fixtures" / "models"
NAMES = sorted({path.stem for path in FIXTURES.glob("*.tflite")} - {"control_flow"})  # which nothing can cut
FAR_NS = 1 << 62


def _bundle(folder: Path, name: str) -> Bundle:
    return Bundle.create((FIXTURES / f"{name}.tflite").read_bytes(), folder, name=name, output="raw")


def _job(model: ServedModel, cut: int, arrays: list[Array], device: str = "dev") -> Job:
    now = time.perf_counter_ns()
    return Job(DeviceId(device), model, cut, now, now, FAR_NS, None, arrays)


def _tails(kernels: Kernels = "reference", most_bytes: int = 1 << 30, batch_most: int = 8) -> Tails:
    return Tails(kernels, most_bytes=most_bytes, batch_most=batch_most)


def _same(one: list[Array], other: list[Array]) -> bool:
    return [array.tobytes() for array in one] == [array.tobytes() for array in other] and [
        array.shape for array in one
    ] == [array.shape for array in other]


def test_tails_equal_heads_at_every_cut(fomo: Bundle) -> None:
    model, tails = ServedModel(fomo), _tails()
    [picture] = pictures(fomo, 1)
    expected = head(fomo, fomo.n, picture)
    for cut in range(fomo.n):
        finished = run_batch(tails, Batch(model, cut, (_job(model, cut, head(fomo, cut, picture)),)))
        [outcome] = finished.outcomes
        assert not isinstance(outcome, Exception)
        assert _same(outcome, expected)
    assert len(tails.resident()) == fomo.n


@pytest.mark.parametrize("kernels", ["reference", "xnnpack"])
@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_a_batch_is_what_a_single_run_gives(tmp_path: Path, name: str, kernels: Kernels) -> None:
    """At three cuts of every fixture, for every number of jobs up to eleven; whichever way they are run."""
    bundle = _bundle(tmp_path, name)
    model, tails = ServedModel(bundle), _tails(kernels)
    shown = random_inputs(bundle.model(), 11, 7)
    for cut in sorted({0, bundle.n // 2, bundle.n - 1}):
        tails.make(model, cut)
        runner = open_runner(model.tail(cut), tails.resident()[model.id.raw, cut].kernels)  # type: ignore[arg-type]
        heads = open_runner(bundle.model().split(cut)[0], "optimised") if cut else None
        lives = [list(one) if heads is None else heads.run(one) for one in shown]
        alone = [runner.run(live) for live in lives]
        for several in (1, 2, 3, 7, 11):
            jobs = tuple(_job(model, cut, live, f"dev-{at}") for at, live in enumerate(lives[:several]))
            finished = run_batch(tails, Batch(model, cut, jobs))
            for outcome, expected in zip(finished.outcomes, alone, strict=False):
                assert not isinstance(outcome, Exception)
                assert _same(outcome, expected), f"cut {cut}, {several} together, {finished.shared}"


def test_small_tails_really_are_run_as_one(fomo: Bundle) -> None:
    """Calling costs as much as computing for the last operators: some size must gain, and be used."""
    model, tails = ServedModel(fomo), _tails()
    cut = fomo.n - 1
    [picture] = pictures(fomo, 1)
    live = head(fomo, cut, picture)
    assert max(tails.sizes(model, cut)) > 1
    finished = run_batch(tails, Batch(model, cut, tuple(_job(model, cut, live, f"d-{i}") for i in range(8))))
    assert max(finished.shared) > 1


def test_an_output_that_does_not_grow_with_the_batch_is_never_batched(tmp_path: Path) -> None:
    made = {
        name: make_tail(ServedModel(_bundle(tmp_path / name, name)), 0, "reference", 4).by_size_us
        for name in NAMES
        if open_runner((FIXTURES / f"{name}.tflite").read_bytes(), "optimised").inputs[0].shape[:1] != (1,)
    }
    assert all(set(sizes) == {1} for sizes in made.values())


def test_a_batch_that_mixes_its_rows_is_found_out(fomo: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mixed:
        def __init__(self, runner: Any, batch: int) -> None:
            self._runner, self._batch = runner, batch
            self.inputs, self.outputs = runner.inputs, runner.outputs

        def run(self, arrays: list[Array]) -> list[Array]:
            outputs = self._runner.run(arrays)
            return outputs if self._batch == 1 else [output[::-1].copy() for output in outputs]

    monkeypatch.setattr(
        "edge_server.backend.interpreters.open_runner",
        lambda tail, kernels, batch=1: Mixed(open_runner(tail, kernels, batch=batch), batch),
    )
    assert set(make_tail(ServedModel(fomo), fomo.n - 1, "reference", 8).by_size_us) == {1}


def test_one_job_that_fails_costs_the_others_nothing(fomo: Bundle) -> None:
    model, tails = ServedModel(fomo), _tails()
    cut = fomo.n - 1
    [picture] = pictures(fomo, 1)
    live = head(fomo, cut, picture)
    wrong = [np.zeros((1, 1), np.int8)]
    jobs = [_job(model, cut, wrong if at == 2 else live, f"dev-{at}") for at in range(5)]
    finished = run_batch(tails, Batch(model, cut, tuple(jobs)))
    assert [isinstance(outcome, Exception) for outcome in finished.outcomes] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_an_operator_without_a_reference_kernel_runs_on_the_optimised_ones(tmp_path: Path) -> None:
    bundle = _bundle(tmp_path, "decoder")  # TILE version 3
    tails = _tails()
    model = ServedModel(bundle)
    finished = run_batch(tails, Batch(model, 0, (_job(model, 0, random_inputs(bundle.model(), 1, 0)[0]),)))
    assert not isinstance(finished.outcomes[0], Exception)
    assert tails.counts == {"tail_on_stand_in": 1}
    assert tails.resident()[model.id.raw, 0].kernels == "optimised"


def test_tails_that_are_unused_for_longest_make_room(fomo: Bundle) -> None:
    model = ServedModel(fomo)
    probe = _tails(batch_most=1)
    probe.make(model, 3)
    [one] = probe.resident().values()
    tails = _tails(most_bytes=int(2.5 * one.bytes), batch_most=1)
    for cut in (3, 4, 3, 5):
        tails.make(model, cut)
    assert set(tails.resident()) == {(model.id.raw, 3), (model.id.raw, 5)}
    assert tails.counts["tails_given_up"] == 1


def test_a_tail_in_use_is_never_given_up(fomo: Bundle) -> None:
    model, tails = ServedModel(fomo), _tails(most_bytes=1)
    with tails.lend(model, 3, 1) as runner:
        tails.make(model, 4)
        assert (model.id.raw, 3) in tails
        [picture] = pictures(fomo, 1)
        assert runner.run(head(fomo, 3, picture))
    assert len(tails.resident()) == 1


def test_threads_that_want_one_tail_make_it_once(fomo: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Counter[int]()
    model = ServedModel(fomo)

    def counted(served: ServedModel, cut: int, *more: Any) -> Any:
        made[cut] += 1
        time.sleep(0.05)
        return make_tail(served, cut, *more)

    monkeypatch.setattr("edge_server.backend.tails.make_tail", counted)
    tails = _tails()
    threads = [threading.Thread(target=tails.make, args=(model, 3)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == {3: 1}


def test_a_tail_that_could_not_be_made_is_tried_again(fomo: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    tails, model = _tails(), ServedModel(fomo)
    with monkeypatch.context() as broken:
        broken.setattr(
            "edge_server.backend.tails.make_tail", lambda *_: (_ for _ in ()).throw(KernelsError("no room"))
        )
        with pytest.raises(KernelsError, match="no room"):
            tails.make(model, 3)
    tails.make(model, 3)
    assert (model.id.raw, 3) in tails


def test_the_estimate_of_a_tails_memory_is_no_less_than_half_of_what_the_process_grows_by(
    tmp_path: Path,
) -> None:
    import psutil

    bundle = Bundle.open(Path(__file__).parents[2] / "models" / "fomo_digits.cut")
    model = ServedModel(bundle)
    tails = _tails(most_bytes=1 << 40, batch_most=1)
    tails.make(model, 1)
    process = psutil.Process()
    before = process.memory_info().rss
    cuts = range(2, bundle.n)
    for cut in cuts:
        tails.make(model, cut)
    grown = process.memory_info().rss - before
    estimated = sum(tails.resident()[model.id.raw, cut].bytes for cut in cuts)
    assert estimated > grown / 2


@pytest.fixture
def backend(fomo: Bundle) -> Any:
    """A backend on two threads with its queue, and lists of what it reported."""
    made = ThreadBackend("reference", threads=2, tails_bytes=1 << 30, batch_most=8)
    finished: list[Finished] = []
    prepared: list[Prepared] = []
    queue = JobQueue(size=1000, per_device=1000, late=lambda _late: None)
    made.start(queue, finished.append, prepared.append)
    yield made, queue, finished, prepared
    queue.close()
    assert made.stop(5)


def _until(condition: Any) -> None:
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_every_job_comes_back_once_with_its_own_answer(backend: Any, fomo: Bundle) -> None:
    _, queue, finished, _ = backend
    model, cut = ServedModel(fomo), fomo.n - 2
    shown = pictures(fomo, 40)
    jobs = [_job(model, cut, head(fomo, cut, picture), f"dev-{at % 8}") for at, picture in enumerate(shown)]
    expected = {id(job): head(fomo, fomo.n, picture) for job, picture in zip(jobs, shown, strict=True)}
    for job in jobs:
        assert queue.put(job) is None
    _until(lambda: sum(len(one.batch.jobs) for one in finished) == len(jobs))
    for one in finished:
        for job, outcome in zip(one.batch.jobs, one.outcomes, strict=True):
            assert _same(outcome, expected.pop(id(job)))  # type: ignore[arg-type]
    assert expected == {}


def test_preparing_says_when_a_tail_is_there_or_why_not(
    backend: Any, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _, prepared = backend
    model = ServedModel(fomo)
    made.prepare(model, 3)
    _until(lambda: prepared)
    assert made.ready((model.id.raw, 3))
    assert prepared[0].error is None
    monkeypatch.setattr(
        "edge_server.backend.tails.make_tail",
        lambda *_: (_ for _ in ()).throw(KernelsError("no such kernel")),
    )
    made.prepare(model, 4)
    _until(lambda: len(prepared) == 2)
    assert "no such kernel" in str(prepared[1].error)
    assert not made.ready((model.id.raw, 4))


def test_a_fault_of_ours_costs_one_batch_and_no_thread(
    backend: Any, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, queue, finished, _ = backend
    model = ServedModel(fomo)
    [picture] = pictures(fomo, 1)
    with monkeypatch.context() as broken:
        broken.setattr("edge_server.backend.threads.run_batch", lambda *_: 1 // 0)
        queue.put(_job(model, 3, head(fomo, 3, picture)))
        _until(lambda: finished)
    assert isinstance(finished[0].outcomes[0], ZeroDivisionError)
    assert made.counts()["internal_error"] == 1
    queue.put(_job(model, 3, head(fomo, 3, picture)))
    _until(lambda: len(finished) == 2)
    assert not isinstance(finished[1].outcomes[0], Exception)
    assert made.faults() == ""
