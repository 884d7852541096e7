"""LiteRT behind the runner port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from cutpoint.errors import KernelsError
from cutpoint.kernels.quiet import captured_stderr
from cutpoint.kernels.spec import Array, TensorSpec, check_inputs

LiteRtKernels = Literal["reference", "optimised", "xnnpack"]

_RESOLVERS = {
    "reference": OpResolverType.BUILTIN_REF,
    "optimised": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "xnnpack": OpResolverType.AUTO,
}


def _spec(details: dict[str, Any]) -> TensorSpec:
    quantisation = details["quantization_parameters"]
    scales, zero_points = quantisation["scales"], quantisation["zero_points"]
    per_tensor = len(scales) == 1 and len(zero_points) == 1
    return TensorSpec(
        name=details["name"],
        shape=tuple(int(size) for size in details["shape"]),
        dtype=np.dtype(details["dtype"]),
        scale=float(scales[0]) if per_tensor else None,
        zero_point=int(zero_points[0]) if per_tensor else None,
    )


def _resize(interpreter: Any, batch: int) -> None:
    """Give every input `batch` rows; ValueError when one has not exactly one row to begin with."""
    for details in interpreter.get_input_details():
        shape = [int(size) for size in details["shape"]]
        if shape[:1] != [1]:
            raise ValueError(f"an input of shape {shape} has no batch dimension of 1")
        interpreter.resize_tensor_input(details["index"], [batch, *shape[1:]])


class LiteRtRunner:
    """A LiteRT interpreter with its tensors allocated.

    With `batch` above 1 every input's first dimension, which must be 1, is resized to it before the tensors are
    allocated; outputs then have `batch` rows. Whether the rows are what single runs give is for the caller to check:
    a model may fold its batch into something else.
    """

    def __init__(self, model: bytes, kernels: LiteRtKernels, threads: int = 1, batch: int = 1) -> None:
        """Raises KernelsError with LiteRT's own reason when it refuses the model, or the batch."""
        # LiteRT reads weights in place: the bytes must live as long as the interpreter.
        self._model = model
        with captured_stderr() as printed:
            try:
                self._interpreter: Any = Interpreter(
                    model_content=model,
                    experimental_op_resolver_type=_RESOLVERS[kernels],
                    num_threads=threads,
                )
                if batch > 1:
                    _resize(self._interpreter, batch)
                self._interpreter.allocate_tensors()
                given = self._interpreter.get_input_details()
                made = self._interpreter.get_output_details()
            except (RuntimeError, ValueError) as error:
                printed.claim()
                reason: str | None = " ".join(str(error).split())
            else:
                reason = None
        if reason is not None:
            raise KernelsError(f"LiteRT ({kernels}) cannot run this model: {reason or printed.reason()}")
        self.inputs: tuple[TensorSpec, ...] = tuple(_spec(details) for details in given)
        self.outputs: tuple[TensorSpec, ...] = tuple(_spec(details) for details in made)
        if batch > 1 and not all(spec.shape[:1] == (batch,) for spec in self.outputs):
            raise KernelsError(
                f"LiteRT ({kernels}): an output of this model does not grow with a batch of {batch}"
            )
        self._input_handles: tuple[int, ...] = tuple(details["index"] for details in given)
        self._output_handles: tuple[int, ...] = tuple(details["index"] for details in made)

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Run once; see `Runner.run`. Releases the interpreter lock of Python while the kernels run."""
        check_inputs(self.inputs, arrays)
        interpreter = self._interpreter
        try:
            for handle, array in zip(self._input_handles, arrays, strict=True):
                interpreter.set_tensor(handle, array)
            interpreter.invoke()
            return [interpreter.get_tensor(handle) for handle in self._output_handles]
        except (RuntimeError, ValueError) as error:
            raise KernelsError(f"LiteRT failed while running: {' '.join(str(error).split())}") from error

    def tensor_shapes(self) -> dict[int, tuple[int, ...]]:
        """Shapes as LiteRT has worked them out, by tensor index; those that depend on data are right after a run."""
        return {
            details["index"]: tuple(int(size) for size in details["shape"])
            for details in self._interpreter.get_tensor_details()
        }
