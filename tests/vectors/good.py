"""Messages that both ends must write and read exactly so."""

from __future__ import annotations

from typing import Any

from layout import MODEL, TIMINGS
from updates import STEPS

Vector = dict[str, Any]

INT8, UINT8, INT16, INT32, INT64, FLOAT32, BOOL = range(1, 8)
ANSWERED, PROBE, HEDGED, EXPLORATION, PARTIAL = 0x08, 0x10, 0x02, 0x20, 0x40


def tensor(index: int, dtype: int, data: bytes, fill: int | None = None) -> dict[str, Any]:
    return {"index": index, "dtype": dtype, "data": data.hex()} | ({} if fill is None else {"fill": fill})


def activation(
    name: str,
    description: str,
    tensors: list[dict[str, Any]],
    *,
    cut: int = 4,
    codec: int = 0,
    flags: int = 0,
    epoch: int = 7,
    timings: dict[str, Any] | None = None,
    boot: int = 3,
    sequence: int = 11,
    chunk_bytes: int = 4096,
    setting: int = 0,
) -> Vector:
    message = {
        "kind": "activation",
        "model": MODEL,
        "boot": boot,
        "sequence": sequence,
        "cut": cut,
        "codec": codec,
        "flags": flags,
        "plan_epoch": epoch,
        "tensors": tensors,
        "timings": timings,
    }
    if setting:
        message["setting"] = setting
    return {"name": name, "description": description, "chunk_bytes": chunk_bytes, "message": message}


def timings(encode_us: int, operators_us: list[int], last: list[int] | None = None) -> dict[str, Any]:
    return {"encode_us": encode_us, "operators_us": operators_us, "last": last}


