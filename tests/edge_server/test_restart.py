"""A server that is stopped, or killed, and started again on its store goes on where it was."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until, whole_answer
from postgres_server import PostgresServer
from test_planning_restart import known, talk

from cutpoint.bus import MemoryBroker, MemoryBus, MqttBus
from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, Status
from edge_server import DecisionRecord, EdgeServer, HistoryQuery, InferenceRecord, ServeConfig, open_history
from edge_server.errors import StoreError
from edge_server.planning.epoch import newer
from edge_server.store import DeviceRecord, open_store
from tests.edge_server.conftest import MadeDevice, MadeServer

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def named(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that is empty yet."""
    if request.param == "sqlite":
        return str(tmp_path / "state.db")
    return str(request.getfixturevalue("postgres_url"))


def inferences(named: str, **query: Any) -> list[InferenceRecord]:
    history = open_history(named)
    found = list(history.inferences(HistoryQuery(**query)))
    history.close()
    return found


def decisions(named: str) -> list[DecisionRecord]:
    history = open_history(named)
    found = list(history.decisions(HistoryQuery()))
    history.close()
    return found


def record_of(named: str, device: str) -> DeviceRecord | None:
    store = open_store(named)
    found = store.load(DeviceId(device))
    store.close()
    return found


def counters(server: EdgeServer) -> dict[str, int]:
    found: dict[str, int] = server.stats()["counters"]
    return found


def test_a_restart_continues_with_plan_estimates_and_counters(
    named: str, serve: MadeServer, dev: HandDevice, fomo: Bundle
) -> None:
    first = serve(store=named, decide_every=1, learn_interval_ms=0)
    dev.about()
    plan = talk(dev, fomo, dev.plan(), 1, 25)
    learned = known(first, dev)
    first.stop()
    while not dev.plans.empty():
        plan = dev.plan()
    kept = record_of(named, "dev-1")
    assert kept is not None
    assert (kept.boot, kept.sequence, kept.epoch, kept.cut) == (dev.boot, 25, plan.epoch, plan.cut)
    assert kept.counters["answered_ok"] == 25

    second = serve(store=named)
    dev.about()
    until(lambda: counters(second).get("plans_resumed") == 1)
    assert known(second, dev)["operators"] == learned["operators"]
    assert known(second, dev)["runs"] == learned["runs"]
    [picture] = pictures(fomo, 1)
    result = dev.ask(plan.cut, picture, 26, plan_epoch=plan.epoch)
    assert result.answer == whole_answer(fomo, picture)
    assert counters(second)["devices_recalled"] == 1
    assert not {"sequence_gap", "sequence_back", "boots_seen"} & set(counters(second))
    dev.announce(boot=dev.boot + 1)  # a new life asks for a new plan
    again = dev.plan()
    assert again.cut == plan.cut
    assert newer(again.epoch, plan.epoch)
    second.stop()
    kept = record_of(named, "dev-1")
    assert kept is not None
    assert kept.counters["answered_ok"] == 26
    assert kept.epoch == again.epoch


