"""Interpreters of the tails, made on first use and kept."""

from __future__ import annotations

import logging
import time

import numpy as np

from cutpoint.kernels import Array, Kernels, Runner, open_runner
from edge_server.served import ServedModel

log = logging.getLogger("edge_server")


class Tails:
    """Resident tails by (model, cut); belongs to one worker, because an interpreter is for one thread."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._runners: dict[tuple[bytes, int], Runner] = {}

    def __len__(self) -> int:
        return len(self._runners)

    def run(self, model: ServedModel, cut: int, arrays: list[Array]) -> list[Array]:
        """The network's outputs from the live tensors at `cut`; at cut N they are the outputs already.

        Raises KernelsError when the kernels cannot run this tail.
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
            began = time.perf_counter()
            runner = open_runner(model.tail(cut), self._kernels)
            # The first run is slower than all others: it touches the memory, and delegates prepare themselves.
            runner.run([np.zeros(spec.shape, spec.dtype) for spec in runner.inputs])
            self._runners[key] = runner
            log.info(
                "event=tail_made model=%s cut=%d kernels=%s ms=%.1f",
                model.id.hex,
                cut,
                self._kernels,
                1e3 * (time.perf_counter() - began),
            )
        return runner
