"""A longer fuzz run over the readers of frames, begun from the golden vectors."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from toolchain import ROOT, TESTS, core_sources, fuzz

VECTORS = ROOT / "tests" / "vectors" / "vectors.txt"
FIRST_FRAME = {"message": 5, "bad": 4, "order": 3, "open": 4}
RUN_SECONDS = 12


def write_corpus(folder: Path) -> None:
    """One input a vector: a control byte, then each frame after its size."""
    folder.mkdir()
    for number, line in enumerate(VECTORS.read_text().splitlines()):
        columns = line.split("\t")
        if columns[0] not in FIRST_FRAME:
            continue
        frames = [bytes.fromhex(column.split("=")[-1]) for column in columns[FIRST_FRAME[columns[0]] :]]
        row = b"".join(struct.pack("<H", len(frame)) + frame for frame in frames)
        (folder / str(number)).write_bytes(b"\0" + row)


@pytest.mark.slow
def test_frames_bred_from_the_vectors_break_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus)
    limits = (f"-max_total_time={RUN_SECONDS}", "-max_len=6000")
    fuzz(
        TESTS / "fuzz_frame.cc", core_sources(), tmp_path_factory.mktemp("fuzzed"), tmp_path, corpus, *limits
    )