RAMP = bytes(range(48))
SPARSE = bytes(0x80 if i % 7 else i for i in range(100))
ACTIVATIONS = [
    activation("one_raw_tensor", "int8 under codec raw, no plan yet", [tensor(9, INT8, RAMP)], epoch=0),
    activation("no_tensors", "nothing is alive: an acknowledgement of being there", [], cut=0),
    activation(
        "with_timings",
        "the timing block with nothing answered yet",
        [tensor(9, INT8, RAMP)],
        flags=TIMINGS,
        timings=timings(35, [100, 200, 300, 4_294_967_295]),
    ),
    activation(
        "with_last_answered",
        "the timing block with the last answered inference",
        [tensor(9, INT8, RAMP)],
        flags=TIMINGS | HEDGED | EXPLORATION,
        timings=timings(35, [1, 2, 3, 4], [10, 12_345, 2_000, 2_380, 56]),
    ),
    activation(
        "answered_by_device",
        "more operators timed than the cut: the device ran the rest as well",
        [tensor(9, INT8, RAMP)],
        flags=TIMINGS | ANSWERED,
        timings=timings(0, [5, 6, 7, 8, 9, 10]),
    ),
    activation("probe", "an isolated device asks", [tensor(24, INT8, RAMP)], flags=ANSWERED | PROBE),
    activation(
        "all_dtypes",
        "seven tensors, one of each dtype",
        [
            tensor(0, INT8, bytes([0x80, 0x7F])),
            tensor(1, UINT8, bytes([0, 255])),
            tensor(2, INT16, bytes.fromhex("0080ff7f")),
            tensor(3, INT32, bytes.fromhex("00000080")),
            tensor(4, INT64, bytes.fromhex("0000000000000080")),
            tensor(5, FLOAT32, bytes.fromhex("0000803f")),
            tensor(65535, BOOL, bytes([0, 1, 1])),
        ],
    ),
    activation(
        "sixteen_tensors",
        "as many as a message carries, an empty one among them",
        [tensor(i, UINT8, bytes(i)) for i in range(16)],
    ),
    activation(
        "bitmap",
        "100 int8 elements, most of them the zero point -128; the bitmap ends in four padding bits",
        [tensor(9, INT8, SPARSE, -128)],
        codec=1,
    ),
    activation(
        "bitmap_falls_back",
        "of two tensors one shrinks, the other would grow and goes raw",
        [tensor(9, INT8, SPARSE, -128), tensor(12, INT8, RAMP, -128)],
        codec=1,
    ),
    activation(
        "bitmap_of_equal_size_is_raw",
        "16 elements of which 13 differ: 1 + 2 + 13 bytes are not fewer than 16",
        [tensor(9, UINT8, bytes([5, 5, 5, *range(6, 19)]), 5)],
        codec=1,
    ),
    activation(
        "jpeg",
        "an input that is a picture: the file of its camera travels, the tensor's size is stated",
        [tensor(0, INT8, bytes(64)) | {"jpeg": bytes(range(40)).hex()}],
        cut=0,
        codec=2,
    ),
    activation(
        "jpeg_of_equal_size_is_raw",
        "nothing is gained by it",
        [tensor(0, INT8, RAMP) | {"jpeg": bytes(48).hex()}],
        cut=0,
        codec=2,
    ),
    activation("jpeg_without_a_picture_is_raw", "there is none", [tensor(9, INT8, RAMP)], codec=2),
    activation(
        "calibrated",
        "of two tensors one is coded with the tables of setting 7, of the other that was not smaller",
        [tensor(9, INT8, bytes(64)) | {"made": bytes(range(1, 42)).hex()}, tensor(12, UINT8, RAMP)],
        codec=4,
        setting=7,
    ),
    *(
        activation(
            f"codec_{name}",
            "the highest setting; as few bytes as there may be",
            [tensor(9, UINT8, bytes(64)) | {"made": "1f2e"}],
            codec=codec,
            setting=255,
        )
        for codec, name in enumerate(("lowbit", "rans", "slicer", "delta"), 3)
    ),
    activation(
        "calibrated_of_equal_size_is_raw",
        "the setting is stated all the same",
        [tensor(9, INT8, RAMP) | {"made": bytes(48).hex()}],
        codec=3,
        setting=1,
    ),
    activation(
        "calibrated_of_floats_is_raw",
        "levels are of single bytes",
        [tensor(9, FLOAT32, bytes(64)) | {"made": bytes(40).hex()}],
        codec=3,
        setting=1,
    ),
    activation(
        "bitmap_all_fill",
        "nothing but the fill",
        [tensor(9, INT8, bytes([3]) * 64, 3)],
        codec=1,
    ),
    activation(
        "bitmap_wide_items",
        "int16, int32, int64 and float32 elements",
        [
            tensor(1, INT16, bytes.fromhex("fcff") * 9 + bytes.fromhex("fc00"), -4),
            tensor(2, INT32, bytes.fromhex("00000000") * 9 + bytes.fromhex("00000001"), 0),
            tensor(3, INT64, bytes.fromhex("ffffffffffffffff") * 9 + bytes(8), -1),
            tensor(4, FLOAT32, bytes.fromhex("0000803f") * 9 + bytes(4), 0x3F800000),
        ],
        codec=1,
    ),
    activation(
        "three_chunks",
        "the last chunk is smaller",
        [tensor(9, INT8, bytes(range(200)))],
        chunk_bytes=128,
        flags=TIMINGS,
        timings=timings(35, [1, 2, 3, 4]),
    ),
    activation(
        "chunks_of_equal_size",
        "8 + 12 + 172 bytes in two full chunks",
        [tensor(9, INT8, bytes(172))],
        chunk_bytes=128,
    ),
    activation(
        "bitmap_over_chunks",
        "elements and bitmap are torn by chunk borders",
        [tensor(3, INT32, bytes.fromhex("01000000") * 20 + bytes(range(1, 161)), 1)],
        codec=1,
        chunk_bytes=64,
    ),
    activation(
        "highest_numbers",
        "every number of the header at its end",
        [tensor(9, INT8, RAMP)],
        cut=65535,
        boot=0xFFFF_FFFF,
        sequence=0xFFFF_FFFF,
        epoch=0xFFFF_FFFF,
    ),
]


def result(
    name: str, description: str, status: int, answer: int, records: list[Any], **fields: Any
) -> Vector:
    message = {
        "kind": "result",
        "model": MODEL,
        "boot": 3,
        "sequence": 11,
        "cut": 4,
        "status": status,
        "edge_us": 1_234,
        "answer": answer,
        "records": records,
    } | fields
    return {"name": name, "description": description, "chunk_bytes": 4096, "message": message}


def centroid(label: int, x: int, y: int, score: float, size: int = 8) -> dict[str, Any]:
    return {"label": label, "x": x, "y": y, "width": size, "height": size, "score": score}


