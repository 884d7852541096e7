"""The file itself: what is refused in one sentence, who may read it, a full disk, a killed writer."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_records import NOON_US, S, device_record, inference_record

from cutpoint.wire import DeviceId
from edge_server.errors import StoreError
from edge_server.store import Batch, Bounds, HistoryQuery, Store, open_history, open_store
from edge_server.store.sqlite import SqliteStore

Opened = Callable[[str], Store]
ROOT = Path(__file__).parents[2]
ALL = HistoryQuery()


def not_a_database(path: Path) -> None:
    path.write_bytes(b"these are my holiday plans\n" * 200)


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    db.close()


def damaged(path: Path) -> None:
    store = open_store(str(path))
    store.write(Batch(inferences=tuple(inference_record(sequence=number) for number in range(1, 2000))))
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(200_000))


def cut_short(path: Path) -> None:
    store = open_store(str(path))
    store.write(Batch(inferences=tuple(inference_record(sequence=number) for number in range(1, 2000))))
    store.close()
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (not_a_database, "is not an SQLite database; name another file"),
        (of_another_program, "is an SQLite database of another program"),
        (damaged, "is damaged.*; move it away and restart, or put a backup in its place"),
        (cut_short, "is damaged.*; move it away and restart, or put a backup in its place"),
        (Path.mkdir, "is a folder; name a file in it"),
    ],
)
def test_a_file_that_is_no_store_is_refused_in_one_sentence_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None], says: str
) -> None:
    path = tmp_path / "state.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError, match=rf"{path} {says}") as caught:
        open_store(str(path))
    assert caught.value.trouble == "unusable"
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("", "has no name"),
        ("mysql://host/db", "kind 'mysql' is not known; expected a path"),
        ("nowhere/state.db", "has no folder; make nowhere first"),
        ("postgresql://edge:hidden@host:port/db", "cannot be read; expected postgresql://USER"),
        ("postgresql://edge:12/hidden@host/db", "cannot be read; expected postgresql://USER"),
        ("postgresql://edge:hidden@[::1/db", "cannot be read; expected postgresql://USER"),
    ],
)
def test_a_name_that_means_no_store_is_refused_in_one_sentence(named: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        open_store(named)
    assert "hidden" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!s}"


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """As a user without rights, since root may write everywhere."""
    program = (
        "import os, sys; os.setegid(65534); os.seteuid(65534)\n" if os.geteuid() == 0 else "import sys\n"
    ) + (
        "from edge_server.store import open_store; from edge_server.errors import StoreError\n"
        "try: open_store(sys.argv[1])\nexcept StoreError as error: print(error)"
    )
    open_store(str(tmp_path / "state.db")).close()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "state.db").chmod(0o444)
    tmp_path.chmod(0o555)
    # The program's modules are imported before it gives up its rights to read them.
    program = "import edge_server.store\n" + program
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "state.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tmp_path.chmod(0o755)
    assert "is not writable; make it and its folder writable for the server" in said.stdout


def test_a_path_and_an_address_mean_the_same_file(tmp_path: Path, opened: Opened) -> None:
    first = opened(f"sqlite:///{tmp_path}/state.db")
    first.write(Batch(devices=(device_record(),)))
    first.close()
    assert opened(str(tmp_path / "state.db")).load(DeviceId("cam-1")) == device_record()


def test_a_server_that_is_to_remember_nothing_remembers_nothing(opened: Opened) -> None:
    store = opened("none")
    store.write(Batch(devices=(device_record(),)))
    assert store.load(DeviceId("cam-1")) is None
    assert store.prune(Bounds(), 0, slice_rows=1) == 0
    with pytest.raises(StoreError, match="keeps no history"):
        open_history("none")


def test_a_row_that_no_server_wrote_costs_one_device_its_memory(tmp_path: Path, opened: Opened) -> None:
    store = opened(str(tmp_path / "state.db"))
    store.write(Batch(devices=(device_record("cam-1"), device_record("cam-2"))))
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute("UPDATE devices SET codec = 'telepathy' WHERE device = 'cam-1'")
    db.close()
    with pytest.raises(StoreError, match="a row that no server wrote") as caught:
        store.load(DeviceId("cam-1"))
    assert caught.value.trouble == "damaged"
    assert store.load(DeviceId("cam-2")) == device_record("cam-2")


# ---- readers


def test_reading_the_history_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with pytest.raises(StoreError, match="is not there; name the file"):
        open_history(str(path))
    store = open_store(str(path))
    store.write(Batch(inferences=(inference_record(),)))
    store.close()
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "state.db.lock"]
    before = path.read_bytes()
    history = open_history(str(path))
    assert list(history.inferences(ALL)) == [inference_record()]
    history.close()
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "state.db.lock"]
    assert path.read_bytes() == before


def test_a_file_whose_log_was_taken_away_is_read_and_gets_no_new_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    open_store(str(path)).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    history = open_history(str(path))
    assert list(history.inferences(ALL)) == []
    history.close()
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "state.db.lock"]


def test_what_a_killed_server_left_in_its_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[2]);"
        "from store_records import *; from edge_server.store import Batch, open_store;"
        "open_store(sys.argv[1]).write(Batch(inferences=(inference_record(),))); os.kill(os.getpid(), 9)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(path), str(Path(__file__).parent)], cwd=ROOT, check=False
    )
    assert path.with_name("state.db-wal").stat().st_size > 0
    history = open_history(str(path))
    assert list(history.inferences(ALL)) == [inference_record()]
    history.close()


# ---- a full disk


@pytest.fixture(params=["a tiny file system", "a file that may not grow"])
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    """A store for which there is little room."""
    if request.param == "a file that may not grow":
        store = SqliteStore(tmp_path / "state.db")
        assert store._writer is not None
        store._writer.execute("PRAGMA max_page_count = 60")
        yield store
        store.close()
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    try:
        store = SqliteStore(folder / "state.db")
        yield store
        store.close()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_loses_nothing_and_is_over_when_there_is_room(tiny: SqliteStore) -> None:
    written = 0

    def write_on() -> None:
        nonlocal written
        while written < 100_000:
            rows = tuple(inference_record(sequence=written + number) for number in range(1, 101))
            tiny.write(Batch(devices=(device_record(epoch=written + 1),), inferences=rows))
            written += 100

    with pytest.raises(StoreError, match="the disk is full; make room") as caught:
        write_on()
    assert caught.value.trouble == "full"
    assert written > 0
    known = tiny.load(DeviceId("cam-1"))
    assert known is not None
    assert known.epoch == written - 99
    history = open_history(str(tiny.path))
    assert [one.sequence for one in history.inferences(ALL)] == list(range(1, written + 1))
    history.close()
    with pytest.raises(StoreError, match="full"):
        tiny.write(Batch(devices=(device_record(epoch=9999, state="x" * 900_000),)))
    make_room(tiny)
    tiny.write(Batch(devices=(device_record(epoch=written + 1),)))
    known = tiny.load(DeviceId("cam-1"))
    assert known is not None
    assert known.epoch == written + 1


def make_room(store: SqliteStore) -> None:
    if store.path.parent.name == "disk":
        subprocess.run(["mount", "-o", "remount,size=16m", str(store.path.parent)], check=True)
    else:
        assert store._writer is not None
        store._writer.execute("PRAGMA max_page_count = 100000")


# ---- a killed writer

WRITES = """
import sys, itertools, time
sys.path.insert(0, sys.argv[2])
from store_records import *
from edge_server.store import Bounds, open_store
from edge_server.store.waiting import Waiting
from edge_server.store.writer import StoreWriter
waiting = Waiting(20_000)
StoreWriter(open_store(sys.argv[1]), waiting, Bounds(rows=3000, days=10_000), every_s=0.01).start()
print("writes", flush=True)
for number in itertools.count(int(sys.argv[3])):
    waiting.device(device_record(f"cam-{number % 50}", epoch=number, state="s" * 4000, sequence=number))
    waiting.inference(inference_record(f"cam-{number % 50}", number, epoch=number))
    waiting.decision(decision_record(f"cam-{number % 50}", number))
    while len(waiting) > 1000:
        time.sleep(0.001)
