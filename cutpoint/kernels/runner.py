"""One interpreter, kept ready: the port that LiteRT and TFLM stand behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, get_args

from cutpoint.errors import KernelsError, UsageError
from cutpoint.kernels.litert import LiteRtRunner
from cutpoint.kernels.spec import Array, TensorSpec
from cutpoint.kernels.tflm import TflmRunner, tflm_installed

Kernels = Literal["tflm", "reference", "optimised", "xnnpack"]
MOST_THREADS = 256
"""LiteRT ends the process when the machine cannot start as many as it is told."""


class Runner(Protocol):
    """A model with its memory allocated. For one thread at a time; several runners may run in parallel."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]: ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]: ...

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Run once; arrays in graph input order, results in graph output order.

        Results are copies that the caller owns. Raises InputError when count, shape or dtype do not fit, and
        KernelsError when a kernel fails.
        """
        ...


def available() -> tuple[Kernels, ...]:
    """The kernels that this installation can run, best for exactness first."""
    litert: tuple[Kernels, ...] = ("reference", "optimised", "xnnpack")
    return ("tflm", *litert) if tflm_installed() else litert


def open_runner(model: bytes, kernels: Kernels, threads: int = 1, batch: int = 1) -> Runner:
    """Make an interpreter for a .tflite that `cutpoint.load` accepted or `cutpoint` cut.

    kernels: "tflm" (the device's own reference kernels), "reference" (LiteRT, plain loops), "optimised" (LiteRT's
    built-in kernels without delegate) or "xnnpack" (LiteRT's default). threads counts for "optimised" and
    "xnnpack" only, 1 to `MOST_THREADS`. batch: rows of the first dimension of every input and output
    (`LiteRtRunner`); TFLM takes none but 1. Raises UsageError for another number, KernelsError when the kernels are
    unknown, not installed, or cannot run the model, or this batch of it.
    """
    if not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"threads must be 1 to {MOST_THREADS}, {threads} given")
    if kernels not in get_args(Kernels):
        raise KernelsError(f"kernels {kernels!r} are unknown; use one of {', '.join(get_args(Kernels))}")
    if batch < 1:
        raise UsageError(f"batch must be at least 1, {batch} given")
    if kernels == "tflm":
        if batch > 1:
            raise KernelsError("TFLM plans its arena for the shapes of the file: it runs no batches")
        return TflmRunner(model)
    return LiteRtRunner(model, kernels, threads, batch)
