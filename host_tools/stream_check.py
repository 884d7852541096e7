"""The Stream engine against TFLM: every head of a network, and going on from it, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutpoint.errors import KernelsError
from cutpoint.graph import Difference, Model, random_inputs
from cutpoint.graph.difference import NOTHING, compare
from cutpoint.graph.streamed import stream_plan
from cutpoint.kernels import available
from cutpoint.picture.input_tensor import Array
from host_tools.device.engine import EngineName, OperatorEngine
from host_tools.device.stream_engine import StreamEngine

Inputs = Sequence[Array]


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """Heads [0, k) for k in 0 to `operators`, each with going on to there, against the kernels `against`.

    differences: one a cut, of its live tensors and of what going on ends with. why: why no more operators, or none,
    were checked; None when all were.
    """

    operators: int
    why: str | None
    against: EngineName
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether no byte differs."""
        return not self.broken

    @property
    def broken(self) -> tuple[int, ...]:
        """The cuts that do not hold."""
        return tuple(k for k, difference in enumerate(self.differences) if not difference.exact)


def check_stream(
    model: Model, inputs: Sequence[Inputs] | None = None, *, runs: int = 1, seed: int = 0
) -> StreamCheck:
    """Compile a plan for as much of a network as can be streamed, and run every range that it has.

    inputs: as for `cutpoint.graph.verify`. Compared with TFLM where it is installed, else with LiteRT's reference.
    """
    against: EngineName = "tflm" if "tflm" in available() else "litert"
    entry, plan = stream_plan(model, len(model.operators))
    if plan is None:
        return StreamCheck(0, entry.why, against, ())
    count = entry.operators
    try:
        single = OperatorEngine(model, against, on_board=count)
    except KernelsError as error:
        return StreamCheck(0, f"{against} cannot run this network: {error}", against, ())
    stream = StreamEngine(model, plan)
    found = [NOTHING] * (count + 1)
    for arrays in random_inputs(model, runs, seed) if inputs is None else inputs:
        single.set_input(arrays)
        single.run(0, count)
        last = _live(single, count)
        for k in range(count + 1):
            stream.set_input(arrays)
            stream.run(0, k)
            head = compare(_live(stream, k), _live(single, k))
            stream.run(k, count)
            found[k] = found[k] + head + compare(_live(stream, count), last)
    return StreamCheck(count, entry.why, against, tuple(found))


def _live(engine: OperatorEngine | StreamEngine, cut: int) -> list[Array]:
    return [tensor.array for tensor in engine.live(cut)]