"""


def test_a_writer_that_is_killed_leaves_a_whole_store(tmp_path: Path) -> None:
    path, rng, newest = tmp_path / "state.db", random.Random(4), 0
    open_store(str(path)).close()
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(path), str(Path(__file__).parent), str(newest + 1)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "writes\n"
        history = open_history(str(path))
        give_up = time.monotonic() + 30
        while not any(history.inferences(HistoryQuery(since_us=NOON_US + (newest + 1) * S))):
            assert time.monotonic() < give_up, "the child writes nothing"
        history.close()
        time.sleep(rng.uniform(0, 0.1))  # amid a write or between two, as it comes
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        newest = check_that_the_store_is_whole(path)


def check_that_the_store_is_whole(path: Path) -> int:
    """The number of the newest inference in it."""
    store = open_store(str(path))
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    history = open_history(str(path))
    inferences = list(history.inferences(ALL))
    for one in inferences:
        assert one == inference_record(str(one.device), one.sequence, epoch=one.epoch)
    assert len({(one.device, one.sequence) for one in inferences}) == len(inferences)
    for number in range(50):
        known = store.load(DeviceId(f"cam-{number}"))
        assert known is None or (known.sequence == known.epoch and len(known.state) == 4000)
    history.close()
    store.close()
    return max(one.sequence for one in inferences)
