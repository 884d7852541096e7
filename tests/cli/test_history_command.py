"""`cutpoint history` over a store that a server wrote: every format, filter and wrong use."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cutpoint.wire import CodecId, Status
from edge_server.store import Batch, ModelRecord, RunRecord, Store, open_store
from tests.cli.conftest import Run
from tests.store.store_records import MODEL, NOON_US, OTHER, S, decision_record, inference_record

ROOT = Path(__file__).parents[2]
NOW_US = int(time.time()) * S


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Store]:
    """A store of two devices that is open, as while its server runs."""
    store = open_store(str(tmp_path / "state.db"))
    store.write(
        Batch(
            inferences=(
                inference_record("cam-1", 1),
                inference_record("cam-2", 2, model=OTHER, codec=CodecId.RANS, setting=12),
                inference_record(
                    "cam-1", 3, status=Status.TOO_LATE, queue_us=None, compute_us=None, answer=None
                ),
                inference_record("cam-1", 4, at_us=NOW_US - 60 * S),
            ),
            decisions=(
                decision_record("cam-1", 8),
                decision_record("cam-2", 9, reason="a step of the link, down"),
            ),
            run=RunRecord("a1", NOON_US, NOON_US + S, {"answered_ok": 3}),
            models=(ModelRecord(MODEL, "fomo"), ModelRecord(OTHER, "fomo")),
        )
    )
    yield store
    store.close()


@pytest.fixture
def named(tmp_path: Path, state: Store) -> str:
    return str(tmp_path / "state.db")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_goes_to_standard_output(run: Run, named: str) -> None:
    said = run("history", "--store", named)
    assert said.code == 0
    first, second, late, _ = rows(said.out)
    assert first == {
        "at": "2025-11-28T12:00:01.000000Z",
        "device": "cam-1",
        "model": "0badcafe",
        "model_name": "fomo",
        "boot": "3",
        "sequence": "1",
        "cut": "17",
        "codec": "raw",
        "status": "ok",
        "acknowledged": "False",
        "inbox_us": "20",
        "decode_us": "35",
        "queue_us": "900",
        "compute_us": "1500",
        "reply_us": "60",
        "edge_us": "2515",
        "batch": "4",
        "bytes_up": "2400",
        "bytes_down": "96",
        "epoch": "9",
        "answer": '{"objects":1,"first":[[3,0.98,12,40]]}',
        "came": "",
    }
    assert second["codec"] == "rans:12"
    assert "setting" not in second
    assert (late["status"], late["queue_us"], late["answer"]) == ("too_late", "", "")


@pytest.mark.parametrize(
    ("options", "sequences"),
    [
        ([], "1234"),
        (["--device", "cam-2"], "2"),
        (["--model", "00c0ffee"], "2"),
        (["--model", "fomo"], "1234"),
        (["--status", "too_late"], "3"),
        (["--status", "too_late", "--status", "ok", "--device", "cam-1"], "134"),
        (["--limit", "2"], "34"),
        (["--since", "1h"], "4"),
        (["--until", "1h"], "123"),
        (["--since", "2025-11-28T12:00:02Z", "--until", "2025-11-28T13:00:03+01:00"], "2"),
        (["--device", "nobody"], ""),
    ],
)
def test_what_is_asked_for_is_exported(run: Run, named: str, options: list[str], sequences: str) -> None:
    said = run("history", "--store", named, *options)
    assert said.code == 0
    assert "".join(row["sequence"] for row in rows(said.out)) == sequences


def test_json_is_one_object_a_line(run: Run, named: str) -> None:
    said = run("history", "--store", named, "--json", "--status", "too_late")
    [line] = said.out.splitlines()
    found = json.loads(line)
    assert (found["device"], found["sequence"], found["compute_us"]) == ("cam-1", 3, None)


def test_parquet_has_types_and_the_rows_of_the_csv(run: Run, named: str, tmp_path: Path) -> None:
    said = run("history", "--store", named, "-o", tmp_path / "out.parquet")
    assert said.code == 0
    assert "wrote 4 inferences" in said.err
    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(field.type) for field in table.schema][:5] == [
        "timestamp[us, tz=UTC]",
        *["string"] * 3,
        "int64",
    ]
    first = table.to_pylist()[0]
    assert first["at"] == datetime(2025, 11, 28, 12, 0, 1, tzinfo=UTC)
    assert (first["edge_us"], first["acknowledged"], first["status"]) == (2515, False, "ok")
    assert table.column_names == list(rows(run("history", "--store", named).out)[0])
    assert table.column("compute_us").to_pylist() == [1500, 1500, None, 1500]


def test_decisions_are_exported(run: Run, named: str, tmp_path: Path) -> None:
    said = run("history", "--store", named, "--decisions", "-o", tmp_path / "plans.csv")
    assert said.code == 0
    eight, nine = rows((tmp_path / "plans.csv").read_text())
    assert (eight["epoch"], eight["expected_us"], eight["exploration"]) == ("8", "41250.5", "False")
    assert nine["reason"] == "a step of the link, down"
    assert run("history", "--store", named, "--decisions", "-o", tmp_path / "plans.parquet").code == 0
    assert pq.read_table(tmp_path / "plans.parquet").column("epoch").to_pylist() == [8, 9]


def test_runs_of_the_server_are_listed_with_their_counters(run: Run, named: str) -> None:
    [one] = json.loads(run("history", "--store", named, "--runs").out)
    assert (one["run"], one["counters"]) == ("a1", {"answered_ok": 3})


def test_the_store_may_be_named_by_the_environment(
    run: Run, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTPOINT_STORE", f"sqlite:///{named}")
    assert len(rows(run("history").out)) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "digits"], "or a name that was on offer: fomo"),
        (["--since", "yesterday"], "--since is 'yesterday'; expected a time ago like 90s, 30m, 2h or 7d"),
        (["--until", "2026-13-01"], "--until is '2026-13-01'"),
        (["--device", "Cam 1"], "device id 'Cam 1'"),
        (["--limit", "0"], "1"),
        (["--status", "great"], "great"),
        (["--decisions", "--status", "ok"], "--status is of inferences"),
        (["--since", "2h", "--until", "3h"], "--until 3h is not after --since 2h"),
        (["--runs", "--decisions"], "nothing but --store with it"),
        (["--runs", "-o", "runs.json"], "nothing but --store with it"),
        (["--format", "parquet"], "name one with -o FILE.parquet"),
        (["-o", "out.xlsx"], "expected .csv, .parquet or .json"),
        (["-o", "nowhere/out.csv"], "cannot write nowhere/out.csv"),
    ],
)
def test_wrong_use_is_one_sentence(run: Run, named: str, options: list[str], words: str) -> None:
    said = run("history", "--store", named, *options)
    assert said.code == 2
    assert words in said.sentence


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("nowhere.db", "nowhere.db is not there"),
        ("none", "keeps no history"),
        ("mysql://x", "kind 'mysql' is not known"),
        (str(ROOT), "is a folder"),
        (str(ROOT / "README.md"), "is not an SQLite database"),
    ],
)
def test_a_store_that_is_none_is_one_sentence(run: Run, store: str, words: str) -> None:
    said = run("history", "--store", store)
    assert said.code == 2
    assert words in said.sentence


def test_a_store_must_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUTPOINT_STORE", raising=False)
    said = run("history")
    assert said.code == 2
    assert "--store" in said.sentence


@pytest.mark.postgres
def test_a_history_in_postgresql_is_exported(run: Run, postgres_url: str) -> None:
    store = open_store(postgres_url)
    store.write(Batch(inferences=(inference_record(),)))
    store.close()
    assert [row["sequence"] for row in rows(run("history", "--store", postgres_url).out)] == ["1"]


HISTORY = (
    "import sys; from host_tools.cli import main; sys.argv = ['cutpoint', 'history', *sys.argv[1:]]; main()"
)


def test_without_the_extra_parquet_says_what_to_install(named: str, tmp_path: Path) -> None:
    without = "import sys; sys.modules['pyarrow'] = None; " + HISTORY
    command = [sys.executable, "-c", without, "--store", named]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "o.parquet")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Parquet files need pyarrow: pip install 'cutpoint[parquet]'" in " ".join(done.stderr.split())
    assert list(tmp_path.glob("o.parquet*")) == []
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.count(b"\n") == 5


def test_a_reader_that_goes_away_and_a_full_disk_leave_no_traceback(named: str, state: Store) -> None:
    state.write(Batch(inferences=tuple(inference_record("cam-3", number) for number in range(1, 20_001))))
    command = [sys.executable, "-c", HISTORY, "--store", named]
    read, write = os.pipe()
    os.close(read)
    gone = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert gone.stderr == ""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "the disk is full: not everything was written" in done.stderr


def test_an_export_that_fails_leaves_no_file_that_looks_whole(run: Run, named: str, tmp_path: Path) -> None:
    with sqlite3.connect(named) as db:
        db.execute("UPDATE inferences SET codec = 'telepathy' WHERE sequence = 4")
    db.close()
    for name in ("out.csv", "out.parquet"):
        said = run("history", "--store", named, "-o", tmp_path / name)
        assert said.code == 2
        assert "a row that no server wrote" in said.sentence
    assert list(tmp_path.glob("out.*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_long_history_needs_no_memory_for_all_of_it(tmp_path: Path, ending: str) -> None:
    named = str(tmp_path / "state.db")
    store = open_store(named)
    store.write(Batch(inferences=(inference_record(),)))
    store.close()
    with sqlite3.connect(named) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(inferences)")]
        names = ", ".join(name for name in columns if name not in {"id", "sequence"})
        db.execute(
            f"INSERT INTO inferences (sequence, {names}) WITH RECURSIVE n(i) AS "
            "(SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
            f"SELECT i, {names} FROM n, inferences WHERE sequence = 1"
        )
    db.close()
    peak = (
        "import atexit; atexit.register(lambda: print(open('/proc/self/status').read(), file=sys.stderr)); "
    )
    options = ["--store", named, "-o", str(tmp_path / f"out.{ending}")]
    done = subprocess.run(
        [sys.executable, "-c", HISTORY.replace("sys; ", f"sys; {peak}", 1), *options],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    # All records at once would be 200 MB on top of what Python and pyarrow take.
    [peak_kb] = [int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("VmHWM:")]
    assert peak_kb < 250_000
    if ending == "csv":
        with (tmp_path / "out.csv").open() as file:
            assert sum(1 for _ in file) == 200_001
    else:
        assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 200_000
