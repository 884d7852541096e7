"""Frames that both ends must refuse, and for which reason."""

from __future__ import annotations

import struct
from typing import Any

from layout import HEADER_BYTES, TIMINGS, frame, record

Vector = dict[str, Any]

ACT, RES, PLAN, TELE, CMD = range(1, 6)
HEAD = struct.pack("<BBHI", 1, 0, 0, 7)
GOOD_RECORD = record(9, 1, 0, bytes(8), 8)
GOOD = frame(HEAD + GOOD_RECORD, sequence=1, cut=4)


def bad(name: str, description: str, reason: str, *frames: bytes, capacity: int = 1 << 20) -> Vector:
    """Every frame but the last is taken; the last is refused."""
    return {
        "name": name,
        "description": description,
        "reason": reason,
        "capacity": capacity,
        "frames": [one.hex() for one in frames],
    }


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << (bit % 8)
    return bytes(out)


def act(payload: bytes, **fields: Any) -> bytes:
    return frame(payload, **({"sequence": 1} | fields))


def one(item: bytes, **fields: Any) -> bytes:
    """An activation of one tensor record."""
    return act(HEAD + item, **fields)


def res(payload: bytes, **fields: Any) -> bytes:
    return frame(payload, kind=RES, sequence=1, **fields)


def res_head(status: int, answer: int, count: int) -> bytes:
    return struct.pack("<BBHI", status, answer, count, 0)


HEADERS = [
    bad("empty", "no bytes at all", "truncated", b""),
    bad("half_a_header", "31 bytes", "truncated", GOOD[: HEADER_BYTES - 1]),
    bad("short_payload", "the last byte is missing", "truncated", GOOD[:-1]),
    bad("huge_payload", "4 GB stated, none there", "truncated", act(b"", payload_bytes=0xFFFF_FFFF)),
    bad("long_payload", "one byte too many", "length", GOOD + b"\0"),
    bad("magic", "CQ", "magic", act(HEAD + GOOD_RECORD, magic=b"CQ")),
    bad("version_0", "before the first", "version", act(HEAD + GOOD_RECORD, version=0)),
    bad("version_2", "a later version", "version", act(HEAD + GOOD_RECORD, version=2)),
    bad("payload_bit", "one bit of the payload flipped", "crc", flipped(GOOD, 8 * HEADER_BYTES)),
    bad("boot_bit", "one bit of the boot number flipped", "crc", flipped(GOOD, 8 * 8 + 3)),
    bad("crc_bit", "one bit of the checksum flipped", "crc", flipped(GOOD, 8 * 28)),
    bad("crc_zero", "a sender that leaves the checksum out", "crc", act(HEAD + GOOD_RECORD, crc=0)),
    bad("kind_0", "no kind", "kind", act(b"", kind=0)),
    bad("kind_6", "a later kind", "kind", act(b"", kind=6)),
    bad("flag_0x40", "partial is of results alone", "flags", one(GOOD_RECORD, flags=0x40)),
    bad("flag_0x80", "the reserved flag", "flags", one(GOOD_RECORD, flags=0x80)),
    bad("probe_unanswered", "a probe always comes with answered", "flags", one(GOOD_RECORD, flags=0x10)),
    bad("encrypted", "there is no key", "encrypted", one(GOOD_RECORD, flags=0x01)),
    bad("no_chunks", "count 0", "chunk", one(GOOD_RECORD, count=0)),
    bad("too_many_chunks", "count 1,025", "chunk", one(GOOD_RECORD, count=1025)),
    bad("index_is_count", "chunk 2 of 2", "chunk", one(GOOD_RECORD, index=2, count=2)),
    bad("empty_chunk", "nothing in the first of two chunks", "chunk", act(b"", count=2)),
    bad("codec_7", "a later codec", "codec", one(GOOD_RECORD, codec=7)),
]
PART = {"count": 3, "sequence": 1}
CHUNKS = [
    bad(
        "unequal_chunks",
        "the second is smaller",
        "length",
        frame(bytes(40), **PART),
        frame(bytes(39), index=1, **PART),
    ),
    bad(
        "long_last_chunk",
        "larger than the first",
        "length",
        frame(bytes(40), **PART),
        frame(bytes(41), index=2, **PART),
    ),
    bad(
        "short_first_chunk",
        "the last came before",
        "length",
        frame(bytes(41), index=2, **PART),
        frame(bytes(40), **PART),
    ),
    bad("overrun", "81 bytes at least into 80", "oversized", frame(bytes(40), **PART), capacity=80),
    bad(
        "overrun_by_last",
        "the last chunk alone says too much",
        "oversized",
        frame(bytes(40), index=2, **PART),
        capacity=119,
    ),
    bad(
        "overrun_by_one",
        "80 bytes fit with a last chunk of 20, not of 21",
        "oversized",
        frame(bytes(40), **PART),
        frame(bytes(21), index=2, **PART),
        capacity=100,
    ),
    bad(
        "thousand_chunks",
        "1,024 x 4,064 bytes into 1 MB",
        "oversized",
        frame(bytes(4064), count=1024, sequence=1),
    ),
    bad("duplicate", "the same chunk again", "duplicate", frame(bytes(40), **PART), frame(bytes(40), **PART)),
    bad(
        "stale",
        "a chunk of the inference before",
        "stale",
        frame(bytes(40), count=2, sequence=5),
        frame(bytes(40), count=2, sequence=4),
    ),
    bad(
        "stale_boot",
        "a chunk of the life before, though of a higher sequence",
        "stale",
        frame(bytes(40), count=2, boot=3, sequence=5),
        frame(bytes(40), count=2, boot=2, sequence=6),
    ),
]
# Eight int8 elements: fill 5, the first two differ and are 1 and 2.
PACKED = bytes([5, 0b11, 1, 2])
BOMB = bytes([0]) + bytes(1000)
SETTING_1 = b"\1\1" + HEAD[2:]


