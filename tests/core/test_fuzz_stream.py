"""A longer fuzz run over stream plans: what earlier runs found worth keeping, and the plans of today's compiler.

`stream_corpus.zip` is the minimal set that libFuzzer's -set_cover_merge=1 made of a long run over plans of
every operator. A plan of an older version in it still exercises the checker.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from toolchain import ROOT, TESTS, core_sources, fuzz

from cutpoint import load
from cutpoint.errors import ModelError
from cutpoint.graph.stream import compile_stream, streamable

CORPUS = TESTS / "stream_corpus.zip"
FIXTURES = ROOT / "tests" / "fixtures" / "models"
RUN_SECONDS = 12
LARGEST_PLAN_BYTES = 7000


def write_corpus(folder: Path) -> tuple[int, int]:
    """Kept inputs, and one a fixture whose plan is small: a control byte, then the plan. How many of each."""
    folder.mkdir()
    with zipfile.ZipFile(CORPUS) as kept:
        names = kept.namelist()
        kept.extractall(folder)
    plans = 0
    for path in sorted(FIXTURES.glob("*.tflite")):
        try:
            model = load(path)
        except ModelError:
            continue  # the fixture that no cut can be made of
        largest, _ = streamable(model)
        plan = compile_stream(model, largest).encode() if largest else b""
        if 0 < len(plan) <= LARGEST_PLAN_BYTES:
            (folder / path.stem).write_bytes(b"\0" + plan)
            plans += 1
    return len(names), plans


@pytest.mark.slow
def test_plans_bred_from_those_of_every_operator_break_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    corpus = tmp_path / "corpus"
    kept, plans = write_corpus(corpus)
    assert kept > 200
    assert plans > 5
    limits = (f"-max_total_time={RUN_SECONDS}", f"-max_len={LARGEST_PLAN_BYTES}")
    fuzz(
        TESTS / "fuzz_stream.cc", core_sources(), tmp_path_factory.mktemp("fuzzed"), tmp_path, corpus, *limits
    )
