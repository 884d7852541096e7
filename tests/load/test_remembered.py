"""What stands in a server's history is held against what was asked."""

from __future__ import annotations

from dataclasses import replace

from cutpoint.wire import CodecId, DeviceId, ModelId, Status
from edge_server import InferenceRecord
from host_tools.load.invariant import Asked
from host_tools.load.remembered import hold_history

ASKED = {"dev-0": Asked(7, bytearray((0, 1, 0)), bytearray((1, 1, 2)))}
RECORD = InferenceRecord(
    at_us=1,
    device=DeviceId("dev-0"),
    model=ModelId(b"abcd"),
    boot=7,
    sequence=1,
    cut=3,
    codec=CodecId.RAW,
    status=Status.OK,
    acknowledged=False,
    inbox_us=1,
    decode_us=1,
    queue_us=1,
    compute_us=1,
    reply_us=1,
    edge_us=5,
    batch=1,
    bytes_up=10,
    bytes_down=10,
    epoch=1,
    answer="zero",
)


def test_one_answer_a_picture_is_all_that_is_asked_for() -> None:
    records = [RECORD, replace(RECORD, sequence=2, answer="one"), replace(RECORD, sequence=3)]
    records += [replace(RECORD, boot=8), replace(RECORD, sequence=2, status=Status.OVERLOADED, answer=None)]
    counts, violations = hold_history(records, ASKED, exact=True)
    assert counts == {"answered": 3, "of others": 1, "refused": 1}
    assert not violations


def test_what_was_never_asked_or_stands_there_twice_or_differs_is_a_violation() -> None:
    records = [RECORD, RECORD, replace(RECORD, sequence=3, answer="other"), replace(RECORD, sequence=4)]
    _, violations = hold_history(records, ASKED, exact=True)
    assert violations.counts == {"contradiction": 1, "edge wrong": 1, "answered unasked": 1}
    _, violations = hold_history([RECORD, replace(RECORD, sequence=3, answer="other")], ASKED, exact=False)
    assert not violations