def made(data: bytes, dtype: int = 1, stated: int | None = None) -> bytes:
    """An activation of one tensor of 8 bytes under lowbit."""
    return act(SETTING_1 + record(9, dtype, 3, data, 8, stated), codec=3)


TENSORS = [
    bad("no_sequence", "an inference counts from 1", "number", one(GOOD_RECORD, sequence=0)),
    bad("no_payload", "not even the head", "truncated", act(b"")),
    bad("setting_of_raw", "a setting without tables", "reserved", act(SETTING_1 + GOOD_RECORD)),
    bad("setting_0", "a calibrated codec without a setting", "number", one(GOOD_RECORD, codec=3)),
    bad("made_empty", "not even the mark of its tables", "tensor", made(b"\1")),
    bad("made_not_smaller", "as large as the tensor", "tensor", made(bytes(8))),
    bad("made_of_int16", "levels are of single bytes", "tensor", made(bytes(4), dtype=3)),
    bad("made_cut_off", "fewer bytes than stated", "truncated", made(bytes(3), stated=4)),
    bad(
        "made_above_capacity",
        "what it will unfold to is bounded as well",
        "oversized",
        made(bytes(3)),
        capacity=7,
    ),
    bad(
        "made_under_another_codec",
        "rans under lowbit",
        "codec",
        act(SETTING_1 + record(9, 1, 4, bytes(3), 8), codec=3),
    ),
    bad(
        "seventeen_tensors", "at most 16", "count", act(struct.pack("<BBHI", 17, 0, 0, 0) + GOOD_RECORD * 17)
    ),
    bad(
        "timings_unflagged",
        "operators timed without the flag",
        "count",
        act(struct.pack("<BBHI", 0, 0, 4, 0), cut=4),
    ),
    bad(
        "timings_too_few",
        "three operators timed at cut 4",
        "count",
        act(struct.pack("<BBHI9I", 0, 0, 3, 0, *range(9)), cut=4, flags=TIMINGS),
    ),
    bad(
        "timings_missing", "flagged, but the block is not there", "truncated", one(GOOD_RECORD, flags=TIMINGS)
    ),
    bad("record_missing", "one tensor stated, none there", "truncated", act(HEAD)),
    bad("record_cut_off", "the data ends early", "truncated", one(GOOD_RECORD[:-1])),
    bad("record_huge", "4 GB stated", "truncated", one(record(9, 1, 0, b"", 0xFFFF_FFFF, 0xFFFF_FFFF))),
    bad("trailing_byte", "one byte after the last record", "trailing", one(GOOD_RECORD + b"\0")),
    bad("dtype_0", "no dtype", "dtype", one(record(9, 0, 0, bytes(8), 8))),
    bad("dtype_8", "a later dtype", "dtype", one(record(9, 8, 0, bytes(8), 8))),
    bad("record_codec", "bitmap under a header that says raw", "codec", one(record(9, 1, 1, PACKED, 8))),
    bad("jpeg_empty", "a JPEG of no bytes", "tensor", one(record(9, 1, 2, b"", 8), codec=2)),
    bad(
        "jpeg_not_smaller",
        "a JPEG as large as the tensor",
        "tensor",
        one(record(9, 1, 2, bytes(8), 8), codec=2),
    ),
    bad(
        "jpeg_cut_off", "fewer bytes than stated", "truncated", one(record(9, 1, 2, bytes(3), 8, 4), codec=2)
    ),
    bad("record_codec_7", "an unknown codec in a record", "codec", one(record(9, 1, 7, PACKED, 8), codec=1)),
    bad("raw_sizes_differ", "8 raw bytes, 7 coded", "tensor", one(record(9, 1, 0, bytes(7), 8))),
    bad("half_an_element", "7 bytes of int16", "tensor", one(record(9, 3, 0, bytes(7), 7))),
    bad(
        "bomb",
        "4 bytes that claim to unfold to 4 GB",
        "tensor",
        one(record(9, 1, 1, PACKED, 0xFFFF_FFF8), codec=1),
    ),
    bad(
        "bomb_above_capacity",
        "1,001 bytes unfold to 8,000",
        "oversized",
        one(record(9, 1, 1, BOMB, 8000), codec=1),
        capacity=7999,
    ),
    bad(
        "bitmap_missing",
        "shorter than fill and bitmap",
        "tensor",
        one(record(9, 1, 1, bytes(2), 16), codec=1),
    ),
    bad("bitmap_too_long", "more than all elements", "tensor", one(record(9, 1, 1, bytes(11), 8), codec=1)),
    bad(
        "packed_missing",
        "three bits, two elements",
        "coded",
        one(record(9, 1, 1, bytes([5, 0b111, 1, 2]), 8), codec=1),
    ),
    bad(
        "packed_surplus",
        "one bit, two elements",
        "coded",
        one(record(9, 1, 1, bytes([5, 0b1, 1, 2]), 8), codec=1),
    ),
    bad("packed_half", "half an int16", "coded", one(record(9, 3, 1, bytes([5, 0, 0b1, 1]), 16), codec=1)),
    bad(
        "packed_is_fill",
        "a packed element equals the fill",
        "coded",
        one(record(9, 1, 1, bytes([5, 0b11, 1, 5]), 8), codec=1),
    ),
    bad(
        "padding_bit",
        "a bit beyond the last of 7 elements",
        "coded",
        one(record(9, 1, 1, bytes([5, 0b10000001, 1]), 7), codec=1),
    ),
    bad("bool_2", "neither true nor false", "coded", one(record(9, 7, 0, bytes([0, 2]), 2))),
]
NAN, INFINITY = struct.pack("<I", 0x7FC0_0001), struct.pack("<f", float("inf"))
RESULTS = [
    bad("result_head", "seven bytes", "truncated", res(bytes(7))),
    bad("status_7", "a later status", "number", res(res_head(7, 0, 0))),
    bad("answer_5", "a later answer", "number", res(res_head(0, 5, 0))),
    bad("refusal_with_answer", "only ok carries an answer", "count", res(res_head(6, 3, 0))),
    bad("unknown_model_with_answer", "of no model there is no answer", "count", res(res_head(2, 3, 0))),
    bad("models_with_ok", "only unknown model carries ids", "count", res(res_head(0, 4, 1) + bytes(4))),
    bad("models_with_failed", "and no other refusal", "count", res(res_head(6, 4, 0))),
    bad("sixty_five_models", "at most 64", "count", res(res_head(2, 4, 65) + bytes(260))),
    bad("model_missing", "two stated, one and a half there", "truncated", res(res_head(2, 4, 2) + bytes(6))),
    bad("models_trailing", "a byte after the last id", "trailing", res(res_head(2, 4, 1) + bytes(5))),
    bad("none_with_records", "no answer, one record", "count", res(res_head(0, 0, 1) + bytes(8))),
    bad("seventeen_outputs", "at most 16", "count", res(res_head(0, 1, 17) + GOOD_RECORD * 17)),
    bad("class_missing", "two stated, one there", "truncated", res(res_head(0, 2, 2) + bytes(8))),
    bad(
        "class_reserved",
        "bytes 2 and 3 are zero",
        "reserved",
        res(res_head(0, 2, 1) + struct.pack("<HHf", 1, 1, 0.5)),
    ),
    bad("class_nan", "a score that is no number", "number", res(res_head(0, 2, 1) + bytes(4) + NAN)),
    bad("centroid_missing", "65,535 stated, one there", "truncated", res(res_head(0, 3, 65535) + bytes(16))),
    bad(
        "centroid_reserved",
        "bytes 10 and 11 are zero",
        "reserved",
        res(res_head(0, 3, 1) + bytes(10) + b"\1\0" + bytes(4)),
    ),
    bad("centroid_nan", "a score that is no number", "number", res(res_head(0, 3, 1) + bytes(12) + NAN)),
    bad("centroid_infinite", "a score without end", "number", res(res_head(0, 3, 1) + bytes(12) + INFINITY)),
    bad("result_trailing", "a byte after the record", "trailing", res(res_head(0, 3, 1) + bytes(17))),
    bad(
        "output_jpeg",
        "an output as a JPEG",
        "codec",
        frame(res_head(0, 1, 1) + record(9, 1, 2, b"x", 8), kind=2, sequence=11, codec=2),
    ),
    bad(
        "output_calibrated",
        "an output under rans",
        "codec",
        frame(res_head(0, 1, 1) + record(9, 1, 4, b"xyz", 8), kind=2, sequence=11, codec=4),
    ),
    bad("partial_without_answer", "an acknowledgement is whole", "flags", res(res_head(0, 0, 0), flags=0x40)),
    bad("partial_refusal", "and so is a refusal", "flags", res(res_head(6, 0, 0), flags=0x40)),
    bad(
        "output_codec", "an output under bitmap", "codec", res(res_head(0, 1, 1) + record(9, 1, 1, PACKED, 8))
    ),
]


