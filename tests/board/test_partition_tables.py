"""Partition tables: those that ship hold together, and each way to spoil one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutpoint.board import PartitionError, check_partitions, partition, read_partitions

TABLES = Path(__file__).parents[2] / "firmware" / "esp32" / "partitions"
TEXT = (TABLES / "4MB.csv").read_text(encoding="utf-8")
MB = 1 << 20


@pytest.mark.parametrize("name", sorted(path.stem for path in TABLES.glob("*.csv")))
def test_a_table_that_ships_fits_its_flash(name: str) -> None:
    table = read_partitions((TABLES / f"{name}.csv").read_text(encoding="utf-8"))
    assert check_partitions(table, int(name.removesuffix("MB")) * MB) == ()


def test_there_is_room_for_application_and_model_in_the_smallest_flash() -> None:
    table = read_partitions(TEXT)
    assert partition(table, "ota_0").size >= 1.44 * MB
    assert partition(table, "model").size >= 448 * 1024


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("0x390000", "0x380000", "model ends at 0x390000, behind the start of spare"),
        ("0x9000,", "0x8000,", "within the partition table"),
        ("spare,", "spare2,", "no partition 'spare'"),
        ("data, 0x40,", "data, 0x41,", "the firmware looks for data/0x40"),
        ("0x390000, 0x70000", "0x390000, 0x60000", "model and spare differ in size"),
        ("0x390000", "0x391000", "no multiple of 0x10000"),
        ("0x2000", "0x1000", "otadata has 0x1000 bytes"),
        ("0x1c000,  0x4000", "0x1c000,  0x2000", "state has 0x2000 bytes"),
        ("state, ", "nvs,", "nvs is there twice"),
    ],
)
def test_a_spoilt_table_is_told_by_its_fault(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    wrong = check_partitions(read_partitions(TEXT.replace(old, new)), 4 * MB)
    assert any(sentence in why for why in wrong), wrong


def test_a_table_for_a_larger_flash_does_not_fit_a_smaller_one() -> None:
    table = read_partitions((TABLES / "8MB.csv").read_text(encoding="utf-8"))
    assert any("choose the table of a smaller flash" in why for why in check_partitions(table, 4 * MB))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("model, data, 0x40", "line 1"),
        ("model, data, 0x40, , 0x1000", "line 1"),
        ("model, data, 0x40, x, 0x1000", "'x' is no offset"),
        ("model, data, 0x40, 0x10000, -1", "'-1' is no offset"),
        ("a_label_of_17_byt, data, 0x40, 0x10000, 1M", "more than 16 bytes"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, sentence: str) -> None:
    with pytest.raises(PartitionError, match=sentence):
        read_partitions(line)


def test_sizes_may_be_written_in_kilobytes_and_flags_may_follow() -> None:
    (row,) = read_partitions("# a comment\n\nmodel, data, 0x40, 64K, 1M, encrypted  # more\n")
    assert (row.offset, row.size, row.end) == (0x10000, MB, 0x10000 + MB)


def test_a_partition_that_is_not_there_is_asked_for_by_name() -> None:
    with pytest.raises(PartitionError, match="no 'models'; it has nvs"):
        partition(read_partitions(TEXT), "models")
