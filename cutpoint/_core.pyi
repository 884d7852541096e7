# firmware/core for Python. Numbers are those of the wire; cutpoint.wire and cutpoint.codec give them names.

# --- codec (firmware/bindings/codec_bindings.cc) ---------------------------------------------------------------------

from typing import Any

def encode_tensor(codec: int, dtype: int, data: bytes | memoryview, fill: int = 0) -> tuple[int, bytes]: ...
def measure_tensor(codec: int, dtype: int, data: bytes | memoryview, fill: int = 0) -> tuple[int, int]: ...
def decode_tensor(codec: int, dtype: int, coded: bytes | memoryview, raw_bytes: int) -> bytes | int: ...
def crc32(data: bytes | memoryview, crc: int = 0) -> int: ...

# --- frame (firmware/bindings/frame_bindings.cc, message_encoding.cc, message_tuple.h) -------------------------------

class Receiver:
    def __init__(self, capacity: int) -> None: ...
    def push(self, frame: bytes | memoryview) -> tuple[Any, ...] | int | None: ...
    def reset(self) -> None: ...
    @property
    def collecting(self) -> bool: ...
    @property
    def counters(self) -> dict[str, int]: ...

def read_header(frame: bytes | memoryview) -> tuple[Any, ...] | int: ...
def encode_activation(
    model: bytes,
    boot: int,
    sequence: int,
    cut: int,
    codec: int,
    flags: int,
    plan_epoch: int,
    tensors: tuple[tuple[int, int, bytes | memoryview, int], ...],
    encode_us: int,
    operators_us: tuple[int, ...],
    last: tuple[int, int, int, int, int] | None,
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_result(
    model: bytes,
    boot: int,
    sequence: int,
    cut: int,
    status: int,
    edge_us: int,
    answer: int,
    records: tuple[Any, ...],
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_plan(
    model: bytes,
    epoch: int,
    cut: int,
    codec: int,
    flags: int,
    deadline_ms: int,
    parameters: bytes | memoryview,
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_telemetry(
    model: bytes,
    boot: int,
    gauges: tuple[tuple[int, int], ...],
    counters: tuple[tuple[int, int], ...],
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
def encode_command(
    model: bytes,
    boot: int,
    sequence: int,
    command: int,
    argument: bytes | memoryview,
    chunk_bytes: int,
    /,
) -> list[bytes]: ...
