"""Networks run with the bits of the reference kernels, by whatever is quickest at it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutpoint.errors import InternalError
from cutpoint.graph import Model, load
from cutpoint.graph.streamed import stream_plan
from cutpoint.kernels import Array, Runner, TensorSpec, open_runner
from host_tools.device.stream_engine import StreamEngine


class StreamRunner:
    """A whole network on the Stream engine, as a `Runner`.

    Its bits are those of the reference kernels; the first inference is held against them, which costs little and
    leaves nothing to belief.
    """

    def __init__(self, model: Model, plan: bytes, reference: Runner) -> None:
        self._engine = StreamEngine(model, plan)
        self._operators = len(model.operators)
        self._reference = reference
        self._held = False

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return self._reference.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        return self._reference.outputs

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Run once, as `Runner.run`. Raises InternalError where the engine and the reference kernels differ."""
        self._engine.set_input(arrays)
        self._engine.run(0, self._operators)
        made = self._engine.outputs()
        if not self._held:
            right = self._reference.run(arrays)
            if not all(np.array_equal(one, other) for one, other in zip(made, right, strict=True)):
                raise InternalError("the Stream engine and LiteRT's reference kernels give different bytes")
            self._held = True
        return made


def open_exact(data: bytes) -> Runner:
    """A .tflite that `cutpoint` cut: on the Stream engine where that runs it, else on the reference kernels."""
    reference = open_runner(data, "reference")
    model = load(data)
    entry, plan = stream_plan(model, len(model.operators))
    if plan is None or entry.operators < len(model.operators):
        return reference
    return StreamRunner(model, plan, reference)
