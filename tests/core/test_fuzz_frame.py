"""A longer fuzz run over the readers of frames, begun from the golden vectors."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from toolchain import LANGUAGE, ROOT, TESTS, compile_object, core_sources, in_parallel, program_or_skip, run

VECTORS = ROOT / "tests" / "vectors" / "vectors.txt"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1", "-O1")
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
def test_frames_bred_from_the_vectors_break_nothing(tmp_path: Path) -> None:
    clang = program_or_skip("clang++")
    command = [clang, *LANGUAGE, *SANITIZERS, "-fsanitize=fuzzer-no-link"]
    objects = in_parallel(lambda source: compile_object(command, source, tmp_path), core_sources())
    own = compile_object([*command, "-fsanitize=fuzzer"], TESTS / "fuzz_frame.cc", tmp_path)
    program = tmp_path / "fuzz_frame"
    linked = run([clang, *SANITIZERS, "-fsanitize=fuzzer", own, *objects, "-o", program])
    assert linked.returncode == 0, linked.stderr
    write_corpus(tmp_path / "corpus")
    done = run(
        [
            program,
            tmp_path / "corpus",
            f"-max_total_time={RUN_SECONDS}",
            "-max_len=6000",
            "-timeout=5",
            f"-artifact_prefix={tmp_path}/",
            "-seed=1",
        ]
    )
    assert done.returncode == 0, done.stderr[-4000:]
