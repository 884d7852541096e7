"""The engine of a device on a PC: every operator is a model of its own, so any range can run and be timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from cutpoint.errors import InternalError, KernelsError, UsageError
from cutpoint.graph import Model
from cutpoint.kernels import Kernels, open_runner
from cutpoint.picture.input_tensor import Array, InputTensor, input_tensors
from host_tools.device.lines import LineEngine
from host_tools.device.workload import Workload

EngineName = Literal["tflm", "litert"]
_KERNELS: dict[EngineName, Kernels] = {"tflm": "tflm", "litert": "reference"}


@dataclass(frozen=True, slots=True)
class LiveTensor:
    """A tensor alive at a cut: index in the whole model, values, and its most likely element (`fill`)."""

    index: int
    array: Array = field(repr=False)
    fill: int = 0


class Engine(Protocol):
    """Runs operators [first, last) of a device model and shows every live tensor."""

    @property
    def name(self) -> str: ...

    @property
    def on_board(self) -> int:
        """K: operators [0, K) can run here."""
        ...

    def set_input(self, arrays: Sequence[Array]) -> None:
        """Begin an inference: one array for each input of the model, of its shape and dtype."""
        ...

    def run(self, first: int, last: int) -> list[int]:
        """Run operators [first, last) from the live tensors of cut `first`; microseconds of each."""
        ...

    def live(self, cut: int) -> tuple[LiveTensor, ...]:
        """The tensors that travel at a cut that was reached; valid until the next input."""
        ...

    def outputs(self) -> list[Array]:
        """The network's outputs, after its last operator ran."""
        ...

    def lines(self) -> LineEngine | None:
        """The same engine line by line; None for one that runs whole operators only."""
        ...


class OperatorEngine:
    """Operators [0, K) of a model, one resident interpreter each; one inference and one thread at a time.

    Every tensor is kept until the next input, so a range can be resumed from any cut that was reached: that
    is how a missed deadline costs no recomputation, here as on a board.
    """

    def __init__(self, model: Model, kernels: EngineName, *, on_board: int | None = None) -> None:
        """`model` may be the whole model or a device model; `on_board` limits K further.

        Raises KernelsError when the kernels are not installed or do not run an operator.
        """
        count = len(model.operators)
        if on_board is not None and not 0 <= on_board <= count:
            raise UsageError(f"{on_board} operators on board: this model has {count}; give 0 to {count}")
        self.name = kernels
        self.on_board = count if on_board is None else on_board
        self._model = model
        self._runners = []
        for index in range(self.on_board):
            try:
                self._runners.append(open_runner(model.extract(index, index + 1), _KERNELS[kernels]))
            except KernelsError as error:
                kind = model.operators[index].kind
                raise KernelsError(f"operator {index} ({kind}): {error}") from error
        self._tensors: dict[int, Array] = {}
        self._outputs: list[Array] = []
        self._reached = -1

    @property
    def inputs(self) -> tuple[InputTensor, ...]:
        """What `set_input` takes, in the model's order."""
        return input_tensors(self._model)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """What operators [0, K) ask of a processor."""
        return workloads(self._model)[: self.on_board]

    def set_input(self, arrays: Sequence[Array]) -> None:
        """Begin an inference. Raises UsageError when count, shape or dtype do not fit the model."""
        expected = self.inputs
        if len(arrays) != len(expected):
            raise UsageError(f"the model takes {len(expected)} inputs, {len(arrays)} given")
        checked = [tensor.of_array(array) for tensor, array in zip(expected, arrays, strict=True)]
        self._tensors = dict(zip(self._model.inputs, checked, strict=True))
        self._outputs = []
        self._reached = 0

    def run(self, first: int, last: int) -> list[int]:
        """Run operators [first, last) from the live tensors of cut `first`; measured microseconds of each.

        The time of an operator includes handing its tensors to the interpreter and back.
        """
        if not 0 <= first <= last <= self.on_board:
            raise InternalError(f"operators [{first}, {last}) asked for, [0, {self.on_board}) are on board")
        if first > self._reached:
            raise InternalError(
                f"operators [{first}, {last}) asked for, but only cut {self._reached} was reached"
            )
        taken_us = []
        for index in range(first, last):
            arrays = [self._tensors[tensor] for tensor in self._model.live(index)]
            start = time.perf_counter_ns()
            results = self._runners[index].run(arrays)
            taken_us.append((time.perf_counter_ns() - start) // 1000)
            self._keep(index + 1, results)
        return taken_us

    def live(self, cut: int) -> tuple[LiveTensor, ...]:
        """The tensors that travel at `cut`, in the order of frames; valid until the next input."""
        if not 0 <= cut <= self._reached:
            raise InternalError(
                f"the live tensors of cut {cut} asked for, but only cut {self._reached} was reached"
            )
        return tuple(
            LiveTensor(index, self._tensors[index], fill_of(self._model, index))
            for index in self._model.live(cut)
        )

    def outputs(self) -> list[Array]:
        """The network's outputs, in the model's order. Only after its last operator ran."""
        if self._reached != len(self._model.operators):
            raise InternalError(f"outputs asked for at cut {self._reached} of {len(self._model.operators)}")
        return self._outputs or [self._tensors[index] for index in self._model.outputs]

    def lines(self) -> LineEngine | None:
        """None: whole operators only."""
        return None

    def _keep(self, cut: int, results: list[Array]) -> None:
        last = cut == len(self._model.operators)
        indices = self._model.outputs if last else self._model.live(cut)
        self._tensors.update(zip(indices, results, strict=True))
        if last:
            self._outputs = results
        self._reached = max(self._reached, cut)


def fill_of(model: Model, index: int) -> int:
    """The most likely element of a tensor: its zero point, or 0."""
    tensor = model.tensors[index]
    return tensor.zero_point or 0 if np.issubdtype(tensor.dtype, np.integer) else 0


def workloads(model: Model) -> tuple[Workload, ...]:
    """What every operator of a model asks of a processor."""
    return tuple(_workload(model, index) for index in range(len(model.operators)))


def _workload(model: Model, index: int) -> Workload:
    operator = model.operators[index]
    weights = operator.inputs[1] if len(operator.inputs) > 1 else -1
    kernel = model.tensors[weights].shape if weights >= 0 else None
    return Workload.of(operator.kind, operator.macs, operator.output_bytes, kernel)
