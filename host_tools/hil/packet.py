"""Pictures on a serial line: `CPIX`, u32 bytes, u32 CRC-32 of the data, data; little-endian."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MAGIC = b"CPIX"


def picture_packet(arrays: Sequence[npt.NDArray[np.generic]]) -> bytes:
    """The packet of one inference's input tensors, in the model's order, as raw little-endian bytes."""
    data = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return MAGIC + struct.pack("<II", len(data), zlib.crc32(data)) + data


def outputs_crc(outputs: Sequence[npt.NDArray[np.generic]]) -> int:
    """CRC-32 over the network's output tensors in the model's order, as a device's `@answer` states it."""
    crc = 0
    for array in outputs:
        crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
    return crc
