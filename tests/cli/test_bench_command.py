"""`cutpoint bench codecs` as a shell runs it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from host_tools.shipped import shipped_bundle
from tests.cli.conftest import Run


def test_bench_codecs_prints_a_table_and_writes_csv_and_picture(run: Run, tmp_path: Path) -> None:
    said = run(
        *("bench", "codecs", shipped_bundle(), "--count", "3", "--cuts", "17", "--profile", "esp32-s3"),
        *("--no-instructions", "--tails", "xnnpack", "--out", tmp_path / "out"),
    )
    assert said.code == 0
    assert "zstd" in said.out
    assert "jpeg q95" in said.sentence
    assert "--no-instructions was given" in said.sentence
    lines = list(csv.DictReader((tmp_path / "out" / "codecs.csv").open()))
    assert {line["cut"] for line in lines} == {"0", "17", "25"}
    assert float(lines[0]["head_ms_esp32-s3"]) > 10
    assert (tmp_path / "out" / "codecs.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_every_row_and_the_files(run: Run, tmp_path: Path) -> None:
    said = run(
        *("bench", "codecs", shipped_bundle(), "--count", "2", "--cuts", "24", "--no-plot", "--json"),
        *("--no-instructions", "--tails", "xnnpack", "--out", tmp_path),
    )
    document = json.loads(said.out)
    assert document["bench"]["pictures"] == 2
    assert document["bench"]["rows"][0]["family"] == "device-only"
    assert document["written"] == [str(tmp_path / "codecs.csv")]


def test_wrong_use_is_one_sentence(run: Run, tmp_path: Path) -> None:
    host = run("bench", "codecs", shipped_bundle(), "--profile", "host")
    assert host.code == 2
    assert "models nothing; name a board: esp32" in host.sentence
    cut = run("bench", "codecs", shipped_bundle(), "--cuts", "99", "--count", "1")
    assert cut.code == 2
    assert "cuts 0 to 25" in cut.sentence
    empty = run("bench", "codecs", shipped_bundle(), "--pictures", tmp_path)
    assert empty.code == 2
    assert "holds no picture" in empty.sentence
