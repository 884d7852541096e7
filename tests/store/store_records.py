"""Records made short: what a test does not name is some plain value."""

from __future__ import annotations

from typing import Any

from cutpoint.wire import CodecId, DeviceId, ModelId, Status
from edge_server.store import DecisionRecord, DeviceRecord, InferenceRecord

MODEL = ModelId.of_hex("0badcafe")
OTHER = ModelId.of_hex("00c0ffee")
NOON_US = 1_764_331_200_000_000
S = 1_000_000


def device_record(name: str = "cam-1", **fields: Any) -> DeviceRecord:
    return DeviceRecord(
        **{
            "device": DeviceId(name),
            "model": MODEL,
            "boot": 3,
            "sequence": 71,
            "epoch": 9,
            "cut": 17,
            "codec": CodecId.RAW,
            "deadline_ms": 120,
            "state": '{"link":[1.5,2.5]}',
            "counters": {"answered_ok": 70, "too_late": 1},
            "first_seen_us": NOON_US,
            "last_seen_us": NOON_US + 60 * S,
            "owner": "edge-a",
        }
        | fields
    )


def inference_record(name: str = "cam-1", sequence: int = 1, **fields: Any) -> InferenceRecord:
    return InferenceRecord(
        **{
            "at_us": NOON_US + sequence * S,
            "device": DeviceId(name),
            "model": MODEL,
            "boot": 3,
            "sequence": sequence,
            "cut": 17,
            "codec": CodecId.RAW,
            "status": Status.OK,
            "acknowledged": False,
            "inbox_us": 20,
            "decode_us": 35,
            "queue_us": 900,
            "compute_us": 1500,
            "reply_us": 60,
            "edge_us": 2515,
            "batch": 4,
            "bytes_up": 2400,
            "bytes_down": 96,
            "epoch": 9,
            "answer": '{"objects":1,"first":[[3,0.98,12,40]]}',
        }
        | fields
    )


def decision_record(name: str = "cam-1", epoch: int = 9, **fields: Any) -> DecisionRecord:
    return DecisionRecord(
        **{
            "at_us": NOON_US + epoch * S,
            "device": DeviceId(name),
            "model": MODEL,
            "epoch": epoch,
            "cut": 17,
            "codec": CodecId.RAW,
            "deadline_ms": 120,
            "reason": "the least expected time",
            "exploration": False,
            "expected_us": 41_250.5,
        }
        | fields
    )
