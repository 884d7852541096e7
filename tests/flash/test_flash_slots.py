"""What the host knows of a board's two slots is what the firmware does: names, places and the record's bytes."""

from __future__ import annotations

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.flash import SlotsInUse, slots
from tests.flash.built_files import ROOT, rows_of

FIRMWARE = ROOT / "firmware"


def constant(path: str, name: str) -> str:
    found = re.search(rf'\b{name}\b(?:\[\])? = "?([\w]+)"?;', (FIRMWARE / path).read_text(encoding="utf-8"))
    assert found is not None, f"{path} has no {name}"
    return found[1]


def test_the_record_lies_where_the_firmware_keeps_it() -> None:
    assert constant("esp32/main/storage/model_slots.cc", "kNamespace") == slots.NAMESPACE
    assert constant("esp32/main/storage/model_slots.cc", "kChoiceKey") == slots.KEY
    assert constant("esp32/main/storage/state_store.h", "kStatePartition") == slots.STATE_LABEL
    assert int(constant("device/slot/choice.cc", "kChoiceVersion")) == slots.RECORD_VERSION
    assert int(constant("device/slot/choice.h", "kSlotChoiceBytes")) == slots.RECORD.size
    assert {slots.STATE_LABEL, *slots.SLOT_LABELS} <= {label for label, *_ in rows_of()}


def test_a_record_is_read_as_the_firmware_writes_it() -> None:
    record = bytes([1, 1, 1, 2]) + struct.pack("<II", 7, 8)
    assert SlotsInUse.of_record(record) == SlotsInUse(1, True, (7, 8))


@pytest.mark.parametrize(
    "record", [b"", bytes(12), bytes([2, *bytes(11)]), bytes([1, 2, *bytes(10)]), bytes(13)]
)
def test_other_bytes_are_no_record(record: bytes) -> None:
    assert SlotsInUse.of_record(record) is None


@given(st.binary(max_size=14))
def test_any_bytes_are_a_record_or_none(record: bytes) -> None:
    read = SlotsInUse.of_record(record)
    assert read is None or slots.targets(read)
