"""The partition table is read as a bootloader reads it, and what is damaged is refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.errors import UsageError
from host_tools.flash import PartitionTable
from tests.flash.built_files import rows_of, table_bytes

ROW = ("nvs", 1, 2, 0x9000, 0x6000)


@pytest.mark.parametrize("size", ["4MB", "8MB", "16MB"])
def test_the_shipped_tables_are_read_row_by_row(size: str) -> None:
    rows = rows_of(size)
    table = PartitionTable.parse(table_bytes(rows), "table")
    assert [(one.label, one.kind, one.subtype, one.address, one.size) for one in table.partitions] == rows
    assert table.first_app.label == "ota_0"
    assert table.otadata == table.labelled("otadata")
    assert table.end <= int(size.removesuffix("MB")) << 20


def test_a_table_without_md5_is_read_too() -> None:
    assert len(PartitionTable.parse(table_bytes(rows_of(), md5=False), "table").partitions) == 8


def test_any_flipped_bit_of_the_rows_is_seen() -> None:
    whole = table_bytes(rows_of())
    rows = 32 * 8
    for bit in random.Random(1).sample(range(8 * (rows + 32)), 200):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UsageError):
            PartitionTable.parse(bytes(damaged), "table")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([ROW, ("state", 1, 2, 0xE000, 0x4000)], "nvs and state overlap at 0xe000"),
        ([ROW, ("nvs", 1, 2, 0x20000, 0x4000)], "two partitions are labelled 'nvs'"),
        ([("ota_0", 0, 0x10, 0x21000, 0x10000)], "does not lie on 0x10000 B"),
        ([("nvs", 1, 2, 0x9000, 0)], "does not lie on"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(
    rows: list[tuple[str, int, int, int, int]], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        PartitionTable.parse(table_bytes(rows), "table")


@pytest.mark.parametrize("data", [b"", b"\xff" * 0xC00, b"\xe9\x01\x02"])
def test_what_is_no_table_is_called_that(data: bytes) -> None:
    with pytest.raises(UsageError, match="no partition table"):
        PartitionTable.parse(data, "thing.bin")


def test_a_table_of_another_firmware_lacks_a_partition_by_name() -> None:
    table = PartitionTable.parse(table_bytes([ROW]), "table")
    with pytest.raises(UsageError, match="no partition 'model', only nvs; it is not of Cutpoint's firmware"):
        table.need("model")
    with pytest.raises(UsageError, match="no app slot"):
        _ = table.first_app


@given(st.binary(max_size=400))
def test_garbage_is_refused_in_a_sentence_or_read(data: bytes) -> None:
    for bytes_ in (data, b"\xaa\x50" + data):
        try:
            table = PartitionTable.parse(bytes_, "table")
        except UsageError:
            continue
        assert table.partitions