def plan(epoch: int, deadline_ms: int, stated: int, parameters: bytes = b"", **fields: Any) -> bytes:
    return frame(struct.pack("<IIH", epoch, deadline_ms, stated) + parameters, kind=PLAN, **fields)


OTHERS = [
    bad("plan_epoch_0", "epochs count from 1", "number", plan(0, 1000, 0)),
    bad("plan_deadline_0", "no time at all", "number", plan(1, 0, 0)),
    bad("plan_deadline_long", "above ten minutes", "number", plan(1, 600_001, 0)),
    bad("plan_parameters", "513 bytes", "count", plan(1, 1000, 513, bytes(513))),
    bad("plan_cut_off", "parameters stated, not there", "truncated", plan(1, 1000, 4)),
    bad("plan_trailing", "a byte too many", "trailing", plan(1, 1000, 0, b"\0")),
    bad("plan_boot", "a plan has no boot number", "reserved", plan(1, 1000, 0, boot=1)),
    bad("plan_sequence", "nor a sequence number", "reserved", plan(1, 1000, 0, sequence=1)),
    bad("gauge_11", "an unknown gauge", "reserved", frame(struct.pack("<IIH", 1 << 11, 0, 0), kind=TELE)),
    bad("gauge_31", "the last bit", "reserved", frame(struct.pack("<IIH", 1 << 31, 0, 0), kind=TELE)),
    bad("gauges_missing", "stated, not there", "truncated", frame(struct.pack("<IH", 1, 0), kind=TELE)),
    bad("counters_65", "at most 64", "count", frame(struct.pack("<IH", 0, 65) + bytes(65 * 6), kind=TELE)),
    bad(
        "counters_missing",
        "stated, not there",
        "truncated",
        frame(struct.pack("<IH", 0, 2) + bytes(6), kind=TELE),
    ),
    bad("telemetry_trailing", "a byte too many", "trailing", frame(struct.pack("<IHB", 0, 0, 0), kind=TELE)),
    bad(
        "telemetry_sequence",
        "telemetry has none",
        "reserved",
        frame(struct.pack("<IH", 0, 0), kind=TELE, sequence=1),
    ),
    bad(
        "argument_1025",
        "at most 1,024 bytes",
        "count",
        frame(struct.pack("<HH", 4, 1025) + bytes(1025), kind=CMD),
    ),
    bad(
        "argument_missing", "stated, not there", "truncated", frame(struct.pack("<HH", 4, 2) + b"x", kind=CMD)
    ),
    bad("command_trailing", "a byte too many", "trailing", frame(struct.pack("<HHB", 1, 0, 0), kind=CMD)),
    bad("command_empty", "not even a number", "truncated", frame(b"\1", kind=CMD)),
]
BAD = HEADERS + CHUNKS + TENSORS + RESULTS + OTHERS
