"""The Stream engine of a device on a PC: the code of a board, over the plan of its bundle, line by line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutpoint import _core
from cutpoint.errors import InternalError, UsageError
from cutpoint.graph import Model
from cutpoint.graph.stream import read_plan_file
from cutpoint.picture.input_tensor import Array, InputTensor, input_tensors
from host_tools.device.engine import LiveTensor, fill_of, workloads
from host_tools.device.lines import Step
from host_tools.device.workload import Workload


class StreamEngine:
    """Operators [0, K) of a plan in one block of memory; one inference and one thread at a time.

    An `Engine` and a `LineEngine` (`lines`). A range is [0, k), or goes on from there to K. Live tensors lie in the
    block: they are valid until the next range begins.
    """

    name = "stream"

    def __init__(self, model: Model, plan: bytes, *, block_bytes: int | None = None) -> None:
        """`model`: the whole or a device model of the plan's network. `block_bytes`: the memory that a board has; None
        for what the dearest cut needs.

        Raises ModelError for bytes that are no plan, UsageError for one that the engine refuses or that needs more.
        """
        file = read_plan_file(plan)
        self.on_board = file.on_board
        self._model = model
        self._whole = file.on_board == file.operators
        least = file.head_bytes[-1]
        if block_bytes is not None and block_bytes < least:
            raise UsageError(
                f"the Stream engine needs a block of {least:,} B for {self.on_board} operators, {block_bytes:,} B are "
                "there; split the network for fewer operators on board"
            )
        try:
            self._core = _core.StreamEngine(plan, block_bytes or 0)
        except ValueError as error:
            raise UsageError(f"the Stream engine refuses the plan: {error}") from None
        self._range = (0, 0)
        self._given: list[Array] = []

    @property
    def inputs(self) -> tuple[InputTensor, ...]:
        """What `set_input` takes, in the model's order."""
        return input_tensors(self._model)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """What operators [0, K) ask of a processor."""
        return workloads(self._model)[: self.on_board]

    def lines(self) -> StreamEngine:
        """Itself, as a `LineEngine`."""
        return self

    def set_input(self, arrays: Sequence[Array]) -> None:
        """Begin an inference. Raises UsageError when count, shape or dtype do not fit the model."""
        expected = self.inputs
        if len(arrays) != len(expected):
            raise UsageError(f"the model takes {len(expected)} inputs, {len(arrays)} given")
        self._given = [tensor.of_array(array) for tensor, array in zip(expected, arrays, strict=True)]
        for place, array in enumerate(self._given):
            self._core.give(place, np.ascontiguousarray(array).view(np.uint8).data)
        self.begin(0, 0)
        self._core.advance()

    def run(self, first: int, last: int) -> list[int]:
        """Run operators [first, last), and what each took, in microseconds."""
        self._begin(first, last)
        if self._core.advance() != Step.DONE:
            raise InternalError(
                f"the plan got stuck in operators [{first}, {last}); it is not of this network"
            )
        return self.operators_us()

    def live(self, cut: int) -> tuple[LiveTensor, ...]:
        """The tensors that travel at `cut`, where the last range ended; valid until the next one begins."""
        views = self._core.views(cut)
        if views is None:
            raise InternalError(
                f"the live tensors of cut {cut} asked for, the last range ended at {self._range[1]}"
            )
        tensors = [self._model.tensors[index] for index in self._model.live(cut)]
        return tuple(
            LiveTensor(
                tensor.index,
                view.view(tensor.dtype).reshape(tensor.shape),
                fill_of(self._model, tensor.index),
            )
            for tensor, view in zip(tensors, views, strict=True)
        )

    def outputs(self) -> list[Array]:
        """The network's outputs, in the model's order. Only after its last operator ran."""
        if not self._whole or self._range[1] != self.on_board:
            raise InternalError(f"outputs asked for at cut {self._range[1]} of {len(self._model.operators)}")
        made = dict(zip(self._model.inputs, self._given, strict=True))
        made |= {tensor.index: tensor.array.copy() for tensor in self.live(self.on_board)}
        return [made[index] for index in self._model.outputs]

    # LineEngine.

    def begin(self, first: int, last: int) -> tuple[LiveTensor, ...]:
        """Start operators [first, last): 0 to any cut, or from where the last range ended to K.

        The live tensors of `last`, which fill while the range runs. Raises InternalError for another range.
        """
        self._begin(first, last)
        return self.live(last)

    def advance(self) -> Step:
        """One unit of work, as a rule one line of one operator."""
        return Step(self._core.advance(1))

    def ready(self, place: int) -> int:
        """Bytes at the front of the live tensor at `place` that are final."""
        return self._core.ready(place)

    def operators_us(self) -> list[int]:
        """Microseconds spent in each operator of the range so far, summed over its lines."""
        first, last = self._range
        return list(self._core.operators_us(last - first))

    def shares(self) -> Sequence[float]:
        """How much of each operator of the range is done, 0 to 1."""
        return self._core.shares()

    def can_cut(self, cut: int) -> bool:
        """Whether the block is large enough for a cut: for the head, and to go on where the whole network is there."""
        return self._core.can_cut(cut)

    def _begin(self, first: int, last: int) -> None:
        if not 0 <= first <= last <= self.on_board or not self._core.begin(first, last):
            raise InternalError(
                f"operators [{first}, {last}) asked for after [{self._range[0]}, {self._range[1]}); the plan has the "
                f"heads of the cuts 0 to {self.on_board}, and from each on to {self.on_board}"
            )
        self._range = (first, last)
