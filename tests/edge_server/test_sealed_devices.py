"""Devices with a key: served like the others, and nobody can speak in their place."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import (
    CommandMessage,
    Flag,
    Key,
    KeyFileError,
    Leaf,
    Life,
    ModelId,
    Opener,
    Role,
    Sealer,
    Status,
    Telemetry,
    Topics,
    add_key,
    encode,
    read_header,
)
from edge_server import EdgeServer, ServeConfig
from edge_server.errors import ConfigError
from edge_server.events import Event, TelemetrySeen
from edge_server.sealing.seal_memory import SealMemory
from edge_server.sealing.sealing import Seals

KEY = Key(bytes(range(1, 33)))
TOPICS = Topics("cutpoint/1")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    add_key(path, "dev-1", KEY)  # type: ignore[arg-type]
    return path


class Eavesdropper:
    """Hears everything, and can send whatever it likes."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.bus = MemoryBus(broker, "eve")
        self.bus.on_message = lambda topic, payload: self.heard.append((topic, payload))
        self.bus.subscribe("cutpoint/1/dev-1/+", 1)
        self.bus.connect()

    def on(self, leaf: str) -> list[bytes]:
        return [
            payload for topic, payload in list(self.heard) if topic == f"cutpoint/1/dev-1/{leaf}" and payload
        ]

    def say(self, leaf: str, payload: bytes) -> None:
        self.bus.publish(f"cutpoint/1/dev-1/{leaf}", payload, 1)


@pytest.fixture
def eve(memory_broker: MemoryBroker) -> Any:
    eavesdropper = Eavesdropper(memory_broker)
    yield eavesdropper
    eavesdropper.bus.close()


def counted(server: EdgeServer, name: str) -> int:
    count: int = server.stats()["counters"].get(name, 0)
    return count


def test_a_sealed_device_is_answered_as_a_plain_one(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper
) -> None:
    serve(keys=keys)
    sealed, plain = device("dev-1", key=KEY), device("dev-2")
    for cut in (0, 3, fomo.n):
        (picture,) = pictures(fomo, 1, seed=cut)
        answer = sealed.ask(cut, picture, cut + 1)
        assert (answer.status, answer.sequence) == (Status.OK, cut + 1)
        assert answer.answer == plain.ask(cut, picture, cut + 1).answer
        assert answer.answer == (None if cut == fomo.n else whole_answer(fomo, picture))
    assert all(read_header(frame).flags & Flag.ENCRYPTED for leaf in ("act", "res") for frame in eve.on(leaf))


def test_plans_are_sealed_and_retained(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper, memory_broker: MemoryBroker
) -> None:
    serve(keys=keys, policy="fixed:4")
    dev = device("dev-1", key=KEY)
    dev.about()
    assert dev.plan().cut == 4
    until(lambda: len(eve.on("plan")) == 1)
    (frame,) = eve.on("plan")
    assert read_header(frame).flags & Flag.ENCRYPTED
    later = HandDevice(MemoryBus(memory_broker, "again"), fomo, "dev-1", boot=2, key=KEY)
    assert later.plan().cut == 4
    later.bus.close()


def test_frames_of_a_sealed_device_fit_the_chunks_that_it_takes(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper
) -> None:
    serve(keys=keys, chunk_bytes=92)
    assert device("dev-1", key=KEY).ask(3, pictures(fomo, 1)[0]).status is Status.OK
    until(lambda: bool(eve.on("res")))
    assert max(map(len, eve.on("res"))) <= 92


def test_telemetry_is_opened(serve: Any, device: Any, keys: Path, events: list[Event]) -> None:
    server = serve(keys=keys)
    dev = device("dev-1", key=KEY)
    (frame,) = encode(Telemetry(ModelId(bytes(4)), 1, {}, {1: 7}))
    dev.bus.publish(TOPICS.tele(dev.id), dev.sealer.seal(frame))
    until(lambda: counted(server, "telemetry") == 1)
    assert [event.telemetry.counters for event in events if isinstance(event, TelemetrySeen)] == [{1: 7}]
    dev.bus.publish(TOPICS.tele(dev.id), frame)
    until(lambda: counted(server, "bad_telemetry_plain") == 1)


def test_commands_are_sealed(serve: Any, device: Any, keys: Path, eve: Eavesdropper) -> None:
    server = serve(keys=keys)
    dev = device("dev-1", key=KEY)
    (frame,) = encode(CommandMessage(ModelId(bytes(4)), dev.boot, 1, 2))
    server._gateway.send(dev.id, Leaf.CMD, frame)
    until(lambda: len(eve.on("cmd")) == 1)
    assert Opener(KEY, Role.DEVICE).open(eve.on("cmd")[0]) == frame


