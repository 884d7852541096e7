"""A device with a key and the real edge server over every kind of broker, and somebody who listens in."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from device_watch import DEVICE, MakeDevice, Watch, eventually, expected, samples

from cutpoint.bus import Bus, MemoryBroker, MemoryBus
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import (
    Command,
    CommandMessage,
    DeviceId,
    Flag,
    Key,
    Life,
    ModelId,
    Role,
    Sealer,
    Topics,
    add_key,
    encode,
    open_any,
    read_header,
)
from edge_server import EdgeServer, ServeConfig
from host_tools.device import DeviceSettings, FixedBoot, VirtualDevice
from host_tools.monitor import Listener

ConnectBus = Callable[[str], Bus]
KEY = Key(bytes(range(7, 39)))
ID = DeviceId(DEVICE)


@pytest.fixture
def config(bundle: Bundle, tmp_path: Path) -> ServeConfig:
    add_key(tmp_path / "keys.toml", ID, KEY)
    return ServeConfig(
        models=(bundle.path,),
        policy="fixed:5",
        exploration=0.0,
        deadline_ms=2000,
        keys=tmp_path / "keys.toml",
    )


class Eve:
    """Hears every frame and can play it again."""

    def __init__(self, bus: Bus) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._bus = bus
        bus.on_message = lambda topic, payload: self.heard.append((topic.rpartition("/")[2], payload))
        bus.subscribe(f"cutpoint/1/{DEVICE}/+", 1)
        bus.connect()

    def on(self, *leaves: str) -> list[tuple[str, bytes]]:
        return [(leaf, payload) for leaf, payload in list(self.heard) if leaf in leaves]

    def say(self, leaf: str, payload: bytes) -> None:
        assert self._bus.publish(f"cutpoint/1/{DEVICE}/{leaf}", payload, 1)


def counted(server: EdgeServer, *names: str) -> int:
    return sum(server.stats()["counters"].get(name, 0) for name in names)


def refused(device: VirtualDevice) -> int:
    return sum(count for name, count in device.counters.items() if name.startswith("sealed_"))


def a_command(number: int, boot: int, command: Command = Command.IDENTIFY) -> bytes:
    (frame,) = encode(CommandMessage(ModelId(bytes(4)), boot, number, command))
    return frame


def test_a_sealed_device_gets_the_answers_of_an_unsealed_one(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve = Eve(any_broker("eve"))
    with EdgeServer(config, any_broker("edge")) as server:
        device = make_device(any_broker("dev-1"), key=KEY, settings={"telemetry_s": 0.05})
        watch.plan(1)
        plain = make_device(any_broker("dev-2"), id="dev-2")
        for sample in samples(bundle, 4):
            sealed, unsealed = device.infer(sample), plain.infer(sample)
            assert sealed.by == "edge"
            assert sealed.answer == unsealed.answer == expected(bundle, sample)
        eventually(lambda: counted(server, "telemetry") > 0, "telemetry is opened")
        # Every frame of the device is sealed, and holds what a plain one would.
        frames = eve.on("act", "res", "plan", "tele")
        assert {leaf for leaf, _ in frames} == {"act", "res", "plan", "tele"}
        assert all(read_header(frame).flags & Flag.ENCRYPTED for _, frame in frames)
        assert all(len(open_any(KEY, frame)) == len(frame) - 28 for _, frame in frames)
        assert counted(server, "bad_frame_plain", "bad_frame_forged", "bad_frame_replayed") == 0
        assert device.counters["bad_frames"] == 0


def test_what_an_eavesdropper_plays_again_is_refused_at_both_ends(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve, sample = Eve(any_broker("eve")), samples(bundle, 1)[0]
    with EdgeServer(config, any_broker("edge")) as server:
        device = make_device(any_broker("dev-1"), key=KEY)
        watch.plan(1)
        right = device.infer(sample)
        eventually(lambda: counted(server, "answered_ok") == 1, "it is counted")
        eventually(lambda: {"act", "res", "plan"} <= {leaf for leaf, _ in eve.heard}, "it hears all")
        ups, downs = eve.on("act"), eve.on("res", "plan")
        before = refused(device)
        for leaf, frame in ups + downs:
            eve.say(leaf, frame)
        for _, frame in ups + downs:  # and each to the wrong side
            eve.say("act", frame) if (_, frame) in downs else eve.say("cmd", frame)
        eventually(
            lambda: counted(server, "bad_frame_replayed", "bad_frame_role") == len(ups) + len(downs),
            "at the edge",
        )
        eventually(lambda: refused(device) >= before + len(ups) + len(downs), "at the device")
        assert counted(server, "answered_ok") == 1
        assert device.counters["late_results"] == device.counters["duplicate_results"] == 0
        assert device.infer(sample).answer == right.answer


def test_a_device_with_a_wrong_key_is_not_answered_and_helps_itself(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice
) -> None:
    sample = samples(bundle, 1)[0]
    with EdgeServer(config, any_broker("edge")) as server:
        device = make_device(any_broker("dev-1"), key=Key.new(), settings={"cut": 3, "deadline_ms": 50})
        eventually(lambda: device.state == "online", "it connects")
        record = device.infer(sample)
        assert (record.by, record.answer) == ("device", expected(bundle, sample))
        eventually(lambda: counted(server, "bad_frame_forged") > 0, "the edge refuses it")
        eventually(lambda: device.counters.get("sealed_forged", 0) > 0, "and it refuses the edge's plan")
        # A frame is refused first and counted as bad by the session next.
        eventually(lambda: device.counters["bad_frames"] == device.counters["sealed_forged"], "bad frames")
        assert counted(server, "answered_ok") == 0


def test_a_device_without_its_key_is_not_answered(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice
) -> None:
    sample = samples(bundle, 1)[0]
    with EdgeServer(config, any_broker("edge")) as server:
        device = make_device(any_broker("dev-1"), settings={"cut": 3, "deadline_ms": 50})
        eventually(lambda: device.state == "online", "it connects")
        assert device.infer(sample).by == "device"
        eventually(lambda: counted(server, "bad_frame_plain") > 0, "plain frames are refused")


def test_the_edge_restarts_and_the_device_goes_on(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve, sample = Eve(any_broker("eve")), samples(bundle, 1)[0]
    with EdgeServer(config, any_broker("edge")):
        device = make_device(
            any_broker("dev-1"),
            key=KEY,
            settings={"probe_first_ms": 50, "probe_max_ms": 100, "deadline_ms": 100},
        )
        watch.plan(1)
        assert device.infer(sample).by == "edge"
        eventually(lambda: len(eve.on("act", "res")) >= 2, "it hears")
    recorded = eve.on("act")
    life_before = eve.on("res")[-1][1]
    with EdgeServer(config, any_broker("edge-again")) as again:
        for leaf, frame in recorded:
            eve.say(leaf, frame)
        eventually(lambda: counted(again, "bad_frame_replayed") == len(recorded), "recordings are refused")
        give_up = time.monotonic() + 20
        while device.infer(sample).by != "edge":
            assert time.monotonic() < give_up
        count = device.counters.get("sealed_old_life", 0)
        eve.say("res", life_before)
        eventually(
            lambda: device.counters.get("sealed_old_life", 0) == count + 1, "the old server's are over"
        )


def test_the_device_restarts_by_a_sealed_command_and_is_served_on(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve, sample = Eve(any_broker("eve")), samples(bundle, 1)[0]
    tool = Sealer(KEY, Role.TOOL, Life.now())
    with EdgeServer(config, any_broker("edge")) as server:
        device = make_device(any_broker("dev-1"), key=KEY, boots=FixedBoot(7))
        watch.plan(1)
        assert device.infer(sample).by == "edge"
        eventually(lambda: len(eve.on("act")) > 0, "it hears")
        old = eve.on("act")[0][1]
        restart = tool.seal(a_command(1, 7, Command.RESTART))
        eve.say("cmd", a_command(1, 7, Command.RESTART))  # plain: refused
        eve.say("cmd", tool.seal(a_command(1, 0, Command.RESTART)))  # for any life: refused
        eventually(
            lambda: device.counters.get("sealed_plain", 0) + device.counters.get("sealed_any_life", 0) == 2,
            "commands that are no good",
        )
        assert device.boot == 7
        eve.say("cmd", restart)
        eventually(lambda: device.boot == 8, "it restarts")
        eventually(lambda: device.state == "online", "and connects")
        assert device.infer(sample).answer == expected(bundle, sample)
        eve.say("act", old)
        eventually(lambda: counted(server, "bad_frame_old_life") == 1, "its last life is over")
        eve.say("cmd", restart)  # the new life does not know the frame, and the command is not for it
        time.sleep(0.2)
        assert device.boot == 8
        assert device.infer(sample).by == "edge"


def test_a_retained_plan_that_comes_again_is_no_bad_frame(
    memory_broker: MemoryBroker, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    with EdgeServer(config, MemoryBus(memory_broker, "edge")):
        device = make_device(MemoryBus(memory_broker, "dev-1"), key=KEY)
        watch.plan(1)
        eve = Eve(MemoryBus(memory_broker, "eve"))
        eventually(lambda: len(eve.on("plan")) > 0, "the plan is retained")
        eve.say("plan", eve.on("plan")[0][1])
        eventually(lambda: device.counters.get("sealed_replayed", 0) == 1, "the repeat is told apart")
        assert device.counters["bad_frames"] == 0


def test_a_monitor_reads_sealed_frames_with_the_keys_and_headers_without(
    memory_broker: MemoryBroker, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve, sample = Eve(MemoryBus(memory_broker, "eve")), samples(bundle, 1)[0]
    with EdgeServer(config, MemoryBus(memory_broker, "edge")):
        device = make_device(MemoryBus(memory_broker, "dev-1"), key=KEY)
        watch.plan(1)
        device.infer(sample)
        eventually(lambda: len(eve.on("act", "res")) >= 2, "it hears")
    topics = Topics("cutpoint/1")
    knows, guesses, stranger = (Listener(topics, keys) for keys in ({ID: KEY}, {ID: Key.new()}, None))
    for leaf, frame in eve.on("act", "res", "plan"):
        topic = topics.of(ID, leaf)  # type: ignore[arg-type]
        assert all(not heard.bad for _ in range(2) for heard in knows.hear(topic, frame))
        (blind,) = stranger.hear(topic, frame)
        assert not blind.bad
        assert "sealed" in blind.sentence
        (wrong,) = guesses.hear(topic, frame)
        assert wrong.bad
        assert "another key" in wrong.sentence
    (leaf, frame) = eve.on("res")[0]
    (heard,) = knows.hear(topics.of(ID, leaf), frame)  # type: ignore[arg-type]
    assert "#1 ok" in heard.sentence


def test_a_sealed_frame_is_no_larger_than_a_plain_one_may_be(
    memory_broker: MemoryBroker, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    eve, sample = Eve(MemoryBus(memory_broker, "eve")), samples(bundle, 1)[0]
    with EdgeServer(config, MemoryBus(memory_broker, "edge")):
        device = make_device(MemoryBus(memory_broker, "dev-1"), key=KEY, settings={"chunk_bytes": 220})
        watch.plan(1)
        assert device.infer(sample).by == "edge"
        eventually(lambda: len(eve.on("act")) > 1, "it hears chunks")
    assert max(len(frame) for _, frame in eve.on("act")) == 220
    with pytest.raises(UsageError, match="sealed frames need 220"):
        VirtualDevice(
            DEVICE,
            bundle,
            bus=MemoryBus(memory_broker, "x"),
            key=KEY,
            settings=DeviceSettings(chunk_bytes=219),
        )


def test_a_device_that_used_up_its_nonces_answers_by_itself(
    memory_broker: MemoryBroker,
    config: ServeConfig,
    bundle: Bundle,
    make_device: MakeDevice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import host_tools.device.sealing as sealing

    made = sealing.Sealer
    monkeypatch.setattr(sealing, "Sealer", lambda *given: made(*given, sealed=0xFFFF_FFFE))
    sample = samples(bundle, 1)[0]
    with EdgeServer(config, MemoryBus(memory_broker, "edge")) as server:
        device = make_device(MemoryBus(memory_broker, "dev-1"), key=KEY, settings={"cut": 5})
        eventually(lambda: device.state == "online", "it connects")
        assert device.infer(sample).by == "edge"
        record = device.infer(sample)
        assert (record.by, record.answer) == ("device", expected(bundle, sample))
        assert device.counters["sealed_exhausted"] == 1
        assert counted(server, "answered_ok") == 1
