"""What a parsed model must satisfy before it is cut, beyond lying inside its file.

The interpreters trust most of this, TFLM all of it, so a model that passes here is the only kind they are given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from cutpoint.errors import ModelError
from cutpoint.graph.dtypes import NAME_OF_TYPE, TRAVELLING, WITHOUT_SIZE, size_bytes
from cutpoint.graph.kinds import REFUSED, kind_of

SCHEMA_VERSION = 3
MOST_ELEMENTS = 1 << 31
"""Indices inside the kernels are 32-bit."""
MOST_DIMENSIONS = 8
"""More than any kernel takes."""
_LONGEST_NAME = 60
_WITH_ZERO_POINT = frozenset({"int8", "uint8", "int16"})


def check_model(model: schema.ModelT) -> None:
    """Raise ModelError unless this is one subgraph of known operators whose data is all in the file."""
    if model.version != SCHEMA_VERSION:
        raise ModelError(
            f"the file has schema version {model.version}; version {SCHEMA_VERSION} is supported"
        )
    for what, rows in (
        ("subgraph", model.subgraphs),
        ("buffer", model.buffers),
        ("operator code", model.operatorCodes),
    ):
        if not rows or any(row is None for row in rows):
            raise ModelError(f"the file has no {what}, so there is nothing to run")
    _check_kinds(model)
    if len(model.subgraphs) != 1:
        raise ModelError(
            f"the file has {len(model.subgraphs)} subgraphs; models of one subgraph can be cut "
            "(control flow and several signatures make more: convert one function without them)"
        )
    for index, buffer in enumerate(model.buffers):
        if buffer.offset or buffer.size:
            raise ModelError(
                f"buffer {index} is stored outside of the flatbuffer (the form for files over 2 GB); "
                "convert the model with its weights inside"
            )
    for entry in model.metadata or ():
        if entry is None or not 0 <= entry.buffer < len(model.buffers):
            raise ModelError("the file's metadata names a buffer that does not exist: the file is damaged")


def _check_kinds(model: schema.ModelT) -> None:
    for index, code in enumerate(model.operatorCodes):
        kind = kind_of(code)
        if kind is None:
            raise ModelError(
                f"operator code {index} is {max(code.builtinCode, code.deprecatedBuiltinCode)}, which this version "
                "does not know: the file is damaged or newer than this program"
            )
        if kind == "CUSTOM":
            name = _brief((code.customCode or b"?").decode("utf-8", errors="replace"))
            raise ModelError(
                f"the model uses the custom operator {name}, which is unknown here; cut the model before it, "
                "or convert it with built-in operators only"
            )
        if kind in REFUSED:
            raise ModelError(f"the model uses {kind}, which cannot be cut: {REFUSED[kind]}")


def check_tensor(index: int, tensor: schema.TensorT, model: schema.ModelT) -> None:
    """Raise ModelError unless type, shape, quantisation and buffer of this tensor agree."""
    what = f"tensor {index} ({called(tensor)})"
    if tensor.isVariable:
        raise ModelError(f"{what} is a variable: state between two inferences cannot be cut")
    dtype = NAME_OF_TYPE.get(tensor.type)
    if dtype is None or dtype in WITHOUT_SIZE:
        raise ModelError(f"{what} has the type {dtype or tensor.type}; tensors of numbers are supported")
    shape = shape_of(tensor)
    if len(shape) > MOST_DIMENSIONS:
        raise ModelError(f"{what} has {len(shape)} dimensions; at most {MOST_DIMENSIONS} are supported")
    if any(size < 0 for size in shape) or np.prod(shape, dtype=object) > MOST_ELEMENTS:
        raise ModelError(
            f"{what} has the shape {list(shape)}; sizes must be fixed and below {MOST_ELEMENTS} elements"
        )
    if tensor.externalBuffer:
        raise ModelError(f"{what} is stored outside of the file; convert the model with its weights inside")
    if not 0 <= tensor.buffer < len(model.buffers):
        raise ModelError(
            f"{what} names buffer {tensor.buffer}, the file has {len(model.buffers)}: it is damaged"
        )
    stored = stored_bytes(tensor, model)
    expected = size_bytes(dtype, shape)
    if stored and tensor.sparsity is None and stored != expected:
        raise ModelError(
            f"{what} needs {expected} bytes for its shape {list(shape)}, its buffer has {stored}"
        )
    _check_quantisation(what, tensor, shape, dtype)


def _check_quantisation(what: str, tensor: schema.TensorT, shape: tuple[int, ...], dtype: str) -> None:
    quantisation = tensor.quantization
    if quantisation is None or quantisation.details is not None:
        return
    scales = [] if quantisation.scale is None else list(quantisation.scale)
    zero_points = [] if quantisation.zeroPoint is None else list(quantisation.zeroPoint)
    if not scales:
        return
    if not np.all(np.isfinite(scales)) or min(scales) < 0:
        raise ModelError(f"{what} has a scale that is negative or not a number: the file is damaged")
    if len(zero_points) not in (0, 1, len(scales)):
        raise ModelError(
            f"{what} has {len(scales)} scales and {len(zero_points)} zero points: the file is damaged"
        )
    # Kernels look values up in tables by their distance from the zero point.
    held = np.iinfo(dtype) if dtype in _WITH_ZERO_POINT else np.iinfo(np.int32)
    if any(not held.min <= zero_point <= held.max for zero_point in zero_points):
        raise ModelError(
            f"{what} has a zero point that {held.dtype} does not hold ({held.min} to {held.max}): the file is damaged"
        )
    axis = quantisation.quantizedDimension
    if len(scales) > 1 and (not 0 <= axis < len(shape) or shape[axis] != len(scales)):
        raise ModelError(f"{what} has {len(scales)} scales along axis {axis} of the shape {list(shape)}")


def check_travelling(index: int, tensor: schema.TensorT) -> None:
    """Raise ModelError unless the wire has a code for the type of this tensor, which is made while running."""
    dtype = NAME_OF_TYPE[tensor.type]
    if dtype not in TRAVELLING:
        raise ModelError(
            f"tensor {index} ({called(tensor)}) is {dtype}; tensors that may travel are "
            f"{', '.join(sorted(TRAVELLING))}: quantise the model to int8 or convert it to float32"
        )
    if tensor.sparsity is not None:
        raise ModelError(f"tensor {index} ({called(tensor)}) is sparse but not a weight: the file is damaged")


def stored_bytes(tensor: schema.TensorT, model: schema.ModelT) -> int:
    """Bytes of data that the file holds for this tensor; 0 for what is made while running."""
    data: Any = model.buffers[tensor.buffer].data
    return 0 if data is None else len(data)


def shape_of(tensor: schema.TensorT) -> tuple[int, ...]:
    return () if tensor.shape is None else tuple(int(size) for size in tensor.shape)


def called(tensor: schema.TensorT) -> str:
    """The name of a tensor in a message: on one line, and not a page of it."""
    return _brief(label(tensor))


def _brief(name: str) -> str:
    line = "".join(character if character.isprintable() else "?" for character in name)
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 3]}..."


def label(tensor: schema.TensorT) -> str:
    return (tensor.name or b"").decode("utf-8", errors="replace") or "unnamed"