def test_plain_replayed_reflected_and_forged_frames_are_refused_counted_and_not_answered(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper
) -> None:
    server = serve(keys=keys)
    dev = device("dev-1", key=KEY)
    (picture,) = pictures(fomo, 1)
    assert dev.ask(3, picture).status is Status.OK
    until(lambda: bool(eve.on("act") and eve.on("res")))
    recorded, result = eve.on("act")[0], eve.on("res")[0]
    (plain,) = encode(dev.activation(3, picture, 2), chunk_bytes=60_000)
    other_key = Sealer(Key.new(), Role.DEVICE, Life(9, 9)).seal(plain)
    old_life = Sealer(KEY, Role.DEVICE, Life(0, 9)).seal(plain)
    damaged = dev.sealer.seal(plain)[:-1] + b"?"
    for payload, reason in (
        (plain, "plain"),
        (recorded, "replayed"),
        (result, "role"),
        (other_key, "forged"),
        (old_life, "old_life"),
        (damaged, "crc"),
        (b"", "truncated"),
    ):
        eve.say("act", payload)
        until(lambda reason=reason: counted(server, f"bad_frame_{reason}") == 1)
    assert dev.hears_nothing()
    assert counted(server, "answered_ok") == 1
    assert dev.ask(3, picture, 2).status is Status.OK


