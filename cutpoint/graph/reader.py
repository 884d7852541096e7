"""Read a .tflite from a path or from bytes; the only gate through which a model enters."""

from __future__ import annotations

import hashlib
import struct
from math import prod
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema

from cutpoint.errors import ModelError
from cutpoint.graph.checks import (
    called,
    check_model,
    check_tensor,
    check_travelling,
    label,
    shape_of,
    stored_bytes,
)
from cutpoint.graph.dtypes import NAME_OF_TYPE, numpy_dtype, size_bytes
from cutpoint.graph.extract import FILE_IDENTIFIER, pack
from cutpoint.graph.flatbuffer import check_bounds
from cutpoint.graph.kinds import kind_of
from cutpoint.graph.liveness import find_liveness
from cutpoint.graph.macs import count_macs
from cutpoint.graph.model import Cut, Model, Operator, Tensor
from cutpoint.graph.options import check_options, check_scales
from cutpoint.graph.order import check_ends, check_order, indices

SMALLEST_FILE_BYTES = 16
LARGEST_FILE_BYTES = (1 << 31) - 1
"""Offsets of a flatbuffer are 32-bit."""

# What the generated reader raises on fields whose content makes no sense.
_UNREADABLE = (
    struct.error, ValueError, IndexError, TypeError, KeyError, AttributeError, OverflowError, MemoryError,
)  # fmt: skip


def load(source: str | Path | bytes) -> Model:
    """Read and check a .tflite; every way it can be unfit raises ModelError with one sentence.

    source: a path, or the bytes of the file. Models of one subgraph with built-in operators are supported, whatever the
    quantisation; what could be repaired is repaired and listed in `Model.repairs`.
    """
    data = bytes(source) if isinstance(source, bytes | bytearray | memoryview) else _read(Path(source))
    parsed = _parse(data)
    check_model(parsed)
    repairs = _repair(parsed)
    if repairs:
        data = pack(parsed)
        parsed = _parse(data)
    return _build(data, parsed, repairs)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ModelError(f"{path} is a folder; a .tflite file is needed")
        if path.exists() and not path.is_file():
            raise ModelError(f"{path} is no ordinary file; a .tflite file is needed")
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path} does not exist; give the path of a .tflite file") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parse(data: bytes) -> schema.ModelT:
    if not data:
        raise ModelError("the file is empty; a .tflite file is needed")
    if len(data) < SMALLEST_FILE_BYTES or data[4:8] != FILE_IDENTIFIER:
        raise ModelError(
            f"this is no .tflite file: bytes 4 to 7 are {data[4:8]!r}, {FILE_IDENTIFIER!r} is expected"
        )
    if len(data) > LARGEST_FILE_BYTES:
        raise ModelError(f"the file has {len(data)} bytes; at most {LARGEST_FILE_BYTES} are supported")
    check_bounds(data)
    try:
        return schema.ModelT.InitFromPackedBuf(data, 0)
    except _UNREADABLE as error:
        raise ModelError(f"the file is damaged or truncated ({error}); get a fresh copy") from None


def _repair(model: schema.ModelT) -> tuple[str, ...]:
    """Mend what is harmless and yet refused by LiteRT; returns one sentence for each change.

    Converters of 2019 left the axis of the weights on the scales of biases (the person detector of TFLM's examples is
    such a file). LiteRT hands no tensor to Python whose name is not UTF-8, so a cut there could not be run.
    """
    said = []
    for index, tensor in enumerate(model.subgraphs[0].tensors or ()):
        if tensor is not None and label(tensor).encode() != (tensor.name or b"unnamed"):
            tensor.name = label(tensor).encode()
            said.append(
                f"tensor {index} ({called(tensor)}) has a name that is no text: set to what can be read of it"
            )
        quantisation = None if tensor is None else tensor.quantization
        if quantisation is None or quantisation.scale is None or not len(quantisation.scale):
            continue
        scales, axis, shape = len(quantisation.scale), quantisation.quantizedDimension, shape_of(tensor)
        if scales == 1:
            meant = axis if axis == 0 or 0 <= axis < len(shape) else 0
        else:
            fitting = [place for place, size in enumerate(shape) if size == scales]
            meant = fitting[0] if len(fitting) == 1 and not 0 <= axis < len(shape) else axis
        if meant != axis:
            quantisation.quantizedDimension = meant
            said.append(
                f"tensor {index} ({called(tensor)}) has {scales} scale(s) but names axis {axis} of the shape "
                f"{list(shape)}: set to axis {meant}, the only one it can mean"
            )
    return tuple(said)


