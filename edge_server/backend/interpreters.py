"""The interpreters of one tail, by batch size; and what each costs."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np

from cutpoint.errors import KernelsError
from cutpoint.kernels import Array, Kernels, Runner, open_runner
from edge_server.batching.cost import worthwhile
from edge_server.catalogue.served import ServedModel

# What stands in for kernels that refuse a tail: plain loops first, which are exact but not there for every operator.
_STAND_INS: tuple[Kernels, ...] = ("reference", "optimised")
# A batch that takes longer keeps the first of its jobs waiting for the last, and a gain in calling is no gain any more.
_LONGEST_BATCH_US = 5000.0
_TIMED_RUNS = 3
# An interpreter without tensors, as the growth of the process shows it (tests/edge_server/test_tail_memory.py).
_INTERPRETER_BYTES = 96 << 10


@dataclass(frozen=True, slots=True)
class MadeTail:
    """One tail made for the first time: its file, the kernels that took it, and the batch sizes that gain.

    `by_size_us` are microseconds of one invocation, for 1 and each size with a gain. `stood_in` is what the kernels
    that were asked for said, when others run it instead.
    """

    tail: bytes
    kernels: Kernels
    by_size_us: dict[int, float]
    runners: dict[int, Runner]
    stood_in: KernelsError | None = None


def make_tail(model: ServedModel, cut: int, kernels: Kernels, batch_most: int) -> MadeTail:
    """Make the tail, run it, and find out which batches of it are exact and gain.

    Raises KernelsError when neither the kernels asked for nor those that stand in can run it.
    """
    tail = model.tail(cut)
    stood_in = None
    try:
        single = warmed(tail, kernels)
    except KernelsError as error:
        stood_in = error
        kernels, single = _stand_in(tail, kernels, error)
    rng = np.random.default_rng(cut)
    samples = [
        [random_array(spec.shape, spec.dtype, rng) for spec in single.inputs] for _ in range(batch_most)
    ]
    runners, by_size = {1: single}, {1: _timed_us(single, samples[0])}
    size = 2
    while size <= batch_most and by_size[1] * size <= _LONGEST_BATCH_US:
        batched = _exact_batch(tail, kernels, size, single, samples)
        if batched is None:
            break
        runners[size] = batched
        by_size[size] = _timed_us(batched, joined(samples[:size]))
        size *= 2
    kept = worthwhile(by_size)
    return MadeTail(tail, kernels, kept, {size: runners[size] for size in kept}, stood_in)


def warmed(tail: bytes, kernels: Kernels, batch: int = 1) -> Runner:
    """A runner that has run once: that run is the slowest, and delegates refuse a model only then."""
    runner = open_runner(tail, kernels, batch=batch) if batch > 1 else open_runner(tail, kernels)
    runner.run([np.zeros(spec.shape, spec.dtype) for spec in runner.inputs])
    return runner


def joined(several: list[list[Array]]) -> list[Array]:
    """The tensors of several jobs, one below the other: B arrays of shape (1, ...) become one of (B, ...)."""
    return [np.concatenate(arrays) for arrays in zip(*several, strict=True)]


def parted(outputs: list[Array], size: int) -> list[list[Array]]:
    """For each of `size` jobs its rows of every output, with the leading dimension of 1 that a single run gives."""
    return [[output[row : row + 1] for output in outputs] for row in range(size)]


def interpreter_bytes(model: ServedModel, cut: int, kernels: Kernels, tail: bytes, size: int) -> int:
    """Estimate of what one interpreter takes: its tensors, none sharing memory, and the weights that XNNPACK packs."""
    tensors = sum(tensor.bytes for tensor in model.expected[cut]) + sum(
        operator.bytes for operator in model.bundle.operators[cut:]
    )
    packed = len(tail) if kernels == "xnnpack" else 0
    return _INTERPRETER_BYTES + packed + size * tensors


def random_array(shape: tuple[int, ...], dtype: np.dtype[np.generic], rng: np.random.Generator) -> Array:
    """Values all over an integer's range; floats within 0..1, where no sum overflows."""
    if dtype.kind == "f":
        return rng.random(shape).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    info = np.iinfo(dtype.name)
    return rng.integers(info.min, info.max + 1, shape, dtype=dtype)


def _exact_batch(
    tail: bytes, kernels: Kernels, size: int, single: Runner, samples: list[list[Array]]
) -> Runner | None:
    """A runner for `size` jobs whose every row is, bit for bit, what a single run gives; None when there is none."""
    try:
        batched = warmed(tail, kernels, size)
        rows = parted(batched.run(joined(samples[:size])), size)
        for sample, row in zip(samples, rows, strict=False):
            alone = single.run(sample)
            if any(
                one.shape != other.shape or one.tobytes() != other.tobytes()
                for one, other in zip(alone, row, strict=True)
            ):
                return None
    except (KernelsError, ValueError):
        return None
    return batched


def _timed_us(runner: Runner, arrays: list[Array]) -> float:
    times = []
    for _ in range(_TIMED_RUNS):
        began = time.perf_counter_ns()
        runner.run(arrays)
        times.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(times)


def _stand_in(tail: bytes, refused: Kernels, reason: KernelsError) -> tuple[Kernels, Runner]:
    """The first other kernels that run this tail; raises `reason` when none do."""
    for kernels in _STAND_INS:
        if kernels != refused:
            try:
                return kernels, warmed(tail, kernels)
            except KernelsError:
                continue
    raise reason
