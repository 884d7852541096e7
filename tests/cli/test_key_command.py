"""cutpoint key: keys reach their files, and no output; and the commands that read them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cutpoint.bus import EmbeddedBroker
from cutpoint.wire import DeviceId, Key, add_key, read_keys, write_key_file
from edge_server import EdgeServer, ServeConfig
from host_tools.shipped import shipped_bundle
from tests.cli.conftest import Outcome, Run

CAM = DeviceId("cam-1")


def shows_no_key(said: Outcome, *keys: Key) -> None:
    for key in keys:
        assert key.reveal().hex() not in said.sentence.lower().replace(" ", "")


def test_a_new_key_is_written_for_both_ends_and_never_shown(run: Run, tmp_path: Path) -> None:
    keys, out = tmp_path / "keys.toml", tmp_path / "cam-1.key"
    said = run("key", "new", "cam-1", "--keys", keys, "--out", out)
    assert said.code == 0
    key = Key.of_file(out)
    assert read_keys(keys) == {CAM: key}
    shows_no_key(said, key)
    assert key.fingerprint in said.sentence
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in (keys, out)} == {0o600}


def test_every_new_key_is_another(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        assert run("key", "new", name, "--keys", tmp_path / "keys.toml", "--json").code == 0
    assert len(set(read_keys(tmp_path / "keys.toml").values())) == 3


def test_a_key_that_is_there_stays_until_it_is_replaced(run: Run, tmp_path: Path) -> None:
    keys, out = tmp_path / "keys.toml", tmp_path / "cam-1.key"
    run("key", "new", "cam-1", "--keys", keys)
    first = read_keys(keys)[CAM]
    said = run("key", "new", "cam-1", "--keys", keys, "--out", out)
    assert said.code == 2
    assert "--replace" in said.sentence
    assert read_keys(keys)[CAM] == first
    assert not out.exists(), "a key that no server knows"
    assert run("key", "new", "cam-1", "--keys", keys, "--out", out, "--replace").code == 0
    assert read_keys(keys)[CAM] == Key.of_file(out) != first
    said = run("key", "new", "cam-1", "--out", out)
    assert said.code == 2
    assert "not overwritten" in said.sentence


def test_keys_are_listed_by_fingerprint(run: Run, tmp_path: Path) -> None:
    key = Key.new()
    add_key(tmp_path / "keys.toml", CAM, key)
    said = run("key", "list", tmp_path / "keys.toml")
    assert said.sentence == f"cam-1 {key.fingerprint}"
    assert json.loads(run("key", "list", tmp_path / "keys.toml", "--json").out) == {"cam-1": key.fingerprint}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["key", "new", "cam-1"], "never printed"),
        (["key", "new", "Cam 1", "--out", "x"], "Cam 1"),
        (["key", "list", "absent.toml"], "absent.toml"),
        (["device", "--key-file", "absent.key"], "absent.key"),
        (["monitor", "--keys", "absent.toml"], "absent.toml"),
        (["serve", "--models", str(shipped_bundle()), "--keys", "absent.toml"], "absent.toml"),
        (["serve", "--models", str(shipped_bundle()), "--require-keys"], "keys"),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run(*arguments)
    assert said.code == 2
    assert words in said.sentence
    assert list(tmp_path.iterdir()) == []


def test_the_examples_of_key_are_in_its_help(run: Run) -> None:
    assert "Example: cutpoint key new" in run("key", "new", "--help").sentence
    assert "Example: cutpoint key list" in run("key", "list", "--help").sentence


def test_a_sealed_device_from_the_command_line_is_answered_and_read_along(run: Run, tmp_path: Path) -> None:
    key, keys, out = Key.new(), tmp_path / "keys.toml", tmp_path / "cam-1.key"
    add_key(keys, CAM, key)
    write_key_file(out, key)
    with EmbeddedBroker() as broker:
        host, port = broker.address
        address = f"{host}:{port}"
        with EdgeServer(
            ServeConfig(
                models=(shipped_bundle(),),
                host=host,
                port=port,
                keys=keys,
                require_keys=True,
                policy="fixed:17",
                exploration=0.0,
            )
        ):
            arguments = [
                "--broker",
                address,
                "--interval",
                "0.1",
                "--count",
                "3",
                "--cut",
                "17",
                "--boots",
                tmp_path / "boots",
                "--json",
            ]
            said = run("device", "--id", "cam-1", "--key-file", out, *arguments)
        knowing = run("monitor", "--broker", address, "--keys", keys, "--seconds", "1", "--json")
        blind = run("monitor", "--broker", address, "--seconds", "1", "--json")
    assert said.code == 0
    assert "by edge" in json.loads(said.out.splitlines()[-1])["summary"]["by"]
    shows_no_key(said, key)
    plans = [
        next(line["message"] for line in map(json.loads, one.out.splitlines()) if line["leaf"] == "plan")
        for one in (knowing, blind)
    ]
    assert plans[0]["deadline_ms"] > 0
    assert plans[1]["sealed"] is True
    assert "deadline_ms" not in plans[1]
