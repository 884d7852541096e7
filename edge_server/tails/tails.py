"""Interpreters of the tails, made on first use and kept."""

from __future__ import annotations

import logging
import time

import numpy as np

from cutpoint.errors import KernelsError
from cutpoint.kernels import Array, Kernels, Runner, open_runner
from edge_server.catalogue.served import ServedModel
from edge_server.counters import Counters

log = logging.getLogger("edge_server")

# What stands in for kernels that refuse a tail: plain loops first, which are exact but not there for every operator.
_STAND_INS: tuple[Kernels, ...] = ("reference", "optimised")


class Tails:
    """Resident tails by (model, cut); belongs to one worker, because an interpreter is for one thread.

    Kernels may refuse one tail of a model whose other tails they run: XNNPACK does when dequantised weights
    become an input, the reference kernels lack TILE. Others then stand in for that tail, counted as
    `tail_on_stand_in`.
    """

    def __init__(self, kernels: Kernels, counters: Counters) -> None:
        self._kernels = kernels
        self._counters = counters
        self._runners: dict[tuple[bytes, int], Runner] = {}

    def __len__(self) -> int:
        return len(self._runners)

    def run(self, model: ServedModel, cut: int, arrays: list[Array]) -> list[Array]:
        """The network's outputs from the live tensors at `cut`; at cut N they are the outputs already.

        Raises KernelsError when neither the kernels asked for nor those that stand in can run this tail.
        """
        if cut == model.n:
            return arrays
        return self._runner(model, cut).run(arrays)

    def warm(self, model: ServedModel, cut: int) -> None:
        """Make the tail before the first request for it comes."""
        if cut < model.n:
            self._runner(model, cut)

    def _runner(self, model: ServedModel, cut: int) -> Runner:
        key = (bytes(model.id), cut)
        runner = self._runners.get(key)
        if runner is None:
            runner = self._runners[key] = self._made(model, cut)
        return runner

    def _made(self, model: ServedModel, cut: int) -> Runner:
        began = time.perf_counter()
        tail, kernels = model.tail(cut), self._kernels
        try:
            runner = _warmed(tail, kernels)
        except KernelsError as error:
            kernels, runner = _stand_in(tail, kernels, error)
            self._counters.count("tail_on_stand_in")
            log.warning(
                "event=tail_on_stand_in model=%s cut=%d kernels=%s detail=%r",
                model.id.hex,
                cut,
                kernels,
                str(error),
            )
        log.info(
            "event=tail_made model=%s cut=%d kernels=%s ms=%.1f",
            model.id.hex,
            cut,
            kernels,
            1e3 * (time.perf_counter() - began),
        )
        return runner


def _stand_in(tail: bytes, refused: Kernels, reason: KernelsError) -> tuple[Kernels, Runner]:
    """The first other kernels that run this tail; raises `reason` when none do."""
    for kernels in _STAND_INS:
        if kernels != refused:
            try:
                return kernels, _warmed(tail, kernels)
            except KernelsError:
                continue
    raise reason


def _warmed(tail: bytes, kernels: Kernels) -> Runner:
    """A runner that has run once: that run is the slowest, and delegates refuse a model only then."""
    runner = open_runner(tail, kernels)
    runner.run([np.zeros(spec.shape, spec.dtype) for spec in runner.inputs])
    return runner
