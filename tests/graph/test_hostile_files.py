"""Damaged files end in a sentence, whatever is damaged."""

from __future__ import annotations

import random
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint import load
from cutpoint.errors import ModelError
from cutpoint.graph.flatbuffer import MOST_TABLES

FOLDER = Path(__file__).parents[1] / "fixtures" / "models"
FILES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.tflite"))}


def either_loads_or_says_why(data: bytes) -> bool:
    try:
        model = load(data)
    except ModelError as error:
        model, sentence = None, str(error)
    if model is None:
        assert "\n" not in sentence
        return False
    for k in range(len(model.operators) + 1):
        model.split(k)
    return True


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes(name: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(FILES[name])
    for at, value in changes:
        data[at % len(data)] = value
    either_loads_or_says_why(bytes(data))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_noise_behind_the_right_identifier(noise: bytes) -> None:
    assert not either_loads_or_says_why(struct.pack("<I", 8) + b"TFL3" + noise)


def test_every_offset_and_length_of_a_file_pushed_to_extremes() -> None:
    """Words below the file size are offsets, lengths or small numbers: the ones that lead somewhere."""
    data = FILES["attention"]
    loaded = 0
    for at in range(0, len(data) - 4, 4):
        for value in (0, 0x7FFFFFFF, 0xFFFFFFFF, len(data) - 2):
            loaded += either_loads_or_says_why(data[:at] + struct.pack("<I", value) + data[at + 4 :])
    assert loaded  # some words are weights


def test_a_random_mixture_of_two_files() -> None:
    rng = random.Random(11)
    for _ in range(100):
        left, right = rng.sample(sorted(FILES.values()), 2)
        at = rng.randrange(min(len(left), len(right)))
        either_loads_or_says_why(left[:at] + right[at:])


class Raw:
    """A file written byte by byte, for what no builder would write."""

    def __init__(self) -> None:
        self.data = bytearray(struct.pack("<I4s", 0, b"TFL3"))

    def put(self, raw: bytes) -> int:
        self.data.extend(b"\0" * (-len(self.data) % 4))
        self.data.extend(raw)
        return len(self.data) - len(raw)

    def table(self, fields: int) -> int:
        """A table of `fields` references, all absent until `refer` sets them."""
        vtable = self.put(struct.pack(f"<{2 + fields}H", 4 + 2 * fields, 4 + 4 * fields, *[0] * fields))
        table = self.put(bytes(4 + 4 * fields))
        struct.pack_into("<i", self.data, table, table - vtable)
        return table

    def vector(self, length: int) -> int:
        return self.put(struct.pack("<I", length) + bytes(4 * length))

    def point(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.data, at, target - at)

    def refer(self, table: int, field: int, target: int) -> None:
        vtable = table - struct.unpack_from("<i", self.data, table)[0]
        struct.pack_into("<H", self.data, vtable + 4 + 2 * field, 4 + 4 * field)
        self.point(table + 4 + 4 * field, target)

    def refused(self, root: int, message: str) -> None:
        self.point(0, root)
        started = time.monotonic()
        with pytest.raises(ModelError, match=message):
            load(bytes(self.data))
        assert time.monotonic() - started < 20


def test_tables_that_are_shared_without_end_are_refused_in_time() -> None:
    """20,000 references to a subgraph of 20,000 references to a tensor would take a reader hours."""
    raw, references = Raw(), 20_000
    model, subgraphs = raw.table(3), raw.vector(references)
    graph, tensors = raw.table(1), raw.vector(references)
    tensor = raw.table(1)
    raw.refer(model, 2, subgraphs)
    raw.refer(graph, 0, tensors)
    for place in range(references):
        raw.point(subgraphs + 4 + 4 * place, graph)
        raw.point(tensors + 4 + 4 * place, tensor)
    raw.refused(model, f"more than {MOST_TABLES} tables")


def test_vectors_that_are_shared_without_end_are_refused_in_time() -> None:
    """20,000 tensors of one shape of 20,000 dimensions."""
    raw, references = Raw(), 20_000
    model, subgraphs = raw.table(3), raw.vector(1)
    graph, tensors = raw.table(1), raw.vector(references)
    tensor, shape = raw.table(1), raw.vector(references)
    raw.refer(model, 2, subgraphs)
    raw.point(subgraphs + 4, graph)
    raw.refer(graph, 0, tensors)
    raw.refer(tensor, 0, shape)
    for place in range(references):
        raw.point(tensors + 4 + 4 * place, tensor)
    raw.refused(model, "same data again and again")


def test_a_table_whose_layout_lies_before_the_file_is_refused() -> None:
    raw = Raw()
    model = raw.table(1)
    struct.pack_into("<i", raw.data, model, 1 << 20)
    raw.refused(model, "reaches outside of it")