RESULTS = [
    result("acknowledgement", "ok without an answer", 0, 0, []),
    result("no_objects", "a centroid answer that found nothing", 0, 3, []),
    result(
        "centroids",
        "two objects; scores are float32",
        0,
        3,
        [centroid(3, 44, 52, 0.99609375), centroid(9, 65535, 0, 0.5, 16)],
    ),
    result(
        "classes",
        "three labels; a logit may be negative",
        0,
        2,
        [{"label": 1, "score": 0.75}, {"label": 0, "score": 0.25}, {"label": 65535, "score": -2.5}],
    ),
    result("partial", "answered from the chunks that came", 0, 3, [centroid(1, 4, 4, 0.5)], flags=PARTIAL),
    result("raw", "two output tensors", 0, 1, [tensor(57, INT8, RAMP), tensor(60, FLOAT32, bytes(8))]),
    *(
        result(f"status_{name}", "a refusal carries no records", status, 0, [])
        for status, name in enumerate(
            ("bad_frame", "unknown_model", "wrong_cut", "overloaded", "too_late", "failed"), 1
        )
    ),
    result(
        "models_on_offer", "an unknown model is answered with those that are known", 2, 4, ["1a2b3c4d", MODEL]
    ),
    result("no_models_on_offer", "nothing is on offer", 2, 4, []),
    result(
        "most_models_on_offer",
        "64 ids in five chunks",
        2,
        4,
        [f"{number:08x}" for number in range(64)],
    )
    | {"chunk_bytes": 96},
    result("about_no_inference", "a frame that could not be read", 1, 0, [], sequence=0, boot=0, cut=0),
]


def plan(name: str, description: str, **fields: Any) -> Vector:
    message = {
        "kind": "plan",
        "model": MODEL,
        "epoch": 1,
        "cut": 12,
        "codec": 0,
        "flags": 0,
        "deadline_ms": 1000,
        "parameters": "",
    } | fields
    return {"name": name, "description": description, "chunk_bytes": 4096, "message": message}


PLANS = [
    plan("first", "the first epoch"),
    plan("all_flags", "hedge, report timings, explore", flags=HEDGED | TIMINGS | EXPLORATION, codec=1),
    plan(
        "limits", "highest epoch and cut, longest deadline", epoch=0xFFFF_FFFF, cut=65535, deadline_ms=600_000
    ),
    plan("shortest_deadline", "1 ms", deadline_ms=1),
    plan("calibrated", "setting 3 of the tables of version a1b2c3d4", codec=4, parameters="03d4c3b2a1"),
    plan(
        "with_parameters",
        "as many codec parameters as may be",
        parameters=bytes(i % 251 for i in range(512)).hex(),
    ),
]


def telemetry(name: str, description: str, gauges: list[list[int]], counters: list[list[int]]) -> Vector:
    message = {"kind": "telemetry", "model": MODEL, "boot": 3, "gauges": gauges, "counters": counters}
    return {"name": name, "description": description, "chunk_bytes": 4096, "message": message}


TELEMETRY = [
    telemetry("nothing", "a device without gauges that has counted nothing", [], []),
    telemetry(
        "all_gauges",
        "every gauge; the chip is cold",
        [
            [0, 200_000],
            [1, 150_000],
            [2, 118_784],
            [3, 240],
            [4, -1234],
            [5, -67],
            [6, 5_000],
            [7, 6_000],
            [8, 4_000_000],
            [9, 3_900_000],
            [10, 712],
        ],
        [[i, i * 1000] for i in range(1, 13)],
    ),
    telemetry("absent_gauges", "no sensor, no radio, no meter", [[0, 200_000], [3, 160]], [[1, 5]]),
    telemetry("signed_limits", "the ends of the signed gauges", [[4, -(2**31)], [5, 2**31 - 1]], []),
    telemetry("unknown_counter", "a counter of a newer device", [], [[40_000, 0xFFFF_FFFF]]),
    telemetry("most_counters", "64", [], [[i, i] for i in range(1, 65)]),
]


def command(name: str, description: str, number: int, argument: bytes = b"") -> Vector:
    message = {
        "kind": "command",
        "model": MODEL,
        "boot": 3,
        "sequence": 2,
        "command": number,
        "argument": argument.hex(),
    }
    return {"name": name, "description": description, "chunk_bytes": 4096, "message": message}


COMMANDS = [
    command("profile", "time every operator", 1),
    command("identify", "blink", 2),
    command("restart", "start anew", 3),
    *(
        command(f"new_model_{step['name']}", step["description"], 4, bytes.fromhex(step["argument"]))
        for step in STEPS
    ),
    command("new_firmware_begin", "the first step", 5, bytes.fromhex(STEPS[0]["argument"])),
    command("not_a_step", "a frame in order, whatever its argument holds", 4, b"fomo_digits"),
    command("new_firmware", "as long an argument as may be", 5, bytes(i % 251 for i in range(1024))),
    command("unknown", "a command of a newer edge", 999, b"x"),
]
