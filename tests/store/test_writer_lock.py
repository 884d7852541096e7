"""Two servers on one file: the second is told, and a killed first leaves no lock behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_server.errors import StoreError
from edge_server.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]


def test_a_second_writer_is_refused_until_the_first_has_closed(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path / "state.db")
    with pytest.raises(StoreError, match="another server's, which is running"):
        SqliteStore(tmp_path / "state.db")
    first.close()
    first.close()
    SqliteStore(tmp_path / "state.db").close()


def test_a_store_that_could_not_be_opened_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 40)
    with pytest.raises(StoreError, match="not an SQLite database"):
        SqliteStore(path)
    path.unlink()
    SqliteStore(path).close()


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    program = (
        "import sys, time; from pathlib import Path; from edge_server.store.sqlite import SqliteStore;"
        "store = SqliteStore(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    with pytest.raises(StoreError, match="is running"):
        SqliteStore(path)
    process.send_signal(signal.SIGKILL)
    process.wait(5)
    process.stdout.close()
    SqliteStore(path).close()
