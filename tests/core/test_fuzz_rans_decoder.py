"""The decoder of a PC against the core's, under the sanitizers, on bytes that no encoder made."""

from __future__ import annotations

from pathlib import Path

import pytest
from toolchain import ROOT, TESTS, core_sources, fuzz

DECODER = ROOT / "firmware" / "bindings" / "rans_decoder.cc"
RUN_SECONDS = 4


def test_streams_that_nobody_coded_are_told_apart_as_the_core_does(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = TESTS / "rans_decoder_fuzz.cc"
    sources = [DECODER, *(one for one in core_sources() if one.parent.name == "rans")]
    fuzz(
        target,
        sources,
        tmp_path_factory.mktemp("fuzzed"),
        tmp_path,
        f"-max_total_time={RUN_SECONDS}",
        "-max_len=200",
    )
