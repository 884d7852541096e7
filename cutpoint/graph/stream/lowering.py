"""What a lowering rule is given: an operator with its tensors, options and constants, and how to refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from cutpoint.errors import ModelError
from cutpoint.graph.model import Model, Operator, Tensor
from cutpoint.graph.stream.lines import LineTensor

Array = npt.NDArray[np.generic]


class StreamError(ModelError):
    """The Stream engine cannot run an operator; cuts up to `largest_cut` can be streamed."""

    def __init__(self, operator: Operator, reason: str) -> None:
        self.operator = operator
        self.reason = reason
        self.largest_cut = operator.index
        super().__init__(
            f"operator {operator.index} ({operator.kind}) cannot be streamed: {reason}; "
            f"the Stream engine runs this network up to cut {operator.index}"
        )


@dataclass(frozen=True, slots=True)
class Lowering:
    """One operator of a model on its way to a `LineOperator`. Every refusal is a StreamError."""

    model: Model
    operator: Operator

    @property
    def options(self) -> Any:
        """Its options as the flatbuffer has them."""
        return self.model.parsed.subgraphs[0].operators[self.operator.index].builtinOptions

    def refuse(self, reason: str) -> NoReturn:
        raise StreamError(self.operator, reason)

    def input(self, place: int) -> Tensor:
        """The place-th input, constant or not; refuses when it is omitted."""
        if not self.has_input(place):
            self.refuse(f"it has no input {place}")
        return self.model.tensors[self.operator.inputs[place]]

    def has_input(self, place: int) -> bool:
        return place < len(self.operator.inputs) and self.operator.inputs[place] >= 0

    def output(self, place: int = 0) -> Tensor:
        return self.model.tensors[self.operator.outputs[place]]

    def lines(self, tensor: Tensor, *dtypes: str) -> LineTensor:
        """The lines of a tensor that is in memory, of one of these dtypes (int8 by default)."""
        allowed = dtypes or ("int8",)
        if tensor.dtype.name not in allowed:
            self.refuse(f"it works on {tensor.dtype.name}, the engine on {' or '.join(allowed)}")
        try:
            return LineTensor.of(tensor)
        except ValueError as error:
            self.refuse(str(error))

    def activation(self, place: int, *dtypes: str) -> LineTensor:
        """The lines of the place-th input, which must not be a constant."""
        tensor = self.input(place)
        if tensor.constant:
            self.refuse(f"its input {place} is a constant")
        return self.lines(tensor, *dtypes)

    def constant(self, place: int) -> Array:
        """The elements of a constant input, in its shape."""
        tensor = self.input(place)
        if not tensor.constant:
            self.refuse(f"its input {place} is computed, and must be a constant")
        data = self.model.parsed.buffers[self.model.parsed.subgraphs[0].tensors[tensor.index].buffer].data
        return np.frombuffer(bytes(data), tensor.dtype).reshape(tensor.shape)

    def quantisation(self, tensor: Tensor) -> tuple[float, int]:
        """Scale and zero point of a tensor with one of each."""
        if tensor.scale is None or tensor.zero_point is None:
            self.refuse(f"tensor {tensor.index} has no single scale")
        return tensor.scale, tensor.zero_point
