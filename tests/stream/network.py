"""Networks of several operators, built tensor by tensor, and every cut of one compared with TFLM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from single_operator import DONE

from cutpoint import Model, load
from cutpoint._core import StreamEngine
from cutpoint.graph.extract import pack
from cutpoint.graph.stream import compile_stream
from cutpoint.kernels.tflm import TflmRunner

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


class Network:
    """A model under construction, all of whose int8 tensors have the scale 0.5 and the zero point 3."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.inputs: list[int] = []
        self.made: list[int] = []
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.buffers = [schema.BufferT()]
        self._model.operatorCodes = []
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model.subgraphs = [self._graph]

    def input(self, *shape: int) -> int:
        self.inputs.append(self._tensor(shape, "int8", 0.5, 3))
        return self.inputs[-1]

    def constant(self, data: Array, scale: float | None = None, zero_point: int = 0) -> int:
        index = self._tensor(data.shape, data.dtype.name, scale, zero_point)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._graph.tensors[index].buffer = len(self._model.buffers)
        self._model.buffers.append(buffer)
        return index

    def add(
        self,
        kind: str,
        read: Sequence[int],
        *shapes: Shape,
        options: Any = None,
        version: int = 2,
        **fields: object,
    ) -> list[int]:
        """An operator that makes tensors of these shapes; their indices."""
        operator, code = schema.OperatorT(), schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        operator.opcodeIndex = len(self._model.operatorCodes)
        self._model.operatorCodes.append(code)
        logistic = kind == "LOGISTIC"
        made = [self._tensor(shape, "int8", *((1 / 256, -128) if logistic else (0.5, 3))) for shape in shapes]
        operator.inputs, operator.outputs = np.array(read, np.int32), np.array(made, np.int32)
        if options is not None:
            operator.builtinOptions = options()
            for name, value in fields.items():
                assert hasattr(operator.builtinOptions, name), name
                setattr(operator.builtinOptions, name, value)
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options.__name__.removesuffix("T"))
        self._graph.operators.append(operator)
        self.made += made
        return made

    def model(self, outputs: Sequence[int]) -> Model:
        self._graph.inputs = np.array(self.inputs, np.int32)
        self._graph.outputs = np.array(outputs, np.int32)
        return load(pack(self._model))

    def _tensor(self, shape: Shape, dtype: str, scale: float | None, zero_point: int) -> int:
        tensor = schema.TensorT()
        tensor.name = f"t{len(self.shapes)}".encode()
        tensor.shape = np.array(shape, np.int32)
        tensor.type = getattr(schema.TensorType, dtype.upper())
        tensor.buffer = 0
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.array([scale], np.float32)
            tensor.quantization.zeroPoint = np.array([zero_point], np.int64)
        self._graph.tensors.append(tensor)
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1


def every_tensor(model: Model, given: Sequence[Array]) -> dict[int, bytes]:
    """What TFLM makes of every tensor that is no constant, in one run of a model that has them all as outputs."""
    asked = schema.ModelT.InitFromPackedBuf(model.data, 0)
    made = [index for operator in model.operators for index in operator.outputs]
    asked.subgraphs[0].outputs = np.array(made, np.int32)
    arrays = TflmRunner(pack(asked)).run(given)
    whole = {index: np.asarray(array).tobytes() for index, array in zip(made, arrays, strict=True)}
    return whole | {index: array.tobytes() for index, array in zip(model.inputs, given, strict=True)}


def assert_every_cut(model: Model, given: Sequence[Array], on_board: int | None = None) -> None:
    """Heads of every cut, whole and fed line by line, and the way on from every cut, make TFLM's bytes."""
    plan = compile_stream(model, on_board)
    expected = every_tensor(model if on_board is None else load(model.truncate(on_board)), given)
    whole, fed = StreamEngine(plan.encode()), StreamEngine(plan.encode(), fed=True)
    for k in range(plan.on_board + 1):
        for engine in (whole, fed):
            if not engine.can_cut(k):
                assert engine is fed  # an input that travels needs to be whole
                continue
            engine.scribble(0xA0 + k % 64)
            engine.forget_lines()
            for place, array in enumerate(given):
                engine.give(place, array.tobytes())
            _assert_range(engine, 0, k, expected)
            # A fed engine that begins at 0 again wants the lines again.
            if plan.on_board == len(model.operators) and (k > 0 or engine is whole):
                _assert_range(engine, k, plan.on_board, expected)
    assert whole.intact()
    assert fed.intact()


def _assert_range(engine: StreamEngine, first: int, last: int, expected: Mapping[int, bytes]) -> None:
    assert engine.begin(first, last), (first, last)
    assert engine.advance() == DONE, (first, last)
    live = engine.live(last)
    assert live is not None
    for place, (index, _, data, _) in enumerate(live):
        assert data == expected[index], (first, last, index)
        assert engine.ready(place) == len(data)
