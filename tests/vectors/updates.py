"""Steps of an update: the argument of the commands new model and new firmware."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

Vector = dict[str, Any]

BEGIN, DATA, END, ABORT = range(1, 5)
MOST_BYTES = 1016


def argument(fields: dict[str, Any]) -> bytes:
    """A step as docs/protocol.md lays it out."""
    head = bytes([fields["op"], 0, 0, 0])
    if fields["op"] == BEGIN:
        return head + struct.pack("<I", fields["size"]) + bytes.fromhex(fields["sha256"])
    if fields["op"] == DATA:
        return head + struct.pack("<I", fields["offset"]) + bytes.fromhex(fields["data"])
    return head


def step(name: str, description: str, op: int, **fields: Any) -> Vector:
    step = {"op": op} | fields
    return {"name": name, "description": description, "step": step, "argument": argument(step).hex()}


def bad(name: str, description: str, reason: str, data: bytes) -> Vector:
    return {"name": name, "description": description, "reason": reason, "argument": data.hex()}


SHA = hashlib.sha256(b"an image").hexdigest()
WHOLE = argument({"op": BEGIN, "size": 4096, "sha256": SHA})
STEPS = [
    step("begin", "an image of 300,000 bytes", BEGIN, size=300_000, sha256=SHA),
    step("begin_smallest", "one byte", BEGIN, size=1, sha256="00" * 32),
    step("begin_largest", "4 GB less one byte", BEGIN, size=0xFFFF_FFFF, sha256="ff" * 32),
    step("data", "in the middle", DATA, offset=123_456, data=bytes(range(64)).hex()),
    step("data_smallest", "one byte at the start", DATA, offset=0, data="5a"),
    step(
        "data_longest", "1,016 bytes", DATA, offset=1016, data=bytes(i % 251 for i in range(MOST_BYTES)).hex()
    ),
    step("data_at_the_end", "the last byte that a u32 can count", DATA, offset=0xFFFF_FFFE, data="01"),
    step("end", "everything is there", END),
    step("abort", "forget it", ABORT),
]
BAD_STEPS = [
    bad("empty", "no bytes at all", "truncated", b""),
    bad("half_a_head", "three bytes", "truncated", b"\3\0\0"),
    bad("op_0", "no step", "number", bytes(4)),
    bad("op_5", "a later step", "number", b"\5\0\0\0"),
    bad("reserved_1", "byte 1 is not zero", "reserved", b"\3\1\0\0"),
    bad("reserved_2", "byte 2 is not zero", "reserved", b"\3\0\1\0"),
    bad("reserved_3", "byte 3 is not zero", "reserved", b"\4\0\0\1"),
    bad("begin_without_size", "the size is cut off", "truncated", WHOLE[:7]),
    bad("begin_without_hash", "the hash is cut off", "truncated", WHOLE[:39]),
    bad("begin_trailing", "a byte too many", "trailing", WHOLE + b"\0"),
    bad("begin_of_nothing", "an image of no bytes", "number", WHOLE[:4] + bytes(4) + WHOLE[8:]),
    bad("data_without_offset", "the offset is cut off", "truncated", b"\2\0\0\0\1\2\3"),
    bad("data_of_nothing", "no byte of data", "count", b"\2\0\0\0\0\0\0\0"),
    bad("data_too_long", "1,017 bytes", "count", b"\2\0\0\0" + bytes(4) + bytes(MOST_BYTES + 1)),
    bad("data_beyond_4_gb", "ends where no u32 can point", "number", b"\2\0\0\0\xff\xff\xff\xff\1"),
    bad("end_trailing", "a byte too many", "trailing", b"\3\0\0\0\0"),
    bad("abort_trailing", "a byte too many", "trailing", b"\4\0\0\0\0"),
]


def text(fields: dict[str, Any]) -> str:
    """What a reader must have understood."""
    return ";".join(f"{name}={value}" for name, value in fields.items())


def lines() -> list[str]:
    """The lines of vectors.txt."""
    out = ["\t".join(["update", one["name"], text(one["step"]), one["argument"]]) for one in STEPS]
    return out + ["\t".join(["bad_update", one["name"], one["reason"], one["argument"]]) for one in BAD_STEPS]
