"""TensorFlow Lite Micro behind the runner port: the kernels and the arena planner of the device, on a PC."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from cutpoint.errors import InternalError, KernelsError
from cutpoint.kernels.quiet import captured_stderr
from cutpoint.kernels.spec import Array, TensorSpec, check_inputs

# The arena is address space until it is touched; the first guess fits microcontroller models by a wide margin.
FIRST_ARENA_BYTES = 4 << 20
LARGEST_ARENA_BYTES = 1 << 30

_TOTAL = re.compile(r"Arena allocation total (\d+) bytes")
_TOO_SMALL = re.compile(
    r"Requested: \d+, available|Failed to (resize buffer|allocate)|Arena size is too small|too small"
)


def tflm_installed() -> bool:
    """Whether the `tflite-micro` wheel is there (it exists for Linux on x86-64 only)."""
    return importlib.util.find_spec("tflite_micro") is not None


class TflmRunner:
    """A TFLM interpreter over an arena that is large enough."""

    def __init__(self, model: bytes) -> None:
        """Raises KernelsError when the wheel is missing or TFLM refuses the model, with TFLM's own reason."""
        if not tflm_installed():
            raise KernelsError(
                "the tflite-micro wheel is not installed: `pip install '.[tflm]'` in the source tree "
                "(Linux on x86-64), or use the kernels 'reference'"
            )
        self._model = model  # TFLM reads weights in place
        graph = schema.Model.GetRootAsModel(model, 0).Subgraphs(0)
        self._interpreter = _interpreter(model)
        self.inputs: tuple[TensorSpec, ...] = tuple(
            _spec(graph.Tensors(graph.Inputs(place)).Name(), self._interpreter.get_input_details(place))
            for place in range(graph.InputsLength())
        )
        self.outputs: tuple[TensorSpec, ...] = tuple(
            _spec(graph.Tensors(graph.Outputs(place)).Name(), self._interpreter.get_output_details(place))
            for place in range(graph.OutputsLength())
        )

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Run once; see `Runner.run`. Releases the interpreter lock of Python while the kernels run."""
        check_inputs(self.inputs, arrays)
        interpreter = self._interpreter
        try:
            for place, array in enumerate(arrays):
                interpreter.set_input(array, place)
            interpreter.invoke()
            return [interpreter.get_output(place) for place in range(len(self.outputs))]
        except (RuntimeError, ValueError) as error:
            raise KernelsError(f"TFLM failed while running: {' '.join(str(error).split())}") from error

    def arena_bytes(self) -> int:
        """What the arena really holds after preparing the model, in bytes, on this machine's word size."""
        with captured_stderr() as printed:
            self._interpreter.print_allocations()
        total = _TOTAL.search(printed.text)
        if total is None:
            raise InternalError("this tflite-micro wheel no longer prints 'Arena allocation total'")
        return int(total.group(1))


def _interpreter(model: bytes) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    arena_bytes = FIRST_ARENA_BYTES
    while True:
        with captured_stderr() as printed:
            try:
                return runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
            except (RuntimeError, ValueError) as error:
                printed.claim()
                seen = str(error)
        if not _TOO_SMALL.search(printed.text) or arena_bytes >= LARGEST_ARENA_BYTES:
            raise KernelsError(f"TFLM cannot run this model: {printed.reason() or seen}")
        arena_bytes *= 4


def _spec(name: bytes | None, details: dict[str, Any]) -> TensorSpec:
    quantisation = details["quantization_parameters"]
    scales, zero_points = quantisation["scales"], quantisation["zero_points"]
    per_tensor = len(scales) == 1 and len(zero_points) == 1
    return TensorSpec(
        name=(name or b"").decode("utf-8", errors="replace"),
        shape=tuple(int(size) for size in details["shape"]),
        dtype=np.dtype(details["dtype"]),
        scale=float(scales[0]) if per_tensor else None,
        zero_point=int(zero_points[0]) if per_tensor else None,
    )
