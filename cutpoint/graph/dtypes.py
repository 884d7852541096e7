"""Element types of the schema, as NumPy and the wire see them."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np
from ai_edge_litert import schema_py_generated as schema

NAME_OF_TYPE: Final[dict[int, str]] = {
    value: name.lower() for name, value in vars(schema.TensorType).items() if isinstance(value, int)
}

TRAVELLING: Final = frozenset({"int8", "uint8", "int16", "int32", "int64", "float32", "bool"})
"""What the wire has a code for (docs/protocol.md, tensor record)."""

# Bits of one element. Types without a NumPy equivalent occur in weights only and are held as the raw type given here.
_RAW: Final[dict[str, tuple[int, str]]] = {
    "int2": (2, "int8"),
    "int4": (4, "int8"),
    "uint4": (4, "uint8"),
    "bfloat16": (16, "uint16"),
    "float8_e4m3fn": (8, "uint8"),
    "float8_e5m2": (8, "uint8"),
}
WITHOUT_SIZE: Final = frozenset({"string", "resource", "variant"})


def numpy_dtype(name: str) -> np.dtype[np.generic]:
    """NumPy type of a schema type that has a size."""
    return np.dtype(_RAW[name][1] if name in _RAW else name)


def size_bytes(name: str, shape: tuple[int, ...]) -> int:
    """Bytes of a dense tensor; elements of less than a byte are packed, the last byte padded."""
    bits = _RAW[name][0] if name in _RAW else 8 * np.dtype(name).itemsize
    return (prod(shape) * bits + 7) // 8