def test_one_refused_frame_is_logged_once_without_its_key(
    serve: Any, keys: Path, eve: Eavesdropper, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(keys=keys)
    with caplog.at_level(logging.WARNING, "edge_server"):
        for number in range(3):
            eve.say("act", encode(CommandMessage(ModelId(bytes(4)), 1, number, 2))[0])
        until(lambda: counted(server, "bad_frame_plain") == 3)
    assert caplog.text.count("bad_frame_plain") == 1
    assert "device=dev-1" in caplog.text
    assert KEY.reveal().hex() not in caplog.text


def test_a_recording_is_refused_by_a_server_that_restarted(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper
) -> None:
    first = serve(keys=keys)
    dev = device("dev-1", key=KEY)
    (picture,) = pictures(fomo, 1)
    assert dev.ask(3, picture).status is Status.OK
    first.stop()
    second = serve(keys=keys)
    until(lambda: len(eve.on("act")) > 0)
    eve.say("act", eve.on("act")[0])
    until(lambda: counted(second, "bad_frame_replayed") == 1)
    assert dev.ask(3, picture, 2).status is Status.OK
    assert dev.unopened == []


def test_a_device_that_restarts_goes_on_and_its_last_life_is_over(
    serve: Any, device: Any, keys: Path, fomo: Bundle, eve: Eavesdropper
) -> None:
    server = serve(keys=keys)
    (picture,) = pictures(fomo, 1)
    old = device("dev-1", key=KEY, boot=4)
    assert old.ask(3, picture).status is Status.OK
    old.bus.close()
    assert device("dev-1", key=KEY, boot=5).ask(3, picture).status is Status.OK
    eve.say("act", old.sealer.seal(encode(old.activation(3, picture, 2), chunk_bytes=60_000)[0]))
    until(lambda: counted(server, "bad_frame_old_life") == 1)


def test_a_new_key_ends_the_memory_of_the_old_one(serve: Any, device: Any, keys: Path, fomo: Bundle) -> None:
    """The way out for a device whose boot counter was erased."""
    first = serve(keys=keys)
    (picture,) = pictures(fomo, 1)
    old = device("dev-1", key=KEY, boot=900)
    assert old.ask(3, picture).status is Status.OK
    old.bus.close()
    first.stop()
    key = Key.new()
    add_key(keys, "dev-1", key, replace=True)  # type: ignore[arg-type]
    serve(keys=keys)
    assert device("dev-1", key=key, boot=1).ask(3, picture).status is Status.OK


def test_devices_without_a_key_are_served_unless_keys_are_required(
    serve: Any, device: Any, keys: Path, fomo: Bundle
) -> None:
    serve(keys=keys)
    assert device("dev-2").ask(3, pictures(fomo, 1)[0]).status is Status.OK


def test_where_keys_are_required_a_device_without_one_gets_nothing(
    serve: Any, device: Any, keys: Path, fomo: Bundle
) -> None:
    server = serve(keys=keys, require_keys=True)
    stranger = device("dev-2")
    stranger.announce()
    stranger.about()
    stranger.send(stranger.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    until(lambda: counted(server, "keyless") == 3)
    assert stranger.hears_nothing()
    assert stranger.plans.empty()
    assert server.stats()["devices"] == 0
    assert device("dev-1", key=KEY).ask(3, pictures(fomo, 1)[0]).status is Status.OK


def test_a_server_without_a_key_refuses_sealed_frames(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve()
    dev = device("dev-1", key=KEY)
    dev.send(dev.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    until(lambda: counted(server, "bad_frame_encrypted") == 1)


def test_a_server_never_begins_an_earlier_life_whatever_the_clock_says(tmp_path: Path) -> None:
    memory = SealMemory(tmp_path / "memory")
    (plain,) = encode(CommandMessage(ModelId(bytes(4)), 1, 1, 2))
    far = Life.now().boot + 1_000_000
    opener = Opener(KEY, Role.DEVICE)
    opener.open(Sealer(KEY, Role.EDGE, Life(far, 5)).seal(plain))
    (tmp_path / "memory").write_text(json.dumps({"boot": far, "salt": 5, "devices": []}))
    for _ in range(3):
        seals = Seals({"dev-1": KEY}, memory)  # type: ignore[dict-item]
        assert opener.open(seals.seal("dev-1", plain)) == plain  # type: ignore[arg-type]


def test_a_server_that_used_up_its_nonces_begins_a_later_life(monkeypatch: pytest.MonkeyPatch) -> None:
    import edge_server.sealing.sealing as sealing

    made = sealing.Sealer
    starts = iter([0xFFFF_FFFE, 0])
    monkeypatch.setattr(sealing, "Sealer", lambda *given: made(*given, sealed=next(starts)))
    seals = Seals({"dev-1": KEY})  # type: ignore[dict-item]
    opener = Opener(KEY, Role.DEVICE)
    (plain,) = encode(CommandMessage(ModelId(bytes(4)), 1, 1, 2))
    for _ in range(4):
        assert opener.open(seals.seal("dev-1", plain)) == plain  # type: ignore[arg-type]


def test_the_memory_holds_no_secret_and_is_its_owners_alone(
    serve: Any, device: Any, keys: Path, fomo: Bundle
) -> None:
    server = serve(keys=keys)
    assert device("dev-1", key=KEY).ask(3, pictures(fomo, 1)[0]).status is Status.OK
    server.stop()
    memory = keys.with_name("keys.toml.memory")
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    text = memory.read_text()
    assert '"counter"' in text
    assert KEY.reveal().hex() not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"boot": 1, "salt": 1}',
        '{"boot": -1, "salt": 1, "devices": []}',
        '{"boot": 1, "salt": 16777216, "devices": []}',
        '{"boot": true, "salt": 1, "devices": []}',
        '{"boot": 1, "salt": 1, "devices": [{"device": "X", "key": "", "boot": 1, "salt": 1, "counter": 1}]}',
        '{"boot": 1, "salt": 1, "devices": [{"device": "x", "key": "", "boot": 1, "salt": 1}]}',
    ],
)
def test_a_memory_that_is_damaged_is_refused_with_the_mend(tmp_path: Path, text: str) -> None:
    path = tmp_path / "memory"
    path.write_text(text)
    with pytest.raises(ConfigError, match="delete it"):
        Seals({}, SealMemory(path))


def test_a_memory_that_cannot_be_kept_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keys_memory"):
        Seals({}, SealMemory(tmp_path / "absent" / "memory"))


def test_settings_that_need_keys_are_refused_without_them(tmp_path: Path) -> None:
    for settings in ({"require_keys": True}, {"keys_memory": tmp_path / "x"}):
        with pytest.raises(ConfigError, match="need the setting keys"):
            ServeConfig.checked({"models": (tmp_path,)} | settings, "test")
    with pytest.raises(ConfigError, match="at least 92"):
        ServeConfig.checked({"models": (tmp_path,), "keys": tmp_path / "k", "chunk_bytes": 91}, "test")


def test_paths_of_keys_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "serve.toml"
    path.write_text('models = ["m"]\nkeys = "keys.toml"\nkeys_memory = "state/memory"\n')
    config = ServeConfig.from_toml(path)
    assert config.keys == tmp_path / "keys.toml"
    assert config.keys_memory_path == tmp_path / "state/memory"


def test_a_server_does_not_start_without_the_keys_it_was_told_of(serve: Any, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        serve(keys=tmp_path / "absent.toml")
