"""Runners under all kernels that are installed."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cutpoint.errors import InputError, KernelsError, UsageError
from cutpoint.kernels import Kernels, arena_bytes, available, open_runner

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
KEYWORDS = (MODELS / "keywords.tflite").read_bytes()
MANY_ENDS = (MODELS / "many_ends.tflite").read_bytes()
DECODER = (MODELS / "decoder.tflite").read_bytes()
FOMO_LIKE = (MODELS / "fomo_like.tflite").read_bytes()
needs_tflm = pytest.mark.skipif("tflm" not in available(), reason="the tflite-micro wheel is not installed")
every_kernels = pytest.mark.parametrize("kernels", available())


def spectrogram(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, (1, 25, 10, 1), dtype=np.int8)


def test_litert_kernels_are_always_available() -> None:
    assert {"reference", "optimised", "xnnpack"} <= set(available())


@every_kernels
def test_a_runner_says_what_goes_in_and_out(kernels: Kernels) -> None:
    runner = open_runner(KEYWORDS, kernels)
    (given,), (made,) = runner.inputs, runner.outputs
    assert (given.shape, given.dtype) == ((1, 25, 10, 1), np.int8)
    assert (made.shape, made.dtype) == ((1, 4), np.int8)
    assert made.scale == pytest.approx(1 / 256)
    assert made.zero_point == -128
    assert given.name


@every_kernels
def test_several_ends_keep_the_order_of_the_graph(kernels: Kernels) -> None:
    runner = open_runner(MANY_ENDS, kernels)
    assert [spec.shape for spec in runner.inputs] == [(1, 8, 8, 2), (1, 4, 4, 3)]
    assert [spec.shape for spec in runner.outputs] == [(1, 4, 4, 3), (1, 4, 4, 2), (1, 4, 4, 3)]
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-128, 128, spec.shape, dtype=np.int8) for spec in runner.inputs]
    expected = open_runner(MANY_ENDS, "reference").run(arrays)
    for made, right in zip(runner.run(arrays), expected, strict=True):
        assert np.abs(made.astype(int) - right).max() <= 2


@every_kernels
def test_results_belong_to_the_caller(kernels: Kernels) -> None:
    runner = open_runner(KEYWORDS, kernels)
    (first,) = runner.run([spectrogram(1)])
    kept = first.copy()
    runner.run([spectrogram(2)])
    assert np.array_equal(first, kept)
    first[:] = 0  # writable, and the next run is not disturbed
    assert np.array_equal(runner.run([spectrogram(1)])[0], kept)


@every_kernels
def test_arrays_may_be_read_only_or_strided(kernels: Kernels) -> None:
    runner = open_runner(KEYWORDS, kernels)
    given = spectrogram(3)
    read_only = np.frombuffer(given.tobytes(), np.int8).reshape(given.shape)
    strided = np.asfortranarray(np.repeat(given, 2, axis=1))[:, ::2]
    assert np.array_equal(runner.run([read_only])[0], runner.run([strided])[0])


@every_kernels
def test_wrong_inputs_are_named(kernels: Kernels) -> None:
    runner = open_runner(KEYWORDS, kernels)
    with pytest.raises(InputError, match=r"takes 1 input tensor\(s\), 2 given"):
        runner.run([spectrogram(), spectrogram()])
    with pytest.raises(
        InputError, match=r"must be int8 of shape \[1, 25, 10, 1\], int8 of shape \[25, 10\] given"
    ):
        runner.run([spectrogram().reshape(25, 10)])
    with pytest.raises(InputError, match="must be a NumPy array, list given"):
        runner.run([spectrogram().tolist()])
    with pytest.raises(InputError, match="uint8 of shape"):
        runner.run([spectrogram().view(np.uint8)])
    assert runner.run([spectrogram()])


@every_kernels
def test_runners_work_side_by_side_in_threads(kernels: Kernels) -> None:
    arrays = [spectrogram(seed) for seed in range(4)]
    expected = [open_runner(KEYWORDS, kernels).run([array])[0] for array in arrays]
    wrong: list[int] = []

    def work(place: int) -> None:
        runner = open_runner(KEYWORDS, kernels)
        for _ in range(50):
            if not np.array_equal(runner.run([arrays[place]])[0], expected[place]):
                wrong.append(place)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_unknown_kernels_are_refused() -> None:
    with pytest.raises(KernelsError, match="kernels 'gpu' are unknown; use one of tflm, reference"):
        open_runner(KEYWORDS, "gpu")  # type: ignore[arg-type]
    for threads in (0, 100_000):
        with pytest.raises(UsageError, match=f"threads must be 1 to 256, {threads} given"):
            open_runner(KEYWORDS, "xnnpack", threads=threads)


def test_the_reason_of_litert_is_passed_on() -> None:
    with pytest.raises(KernelsError, match="'TILE' version '3'"):
        open_runner(DECODER, "reference")


@needs_tflm
def test_the_reason_of_tflm_is_passed_on() -> None:
    with pytest.raises(
        KernelsError, match="TFLM cannot run this model: Didn't find op for builtin opcode 'TILE'"
    ):
        open_runner(DECODER, "tflm")


def test_a_missing_wheel_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutpoint.kernels.tflm.tflm_installed", lambda: False)
    monkeypatch.setattr("cutpoint.kernels.runner.tflm_installed", lambda: False)
    monkeypatch.setattr("cutpoint.kernels.arena.tflm_installed", lambda: False)
    assert available() == ("reference", "optimised", "xnnpack")
    assert arena_bytes(KEYWORDS) is None
    with pytest.raises(KernelsError, match="tflite-micro wheel is not installed"):
        open_runner(KEYWORDS, "tflm")


@needs_tflm
def test_the_arena_holds_at_least_the_largest_pair_of_tensors() -> None:
    largest_pair = 2 * 13 * 5 * 8  # input and output of a depthwise convolution
    measured = arena_bytes(KEYWORDS)
    assert measured is not None
    assert largest_pair < measured < 20_000
    assert arena_bytes(KEYWORDS) == measured


@needs_tflm
def test_an_arena_larger_than_the_first_guess_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = arena_bytes(FOMO_LIKE)
    assert expected is not None
    monkeypatch.setattr("cutpoint.kernels.tflm.FIRST_ARENA_BYTES", expected // 2)
    assert arena_bytes(FOMO_LIKE) == expected
    monkeypatch.setattr("cutpoint.kernels.tflm.LARGEST_ARENA_BYTES", expected // 2)
    with pytest.raises(KernelsError, match="TFLM cannot run this model: Failed to"):
        open_runner(FOMO_LIKE, "tflm")


@every_kernels
def test_a_run_costs_little_more_than_the_kernels(kernels: Kernels) -> None:
    """Bound of 200 us for a loaded machine; about 3 us were measured."""
    runner = open_runner(KEYWORDS, kernels)
    given = [spectrogram()]

    def best(call: object) -> float:
        times = []
        for _ in range(200):
            started = time.perf_counter()
            call()  # type: ignore[operator]
            times.append(time.perf_counter() - started)
        return min(times)

    bare = runner._interpreter.invoke  # type: ignore[attr-defined]
    assert best(lambda: runner.run(given)) - best(bare) < 200e-6


@every_kernels
def test_nothing_reaches_the_terminal(kernels: Kernels, capfd: pytest.CaptureFixture[str]) -> None:
    open_runner(MANY_ENDS, kernels)
    with pytest.raises(KernelsError):
        open_runner(MANY_ENDS.replace(b"TFL3", b"TFL9"), "reference")
    arena_bytes(KEYWORDS)
    assert capfd.readouterr() == ("", "")
