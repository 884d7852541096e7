"""Take a range of operators out of a parsed model and write it as a .tflite of its own.

Nothing is converted: operators, quantisation, weights and operator versions are carried over as they are. Signatures,
and metadata other than the smallest runtime version, name things of the whole model and are left out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from cutpoint.graph.liveness import Liveness

FILE_IDENTIFIER = b"TFL3"
_KEPT_METADATA = (b"min_runtime_version",)
_FLATBUFFER_SLACK_BYTES = 1 << 14


class AlignedBufferT(schema.BufferT):  # type: ignore[misc]
    """A buffer whose data starts at a multiple of 16 bytes, as `force_align: 16` in schema.fbs asks.

    The generated code ignores that attribute; vector kernels read weights in place and rely on it.
    """

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802 (name given by the generated class)
        data = None
        if self.data is not None and len(self.data):
            raw = np.asarray(self.data, np.uint8).tobytes()
            builder.StartVector(1, len(raw), 16)
            builder.head -= len(raw)
            builder.Bytes[builder.head : builder.head + len(raw)] = raw
            data = builder.EndVector()
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, data)
        packed: int = schema.BufferEnd(builder)
        return packed


def pack(model: schema.ModelT) -> bytes:
    """Write a model object as the bytes of a .tflite."""
    weights = sum(len(buffer.data) for buffer in model.buffers if buffer.data is not None)
    builder = flatbuffers.Builder(weights + _FLATBUFFER_SLACK_BYTES)
    model.buffers = [_aligned(buffer) for buffer in model.buffers]
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def extract(model: schema.ModelT, liveness: Liveness, first: int, last: int) -> bytes:
    """Operators [first, last); only the tensors that they touch, renumbered in ascending order."""
    graph = model.subgraphs[0]
    operators = graph.operators[first:last]
    inputs, outputs = _ends(liveness, first, last)
    used = sorted({*inputs, *outputs, *_touched(operators)})
    return _write(model, operators, used, {old: new for new, old in enumerate(used)}, inputs, outputs)


def truncate(model: schema.ModelT, liveness: Liveness, last: int) -> bytes:
    """Operators [0, last) with the tensor numbers of the whole model.

    Tensors that only later operators touch, and that stand before the last one in use, become empty placeholders.
    """
    graph = model.subgraphs[0]
    operators = graph.operators[:last]
    inputs, outputs = _ends(liveness, 0, last)
    used = {*inputs, *outputs, *_touched(operators)}
    kept = [index if index in used else None for index in range(max(used) + 1)]
    return _write(model, operators, kept, {index: index for index in used}, inputs, outputs)


def _ends(liveness: Liveness, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    to_the_end = last == len(liveness.live) - 1
    return liveness.live[first], liveness.graph_outputs if to_the_end else liveness.live[last]


def _touched(operators: Iterable[schema.OperatorT]) -> set[int]:
    return {
        int(tensor)
        for operator in operators
        for tensors in (operator.inputs, operator.outputs, operator.intermediates)
        if tensors is not None
        for tensor in tensors
        if tensor >= 0
    }


def _write(
    model: schema.ModelT,
    operators: Sequence[schema.OperatorT],
    kept: Sequence[int | None],
    renumbered: dict[int, int],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> bytes:
    graph = model.subgraphs[0]
    buffers = _Renumbering(first_is_reserved=True)
    codes = _Renumbering()

    part = schema.SubGraphT()
    part.name = graph.name
    part.tensors = [
        _tensor(graph.tensors[old], buffers) if old is not None else _placeholder() for old in kept
    ]
    part.inputs = _numbers(renumbered[tensor] for tensor in inputs)
    part.outputs = _numbers(renumbered[tensor] for tensor in outputs)
    part.operators = [_operator(operator, renumbered, codes) for operator in operators]

    whole = schema.ModelT()
    whole.version = model.version
    whole.description = model.description
    whole.subgraphs = [part]
    whole.operatorCodes = [model.operatorCodes[old] for old in codes.kept]
    whole.metadata = [
        _metadata(entry, buffers) for entry in model.metadata or () if entry.name in _KEPT_METADATA
    ]
    whole.buffers = [model.buffers[old] for old in buffers.kept]
    return pack(whole)


class _Renumbering:
    """Old numbers in order of first use; buffer 0 is the empty one by convention and stays."""

    def __init__(self, first_is_reserved: bool = False) -> None:
        self.kept: list[int] = [0] if first_is_reserved else []
        self._new: dict[int, int] = {old: new for new, old in enumerate(self.kept)}

    def __call__(self, old: int) -> int:
        if old not in self._new:
            self._new[old] = len(self.kept)
            self.kept.append(old)
        return self._new[old]


def _tensor(tensor: schema.TensorT, buffers: _Renumbering) -> schema.TensorT:
    moved = copy.copy(tensor)
    moved.buffer = buffers(tensor.buffer)
    return moved


def _placeholder() -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name = b""
    tensor.shape = _numbers([0])
    tensor.type = schema.TensorType.INT8
    return tensor


def _operator(
    operator: schema.OperatorT, renumbered: dict[int, int], codes: _Renumbering
) -> schema.OperatorT:
    moved = copy.copy(operator)
    moved.opcodeIndex = codes(operator.opcodeIndex)
    moved.debugMetadataIndex = -1
    for name in ("inputs", "outputs", "intermediates"):
        tensors = getattr(operator, name)
        if tensors is not None:
            setattr(moved, name, _numbers(renumbered[int(t)] if t >= 0 else -1 for t in tensors))
    return moved


def _metadata(entry: schema.MetadataT, buffers: _Renumbering) -> schema.MetadataT:
    moved = copy.copy(entry)
    moved.buffer = buffers(entry.buffer)
    return moved


def _aligned(buffer: schema.BufferT) -> AlignedBufferT:
    aligned = AlignedBufferT()
    aligned.data = buffer.data
    return aligned


def _numbers(values: Iterable[int]) -> npt.NDArray[np.int32]:
    return np.fromiter(values, np.int32)
