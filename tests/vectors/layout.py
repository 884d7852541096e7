"""docs/protocol.md in plain `struct` and `zlib`: what the golden vectors are made with.

Written from the page and without the project's own code, so that the vectors check the core and not themselves.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

HEADER = struct.Struct("<2sBB4sIIHBBHHII")
HEADER_BYTES = 32
KINDS = {"activation": 1, "result": 2, "plan": 3, "telemetry": 4, "command": 5}
ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 4, 7: 1}
MODEL = "c0ffee42"
TIMINGS = 0x04

Fields = Mapping[str, Any]


def frame(payload: bytes, **fields: Any) -> bytes:
    """One frame; `fields` override what a well-formed header of one activation chunk would say, `crc` included."""
    head = {
        "magic": b"CP",
        "version": 1,
        "kind": 1,
        "model": MODEL,
        "boot": 0,
        "sequence": 0,
        "cut": 0,
        "codec": 0,
        "flags": 0,
        "index": 0,
        "count": 1,
        "payload_bytes": len(payload),
    } | fields
    crc = head.pop("crc", None)
    head["model"] = bytes.fromhex(head["model"])
    if crc is None:
        crc = zlib.crc32(payload, zlib.crc32(HEADER.pack(*head.values(), 0)))
    return HEADER.pack(*head.values(), crc) + payload


def chunks(payload: bytes, chunk_bytes: int, **fields: Any) -> list[bytes]:
    """A message cut into frames of at most `chunk_bytes`, all equal but the last."""
    size = chunk_bytes - HEADER_BYTES
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    return [frame(piece, index=i, count=len(pieces), **fields) for i, piece in enumerate(pieces)]


def bitmap(data: bytes, item: int, fill: int) -> bytes:
    """The bitmap form of a tensor, whether it is smaller or not."""
    element = (fill % (1 << 8 * item)).to_bytes(item, "little")
    items = [data[at : at + item] for at in range(0, len(data), item)]
    bits = bytearray((len(items) + 7) // 8)
    for i, one in enumerate(items):
        if one != element:
            bits[i // 8] |= 1 << (i % 8)
    return element + bytes(bits) + b"".join(one for one in items if one != element)


def coded(tensor: Fields, codec: int) -> tuple[int, bytes]:
    """The codec that a tensor really uses under the header's `codec`, and its bytes."""
    data, jpeg = bytes.fromhex(tensor["data"]), bytes.fromhex(tensor.get("jpeg", ""))
    if codec == 2 and 0 < len(jpeg) < len(data):
        return 2, jpeg
    made = bytes.fromhex(tensor.get("made", ""))
    if codec > 2 and 2 <= len(made) < len(data) and tensor["dtype"] in (1, 2):
        return codec, made
    packed = bitmap(data, ITEM_BYTES[tensor["dtype"]], tensor.get("fill", 0))
    return (1, packed) if codec == 1 and len(packed) < len(data) else (0, data)


def record(
    index: int, dtype: int, codec: int, data: bytes, raw_bytes: int, coded_bytes: int | None = None
) -> bytes:
    """A tensor record; `coded_bytes` may lie."""
    stated = len(data) if coded_bytes is None else coded_bytes
    return struct.pack("<HBBII", index, dtype, codec, raw_bytes, stated) + data


def records(tensors: Iterable[Fields], codec: int) -> bytes:
    """Tensor records of whole tensors."""
    out = b""
    for tensor in tensors:
        used, data = coded(tensor, codec)
        out += record(tensor["index"], tensor["dtype"], used, data, len(tensor["data"]) // 2)
    return out


def activation(message: Fields) -> bytes:
    timings = message["timings"]
    operators = timings["operators_us"] if timings else ()
    setting = message.get("setting", 0)
    out = struct.pack("<BBHI", len(message["tensors"]), setting, len(operators), message["plan_epoch"])
    out += records(message["tensors"], message["codec"])
    if timings:
        out += struct.pack(f"<{1 + len(operators)}I", timings["encode_us"], *operators)
        out += struct.pack("<5I", *(timings["last"] or (0, 0, 0, 0, 0)))
    return out


def result(message: Fields) -> bytes:
    answer, items = message["answer"], message["records"]
    out = struct.pack("<BBHI", message["status"], answer, len(items), message["edge_us"])
    if answer == 1:
        out += records(items, 0)
    for item in items if answer == 2 else ():
        out += struct.pack("<HHf", item["label"], 0, item["score"])
    for item in items if answer == 3 else ():
        out += struct.pack("<HHHHHH", *(item[key] for key in ("label", "x", "y", "width", "height")), 0)
        out += struct.pack("<f", item["score"])
    if answer == 4:
        out += b"".join(bytes.fromhex(item) for item in items)
    return out


def plan(message: Fields) -> bytes:
    parameters = bytes.fromhex(message["parameters"])
    return struct.pack("<IIH", message["epoch"], message["deadline_ms"], len(parameters)) + parameters


def telemetry(message: Fields) -> bytes:
    gauges: Sequence[Sequence[int]] = message["gauges"]
    counters: Sequence[Sequence[int]] = message["counters"]
    out = struct.pack("<I", sum(1 << gauge for gauge, _ in gauges))
    for gauge, value in gauges:
        out += struct.pack("<i" if gauge in (4, 5) else "<I", value)
    out += struct.pack("<H", len(counters))
    return out + b"".join(struct.pack("<HI", *counter) for counter in counters)


def command(message: Fields) -> bytes:
    argument = bytes.fromhex(message["argument"])
    return struct.pack("<HH", message["command"], len(argument)) + argument


PAYLOADS = {
    "activation": activation,
    "result": result,
    "plan": plan,
    "telemetry": telemetry,
    "command": command,
}


def frames(message: Fields, chunk_bytes: int) -> list[bytes]:
    """The frames of a message given by its fields."""
    head = {
        key: message[key] for key in ("model", "boot", "sequence", "cut", "codec", "flags") if key in message
    }
    return chunks(PAYLOADS[message["kind"]](message), chunk_bytes, kind=KINDS[message["kind"]], **head)
