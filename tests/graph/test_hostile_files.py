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


def test_tables_that_share_each_other_are_refused_in_time() -> None:
    """Vectors of references to one table that itself holds such a vector would take a reader hours."""
    references = 20_000
    data = bytearray(struct.pack("<I4s", 0, b"TFL3"))

    # A model with many references to one subgraph, which has many references to one tensor.
    def put(raw: bytes) -> int:
        data.extend(b"\0" * (-len(data) % 4))
        data.extend(raw)
        return len(data) - len(raw)

    model_vtable = put(struct.pack("<5H", 10, 8, 0, 0, 4) + b"\0\0")
    model = put(struct.pack("<iI", 0, 0))
    struct.pack_into("<i", data, model, model - model_vtable)
    subgraphs = put(struct.pack("<I", references) + b"\0" * 4 * references)
    graph_vtable = put(struct.pack("<3H", 6, 8, 4) + b"\0\0")
    graph = put(struct.pack("<iI", 0, 0))
    struct.pack_into("<i", data, graph, graph - graph_vtable)
    tensors = put(struct.pack("<I", references) + b"\0" * 4 * references)
    tensor_vtable = put(struct.pack("<2H", 4, 4))
    tensor = put(struct.pack("<i", 0))
    struct.pack_into("<i", data, tensor, tensor - tensor_vtable)
    struct.pack_into("<I", data, 0, model)
    struct.pack_into("<I", data, model + 4, subgraphs - model - 4)
    struct.pack_into("<I", data, graph + 4, tensors - graph - 4)
    for place in range(references):
        struct.pack_into("<I", data, subgraphs + 4 + 4 * place, graph - subgraphs - 4 - 4 * place)
        struct.pack_into("<I", data, tensors + 4 + 4 * place, tensor - tensors - 4 - 4 * place)

    started = time.monotonic()
    with pytest.raises(ModelError, match=f"more than {MOST_TABLES} tables"):
        load(bytes(data))
    assert time.monotonic() - started < 20
