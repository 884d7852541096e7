"""Graphs built by hand, tensor by tensor, for cases that no converter makes on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from cutpoint.graph.extract import pack

ADD, CONCATENATION, CONV_2D, FULLY_CONNECTED, MUL, RESHAPE, SPLIT = 0, 2, 3, 9, 18, 22, 49
VERSIONS = {ADD: 2, CONCATENATION: 2, CONV_2D: 3, MUL: 2, SPLIT: 2}
INT8, INT32 = schema.TensorType.INT8, schema.TensorType.INT32


class Graph:
    """A model under construction; `operator` runs in the order of the calls."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.part = schema.SubGraphT()
        self.part.tensors = []
        self.part.operators = []
        self.model.subgraphs = [self.part]

    def tensor(
        self, *shape: int, type: int = INT8, scale: float | None = 0.5, data: np.ndarray | None = None
    ) -> int:
        tensor = schema.TensorT()
        index = len(self.part.tensors)
        tensor.name = f"t{index}".encode()
        tensor.shape = np.array(shape, np.int32)
        tensor.type = type
        tensor.buffer = 0
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.array([scale], np.float32)
            tensor.quantization.zeroPoint = np.array([0], np.int64)
        if data is not None:
            tensor.buffer = len(self.model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
        self.part.tensors.append(tensor)
        return index

    def operator(
        self,
        code: int,
        read: Sequence[int],
        made: Sequence[int],
        options: object = None,
        version: int | None = None,
    ) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(code, VERSIONS.get(code, 1) if version is None else version)
        operator.inputs = np.array(read, np.int32)
        operator.outputs = np.array(made, np.int32)
        options = options if options is not None else _options(code)
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(
                schema.BuiltinOptions, type(options).__name__.removesuffix("T")
            )
        self.part.operators.append(operator)

    def _code(self, code: int, version: int) -> int:
        for index, known in enumerate(self.model.operatorCodes):
            if (known.builtinCode, known.version) == (code, version):
                return index
        added = schema.OperatorCodeT()
        added.builtinCode = code
        added.deprecatedBuiltinCode = min(code, 127)
        added.version = version
        self.model.operatorCodes.append(added)
        return len(self.model.operatorCodes) - 1

    def add(self, left: int, right: int) -> int:
        made = self.tensor(*self.part.tensors[left].shape)
        self.operator(ADD, [left, right], [made])
        return made

    def bytes(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        self.part.inputs = np.array(inputs, np.int32)
        self.part.outputs = np.array(outputs, np.int32)
        return pack(self.model)


def _options(code: int) -> object:
    if code == ADD:
        return schema.AddOptionsT()
    if code == MUL:
        return schema.MulOptionsT()
    if code == CONCATENATION:
        options = schema.ConcatenationOptionsT()
        options.axis = 3
        return options
    if code == CONV_2D:
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        return options
    return None


def chain(operators: int = 2) -> Graph:
    """`operators` additions in a row, from tensor 0."""
    graph = Graph()
    tensor = graph.tensor(1, 2, 2, 1)
    for _ in range(operators):
        tensor = graph.add(tensor, tensor)
    graph.part.inputs = np.array([0], np.int32)
    graph.part.outputs = np.array([tensor], np.int32)
    return graph


def edited(data: bytes, edit: Callable[[schema.ModelT], object]) -> bytes:
    """The file after a change through the object interface."""
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    edit(model)
    return pack(model)