def _build(data: bytes, parsed: schema.ModelT, repairs: tuple[str, ...]) -> Model:
    graph = parsed.subgraphs[0]
    if not graph.tensors or any(tensor is None for tensor in graph.tensors):
        raise ModelError("the file has no tensors, so there is nothing to run")
    for index, tensor in enumerate(graph.tensors):
        check_tensor(index, tensor, parsed)
    constants = _constants(parsed)
    check_ends(graph, constants)
    check_order(parsed, constants)

    tensors = tuple(_tensor(index, tensor, index in constants) for index, tensor in enumerate(graph.tensors))
    operators = tuple(_operator(index, parsed, tensors) for index in range(len(graph.operators)))
    inputs, outputs = indices(graph.inputs), indices(graph.outputs)
    for index in {*inputs, *(made for operator in operators for made in operator.outputs)}:
        check_travelling(index, graph.tensors[index])
    liveness = find_liveness([(o.inputs, o.outputs) for o in operators], inputs, outputs, constants)
    return Model(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        operators=operators,
        tensors=tensors,
        inputs=inputs,
        outputs=outputs,
        cuts=_cuts(liveness.live, tensors, operators),
        repairs=repairs,
        parsed=parsed,
        liveness=liveness,
    )


def _constants(model: schema.ModelT) -> frozenset[int]:
    """Tensors with data in the file, and tensors of no elements that nothing makes (the shape of a scalar, for one)."""
    graph = model.subgraphs[0]
    made = {made for operator in graph.operators or () if operator for made in indices(operator.outputs)}
    made.update(indices(graph.inputs))
    return frozenset(
        index
        for index, tensor in enumerate(graph.tensors)
        if stored_bytes(tensor, model) or (index not in made and prod(shape_of(tensor)) == 0)
    )


def _tensor(index: int, tensor: schema.TensorT, constant: bool) -> Tensor:
    name, shape = NAME_OF_TYPE[tensor.type], shape_of(tensor)
    quantisation = tensor.quantization
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    if quantisation is not None and quantisation.scale is not None and len(quantisation.scale):
        scales = tuple(float(scale) for scale in quantisation.scale)
        given = indices(quantisation.zeroPoint) or (0,)
        zero_points = given * len(scales) if len(given) == 1 else given
    return Tensor(
        index=index,
        name=label(tensor),
        shape=shape,
        dtype=numpy_dtype(name),
        bytes=size_bytes(name, shape),
        scale=scales[0] if len(scales) == 1 else None,
        zero_point=zero_points[0] if len(scales) == 1 else None,
        scales=scales,
        zero_points=zero_points,
        quantised_dimension=0 if quantisation is None else quantisation.quantizedDimension,
        constant=constant,
    )


def _operator(index: int, model: schema.ModelT, tensors: tuple[Tensor, ...]) -> Operator:
    operator = model.subgraphs[0].operators[index]
    kind = kind_of(model.operatorCodes[operator.opcodeIndex])
    assert kind is not None
    read, made = indices(operator.inputs), indices(operator.outputs)
    shapes = [tensors[tensor].shape if tensor >= 0 else None for tensor in read]
    made_shapes = [tensors[tensor].shape for tensor in made]
    what = f"operator {index} ({kind})"
    check_options(what, kind, operator.builtinOptions, shapes, made_shapes)
    ends = [tensors[tensor] for tensor in (*read[:1], *made) if tensor >= 0]
    check_scales(what, kind, operator.builtinOptions, [(tensor.dtype.name, tensor.scales) for tensor in ends])
    return Operator(
        index=index,
        kind=kind,
        inputs=read,
        outputs=made,
        macs=count_macs(kind, operator.builtinOptions, shapes, made_shapes),
        output_bytes=sum(tensors[tensor].bytes for tensor in made),
    )


def _cuts(
    live: tuple[tuple[int, ...], ...], tensors: tuple[Tensor, ...], operators: tuple[Operator, ...]
) -> tuple[Cut, ...]:
    total = sum(operator.macs for operator in operators)
    cuts, before = [], 0
    for k, travelling in enumerate(live):
        if k:
            before += operators[k - 1].macs
        carried = tuple(tensors[index] for index in travelling)
        cuts.append(Cut(k, carried, sum(tensor.bytes for tensor in carried), before, total - before))
    return tuple(cuts)
