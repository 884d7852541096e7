"""Models of one operator, built tensor by tensor, and what TFLM and the Stream engine make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from cutpoint import Model, load
from cutpoint._core import StreamEngine
from cutpoint.graph.extract import pack
from cutpoint.graph.stream import compile_stream
from cutpoint.kernels.tflm import TflmRunner

Array = npt.NDArray[Any]
DONE = 2
"""The last step of a range (`StreamEngine`)."""


class SingleOperator:
    """A model of one operator under construction: its inputs, constants and outputs in the order of the calls.

    kind: a name of the schema's BuiltinOperator, "CONV_2D" for instance. options: the schema's object with the fields
    of `fields` set, `schema.Conv2DOptionsT` with strideH=2 for instance.
    """

    def __init__(self, kind: str, options: Any = None, version: int = 1, **fields: object) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.buffers = [schema.BufferT()]
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        self._model.operatorCodes = [code]
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.inputs = [], []
        self._operator = schema.OperatorT()
        self._operator.opcodeIndex = 0
        self._operator.inputs, self._operator.outputs = [], []
        if options is not None:
            made = options()
            for name, value in fields.items():
                assert hasattr(made, name), name
                setattr(made, name, value)
            self._operator.builtinOptions = made
            self._operator.builtinOptionsType = getattr(
                schema.BuiltinOptions, options.__name__.removesuffix("T")
            )

    def input(self, *shape: int, scale: float | None = 0.5, zero_point: int = 0, dtype: str = "int8") -> int:
        """A tensor that is given when the model runs; its index."""
        index = self._tensor(shape, dtype, scale, zero_point, 0)
        self._graph.inputs.append(index)
        self._operator.inputs.append(index)
        return index

    def repeat(self, index: int) -> None:
        """The same tensor as a further input."""
        self._operator.inputs.append(index)

    def constant(
        self, data: Array, scale: float | Sequence[float] | None = None, zero_point: int = 0, axis: int = 0
    ) -> int:
        """A tensor whose elements are in the file; with several scales, along `axis`."""
        index = self._tensor(data.shape, data.dtype.name, scale, zero_point, axis)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._graph.tensors[index].buffer = len(self._model.buffers)
        self._model.buffers.append(buffer)
        self._operator.inputs.append(index)
        return index

    def omit(self) -> None:
        """An optional input that is not there."""
        self._operator.inputs.append(-1)

    def output(self, *shape: int, scale: float | None = 0.5, zero_point: int = 0, dtype: str = "int8") -> int:
        index = self._tensor(shape, dtype, scale, zero_point, 0)
        self._operator.outputs.append(index)
        return index

    def bytes(self) -> bytes:
        """The .tflite file."""
        graph = self._graph
        graph.operators = [self._operator]
        graph.outputs = list(self._operator.outputs)
        self._model.subgraphs = [graph]
        return pack(self._model)

    def model(self) -> Model:
        return load(self.bytes())

    def _tensor(
        self,
        shape: Sequence[int],
        dtype: str,
        scale: float | Sequence[float] | None,
        zero_point: int,
        axis: int,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name = f"t{len(self._graph.tensors)}".encode()
        tensor.shape = np.array(shape, np.int32)
        tensor.type = getattr(schema.TensorType, dtype.upper())
        tensor.buffer = 0
        if scale is not None:
            scales = np.atleast_1d(np.array(scale, np.float32))
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = np.full(len(scales), zero_point, np.int64)
            tensor.quantization.quantizedDimension = axis
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1


def random_given(model: Model, rng: np.random.Generator) -> list[Array]:
    """Every input of a model: any int8 or uint8, and floats that quantise to all of them and beyond."""
    given = []
    for index in model.inputs:
        tensor = model.tensors[index]
        if tensor.dtype == np.float32:
            given.append(rng.normal(0, 100, tensor.shape).astype(np.float32))
        else:
            limits = np.iinfo(tensor.dtype)
            given.append(rng.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype))
    return given


def by_tflm(model: Model, given: Sequence[Array]) -> list[bytes]:
    """The outputs of the reference kernels. Raises KernelsError for what TFLM refuses."""
    return [np.asarray(made).tobytes() for made in TflmRunner(model.data).run(given)]


def by_stream(model: Model, given: Sequence[Array], *, fed: bool, plan: bytes | None = None) -> list[bytes]:
    """The outputs of the Stream engine, which must keep to its memory. Raises StreamError for what it does not run."""
    engine = StreamEngine(plan or compile_stream(model).encode(), fed=fed)
    engine.scribble(0x5C)
    for place, array in enumerate(given):
        engine.give(place, array.tobytes())
    assert engine.begin(0, len(model.operators))
    assert engine.advance() == DONE
    live = engine.live(len(model.operators))
    assert live is not None
    assert engine.intact()
    made = {index: data for index, _, data, _ in live}
    return [bytes(made[index]) for index in model.outputs]


def assert_same(model: Model, given: Sequence[Array]) -> None:
    """TFLM and Stream make the same bytes, with the inputs held whole and with their lines fed one by one."""
    expected = by_tflm(model, given)
    plan = compile_stream(model).encode()
    assert by_stream(model, given, fed=False, plan=plan) == expected
    if len(given) == 1:
        assert by_stream(model, given, fed=True, plan=plan) == expected