def test_every_inference_and_decision_is_in_the_history(
    named: str, serve: MadeServer, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(store=named)
    dev.about()
    plan = dev.plan()
    [picture] = pictures(fomo, 1)
    dev.ask(3, picture, 1, plan_epoch=plan.epoch)
    dev.ask(fomo.n, picture, 2, plan_epoch=plan.epoch)
    assert dev.ask(3, picture, 1).status is Status.OK  # repeated: it is there already
    before_us = time.time_ns() // 1000
    server.stop()
    asked, told = inferences(named)
    assert (asked.sequence, asked.cut, asked.status, asked.acknowledged) == (1, 3, Status.OK, False)
    assert (asked.epoch, asked.boot, asked.batch) == (plan.epoch, dev.boot, 1)
    assert asked.compute_us is not None
    assert asked.compute_us > 0
    stages = (asked.inbox_us, asked.decode_us, asked.queue_us, asked.compute_us, asked.reply_us)
    assert abs(sum(us or 0 for us in stages) - asked.edge_us) <= 5
    assert asked.bytes_up > asked.bytes_down > 0
    assert before_us - 60_000_000 < asked.at_us <= before_us
    assert asked.answer is not None
    assert asked.answer.startswith('{"objects":')
    assert (told.sequence, told.acknowledged, told.compute_us, told.batch) == (2, True, None, 0)
    sent = decisions(named)[0]
    assert (sent.epoch, sent.cut, sent.codec, sent.deadline_ms) == (
        plan.epoch,
        plan.cut,
        plan.codec,
        plan.deadline_ms,
    )
    history = open_history(named)
    assert [one.name for one in history.models()] == [fomo.name]
    [run] = history.runs()
    assert run.counters["answered_ok"] == 1
    history.close()


def test_refusals_are_in_the_history_with_their_status(
    named: str, serve: MadeServer, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(store=named)
    [picture] = pictures(fomo, 1)
    message = dev.activation(3, picture, 7)
    object.__setattr__(message, "cut", 200)
    dev.send(message)
    assert dev.result().status is Status.WRONG_CUT
    server.stop()
    [refused] = inferences(named, statuses=(Status.WRONG_CUT,))
    assert (refused.sequence, refused.cut, refused.batch, refused.answer) == (7, 200, 0, None)
    kept = record_of(named, "dev-1")
    assert kept is not None
    assert kept.counters == {"answered_wrong_cut": 1, "wrong_cut": 1}


def test_a_device_that_made_room_for_another_is_recalled(
    tmp_path: Path, serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    server = serve(store=str(tmp_path / "state.db"), max_devices=1)
    one, other = device("dev-1"), device("dev-2")
    [picture] = pictures(fomo, 1)
    one.ask(3, picture, 1)
    other.ask(3, picture, 1)
    assert counters(server)["devices_evicted"] == 1
    one.ask(3, picture, 2)
    assert counters(server)["devices_recalled"] == 1
    assert "sequence_gap" not in counters(server)
    server.stop()
    kept = record_of(str(tmp_path / "state.db"), "dev-1")
    assert kept is not None
    assert (kept.sequence, kept.counters["answered_ok"]) == (2, 2)


def test_a_name_that_was_never_served_is_not_kept(tmp_path: Path, serve: MadeServer, dev: HandDevice) -> None:
    server = serve(store=str(tmp_path / "state.db"))
    dev.send_frames([b"no frame"])
    until(lambda: any(name.startswith("bad_frame_") for name in counters(server)))
    server.stop()
    assert record_of(str(tmp_path / "state.db"), "dev-1") is None


def test_a_changed_device_is_saved_while_the_server_runs(
    tmp_path: Path, serve: MadeServer, dev: HandDevice, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_server.desk.memory._SAVE_EVERY_S", 0.05)
    server = serve(store=str(tmp_path / "state.db"))
    dev.ask(3, pictures(fomo, 1)[0], 1)
    until(lambda: record_of_running(tmp_path / "state.db") == 1)
    assert counters(server)["store_written"] >= 2


def record_of_running(path: Path) -> int:
    """Devices in a store that is in use."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        found: int = db.execute("SELECT count(*) FROM devices").fetchone()[0]
    db.close()
    return found


@pytest.mark.parametrize("damage", ["{}", "no json", '{"version": 99}', "[" * 5000])
def test_a_memory_that_cannot_be_used_costs_the_device_its_estimates_and_no_answer(
    tmp_path: Path, serve: MadeServer, dev: HandDevice, fomo: Bundle, damage: str
) -> None:
    path = tmp_path / "state.db"
    first = serve(store=str(path))
    dev.about()
    plan = dev.plan()
    [picture] = pictures(fomo, 1)
    dev.ask(3, picture, 1, plan_epoch=plan.epoch)
    first.stop()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE devices SET state = ?", (damage,))
    db.close()
    second = serve(store=str(path))
    dev.about()
    assert dev.ask(3, picture, 2, plan_epoch=plan.epoch).answer == whole_answer(fomo, picture)
    assert counters(second)["state_refused"] == 1
    assert newer(dev.plan().epoch, plan.epoch)


def test_a_store_that_cannot_be_opened_ends_the_start_with_one_sentence_and_leaves_nothing_running(
    tmp_path: Path, fomo: Bundle, memory_broker: MemoryBroker
) -> None:
    (tmp_path / "state.db").write_text("holiday plans\n" * 100)
    config = ServeConfig(models=(fomo.path,), store=str(tmp_path / "state.db"))
    server = EdgeServer(config, MemoryBus(memory_broker, "edge"))
    with pytest.raises(StoreError, match="is not an SQLite database"):
        server.start()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("edge")]
    (tmp_path / "state.db").unlink()
    server.start()
    server.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("edge")]


def test_a_full_disk_stops_nobody_from_being_served(
    tmp_path: Path, serve: MadeServer, dev: HandDevice, fomo: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(store=str(tmp_path / "state.db"))
    store = server._journal._writer._store  # type: ignore[union-attr]
    until(lambda: counters(server).get("store_written", 0) > 0)
    store._writer.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]
    store._writer.execute("PRAGMA cache_size = 1")  # type: ignore[attr-defined]
    [picture] = pictures(fomo, 1)
    sequence = 0
    give_up = time.monotonic() + 20
    while "store_failed" not in counters(server):
        assert time.monotonic() < give_up
        sequence += 1
        assert dev.ask(3, picture, sequence).status is Status.OK
    assert dev.ask(3, picture, sequence + 1).answer == whole_answer(fomo, picture)
    assert len([line for line in caplog.messages if "event=store_failed kind=full" in line]) == 1
    store._writer.execute("PRAGMA max_page_count = 1000000")  # type: ignore[attr-defined]
    server.stop()
    assert [one.sequence for one in inferences(str(tmp_path / "state.db"))] == list(range(1, sequence + 2))


@pytest.mark.postgres
def test_a_database_that_is_away_stops_nobody_from_being_served(
    postgres_server: PostgresServer, postgres_url: str, serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    [picture] = pictures(fomo, 1)
    before = serve(store=postgres_url)
    device("dev-1").ask(3, picture, 1)
    device("dev-2").ask(3, picture, 1)
    before.stop()
    server = serve(store=postgres_url)
    one, other = device("dev-1"), device("dev-2")
    one.ask(3, picture, 2)
    postgres_server.stop()
    try:
        began = time.monotonic()
        assert one.ask(3, picture, 3).answer == whole_answer(fomo, picture)
        assert other.ask(3, picture, 2).answer == whole_answer(
            fomo, picture
        )  # unknown now, asked about later
        assert time.monotonic() - began < 3
        until(lambda: "store_failed" in counters(server))
        assert counters(server)["store_unread"] >= 1
    finally:
        postgres_server.start()
    until(lambda: counters(server).get("devices_recalled") == 2, 30)
    server.stop()
    assert len(inferences(postgres_url)) == 5
    for name in ("dev-1", "dev-2"):
        kept = record_of(postgres_url, name)
        assert kept is not None
        assert kept.counters["answered_ok"] == len(inferences(postgres_url, device=DeviceId(name)))


@pytest.mark.postgres
def test_a_device_that_comes_to_another_replica_is_known_there(
    postgres_url: str, fomo: Bundle, memory_broker: MemoryBroker, device: MadeDevice
) -> None:
    config = ServeConfig(models=(fomo.path,), store=postgres_url, exploration=0.0)
    one = EdgeServer(config, MemoryBus(memory_broker, "edge-a"))
    other = EdgeServer(config, MemoryBus(memory_broker, "edge-b"))
    dev = device("dev-1")
    with one:
        dev.about()
        plan = talk(dev, fomo, dev.plan(), 1, 25)
        learned = known(one, dev)
    with other:
        dev.about()
        until(lambda: counters(other).get("plans_resumed") == 1)
        assert known(other, dev)["link"] == learned["link"]
        assert dev.ask(plan.cut, pictures(fomo, 1)[0], 26, plan_epoch=plan.epoch).status is Status.OK


def test_a_store_of_many_devices_costs_the_start_nothing(
    tmp_path: Path, serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    path = tmp_path / "state.db"
    dev = device("dev-1")
    [picture] = pictures(fomo, 1)
    first = serve(store=str(path))
    dev.about()
    plan = talk(dev, fomo, dev.plan(), 1, 25)
    first.stop()
    with sqlite3.connect(path) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(devices)")][1:]
        db.execute(
            f"INSERT INTO devices (device, {', '.join(names)}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
            f"SELECT i + 1 FROM n WHERE i < 10000) SELECT 'cam-' || i, {', '.join(names)} FROM n, devices"
        )
    db.close()
    began = time.monotonic()
    second = serve(store=str(path))
    assert dev.ask(plan.cut, picture, 26, plan_epoch=plan.epoch).status is Status.OK
    assert time.monotonic() - began < 2
    assert counters(second)["devices_recalled"] == 1


@pytest.mark.broker
def test_a_server_that_is_killed_under_load_goes_on_and_no_inference_is_without_an_answer(
    tmp_path: Path, mosquitto: Any, fomo: Bundle
) -> None:
    """Devices ask; what the edge does not answer within the deadline they answer themselves, and say so later."""
    named = str(tmp_path / "state.db")
    command = [
        *(sys.executable, "-m", "host_tools", "serve", "--models", str(fomo.path), "--store", named),
        *("--broker", f"127.0.0.1:{mosquitto.address[1]}", "--exploration", "0", "--json"),
    ]

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
        )
        assert process.stdout is not None
        assert '"ready": true' in process.stdout.readline()
        return process

    def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
        process.send_signal(number)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()

    buses = [MqttBus(*mosquitto.address, f"dev-{number}") for number in range(3)]
    devices = [HandDevice(bus, fomo, f"dev-{number}") for number, bus in enumerate(buses)]
    pictures_of = pictures(fomo, 4)
    right = [whole_answer(fomo, picture) for picture in pictures_of]
    answered, stop = Counter[str](), threading.Event()
    asked = [0] * len(devices)
    wrong: list[str] = []
    epochs = [0] * len(devices)
    one_head = threading.Lock()

    def live(number: int) -> None:
        dev = devices[number]
        while not stop.is_set():
            while not dev.plans.empty():
                plan = dev.plan()
                if newer(plan.epoch, epochs[number]):
                    epochs[number] = plan.epoch
            sequence = asked[number] = asked[number] + 1
            index = sequence % len(pictures_of)
            with one_head:
                message = dev.activation(3, pictures_of[index], sequence, plan_epoch=epochs[number])
            dev.send(message)
            by = "device"
            give_up = time.monotonic() + 0.3
            while (left_s := give_up - time.monotonic()) > 0:
                try:
                    result = dev.results.get(timeout=left_s)
                except Exception:  # noqa: BLE001 - the queue is empty: the deadline is over
                    break
                if result.sequence == sequence and result.status is Status.OK:
                    by = "edge"
                    if result.answer != right[index]:
                        wrong.append(f"{dev.id} {sequence}")
                    break
            answered[by] += 1

    process = start()
    for dev in devices:
        dev.about()
    threads = [threading.Thread(target=live, args=(number,)) for number in range(len(devices))]
    for thread in threads:
        thread.start()
    try:
        before = 0
        for _ in range(2):
            until(lambda before=before: answered["edge"] > before + 150, 30)  # type: ignore[misc]
            until(lambda: bool(kept_devices(named)), 30)
            end(process, signal.SIGKILL)
            kept = kept_devices(named)
            process = start()
            before = answered["edge"]
    finally:
        until(lambda: answered["edge"] > before + 60, 30)
        stop.set()
        for thread in threads:
            thread.join()
        end(process, signal.SIGTERM)
        for bus in buses:
            bus.close()
    assert wrong == []
    assert sum(answered.values()) == sum(asked)
    assert answered["device"] > 0
    for number, dev in enumerate(devices):
        now = record_of(named, str(dev.id))
        assert now is not None
        assert now.epoch == epochs[number] or newer(now.epoch, epochs[number])
        assert str(dev.id) in kept
        assert now.counters["answered_ok"] >= kept[str(dev.id)]
        found = inferences(named, device=dev.id)
        assert len({(one.boot, one.sequence) for one in found}) == len(found)
    with sqlite3.connect(named) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def kept_devices(named: str) -> dict[str, int]:
    """Answers by device, as the store has them while its server runs or is dead; nothing while it is not there."""
    if not Path(named).exists():
        return {}
    with sqlite3.connect(f"file:{named}?mode=ro", uri=True) as db:
        try:
            found = db.execute(
                "SELECT device, json_extract(counters, '$.answered_ok') FROM devices"
            ).fetchall()
        except sqlite3.OperationalError:
            found = []
    db.close()
    return dict(found) if len(found) == 3 else {}
