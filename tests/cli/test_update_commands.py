"""`cutpoint update` and `cutpoint command` against a virtual device over a real broker."""

from __future__ import annotations

import json
import re
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cutpoint.bus import EmbeddedBroker, MqttBus
from cutpoint.graph import Bundle
from cutpoint.update import Outcome, model_image
from cutpoint.wire import Command, DeviceId, Key, Topics, add_key
from host_tools.device import DeviceSettings, FixedBoot, VirtualDevice
from host_tools.remote import Peer, send_update
from tests.cli.conftest import FIXTURES, Run
from tests.conftest import Mosquitto


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Bundle]:
    folder = tmp_path_factory.mktemp("bundles")
    made = [
        Bundle.create((FIXTURES / "models" / f"{name}.tflite").read_bytes(), folder, name=name)
        for name in ("fomo_like", "autoencoder")
    ]
    return made[0], made[1]


@pytest.fixture
def broker() -> Iterator[str]:
    with EmbeddedBroker(0) as running:
        host, port = running.address
        yield f"{host}:{port}"


def started(
    broker: str, bundle: Bundle, name: str = "cam-1", key: Key | None = None, **settings: object
) -> VirtualDevice:
    host, _, port = broker.partition(":")
    device = VirtualDevice(
        name,
        bundle,
        bus=MqttBus(host, int(port), name),
        engine="litert",
        settings=DeviceSettings(telemetry_s=0.0, **settings),  # type: ignore[arg-type]
        boots=FixedBoot(3),
        key=key,
    )
    device.start()
    return device


@pytest.fixture
def device(broker: str, bundles: tuple[Bundle, Bundle]) -> Iterator[VirtualDevice]:
    made = started(broker, bundles[0])
    yield made
    made.stop()


def test_a_model_is_replaced_with_one_command(
    run: Run, broker: str, device: VirtualDevice, bundles: tuple[Bundle, Bundle]
) -> None:
    said = run("update", "--device", "cam-1", "--model", bundles[1].path, "--broker", broker)
    assert said.code == 0, said.sentence
    assert "autoencoder" in said.sentence
    assert "is in use on cam-1" in said.sentence
    assert device.model.model_id == bundles[1].model_id


def test_the_report_in_json_has_all_of_it(
    run: Run, broker: str, device: VirtualDevice, bundles: tuple[Bundle, Bundle]
) -> None:
    said = run("update", "--device", "cam-1", "--model", bundles[1].path, "--broker", broker, "--json")
    report = json.loads(said.out)
    assert (report["outcome"], report["kind"], report["resumed_at"]) == ("done", "model", 0)
    assert len(report["sha256"]) == 64


def app_image(chip: int) -> bytes:
    """An application image that ends where it says, for any chip."""
    description = struct.pack("<II8x32s32s16s16s32s", 0xABCD5432, 0, b"2.0", b"cutpoint", b"", b"", b"v5.1.4")
    segment = description.ljust(256, b"\0")
    data = struct.pack("<BBBBI4xHBHH4xB", 0xE9, 1, 0, 0x20, 0, chip, 0, 0, 0, 0)
    data += struct.pack("<II", 0x3F400020, len(segment)) + segment
    checksum = 0xEF
    for byte in segment:
        checksum ^= byte
    data += bytes(15 - len(data) % 16)
    return data + bytes([checksum])


def test_firmware_for_a_pc_is_refused_with_exit_1(
    run: Run, broker: str, device: VirtualDevice, tmp_path: Path
) -> None:
    app = tmp_path / "app.bin"
    app.write_bytes(app_image(0))
    said = run("update", "--device", "cam-1", "--firmware", app, "--broker", broker, "--json")
    assert said.code == 2
    assert "setting `update` is model" in said.sentence
    device.stop()
    other = started(broker, device.bundle, "cam-2", update="all")
    try:
        said = run("update", "--device", "cam-2", "--firmware", app, "--broker", broker)
    finally:
        other.stop()
    assert said.code == 1
    assert "has no firmware that could be replaced" in said.sentence


def test_a_device_that_went_to_sleep_is_said(
    run: Run,
    broker: str,
    device: VirtualDevice,
    bundles: tuple[Bundle, Bundle],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("host_tools.cli.update.MEET_S", 0.3)
    device.stop()
    said = run("update", "--device", "cam-1", "--model", bundles[1].path, "--broker", broker)
    assert said.code == 2
    # A goodbye that a busy machine cuts short leaves the last will; which it was is not the command's matter.
    assert re.search(r"said (sleeping|lost) last", said.sentence)


def test_a_device_that_nobody_knows_is_said(
    run: Run, broker: str, bundles: tuple[Bundle, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.cli.update.MEET_S", 0.3)
    said = run("update", "--device", "cam-9", "--model", bundles[1].path, "--broker", broker)
    assert said.code == 2
    assert "no device cam-9 has announced itself" in said.sentence


@pytest.mark.broker
def test_a_broker_that_comes_back_costs_only_time(
    run: Run, bundles: tuple[Bundle, Bundle], mosquitto: Mosquitto
) -> None:
    """The broker dies in the middle of the transfer, with everything that it had retained."""
    host, port = mosquitto.address
    device = started(f"{host}:{port}", bundles[0])
    heard = threading.Event()
    take = device._updates.take

    def watched(command: Command, argument: bytes) -> bool:
        heard.set()
        return take(command, argument)

    device._updates.take = watched  # type: ignore[method-assign]

    def interrupt() -> None:
        heard.wait(10)
        mosquitto.kill()
        time.sleep(0.5)
        mosquitto.start()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        said = run("update", "--device", "cam-1", "--model", bundles[1].path, "--broker", f"{host}:{port}")
    finally:
        thread.join(10)
        device.stop()
    assert said.code == 0, said.sentence
    assert device.model.model_id == bundles[1].model_id


def test_a_sealed_device_needs_its_key(
    run: Run, broker: str, bundles: tuple[Bundle, Bundle], tmp_path: Path
) -> None:
    key, keys = Key.new(), tmp_path / "keys.toml"
    add_key(keys, DeviceId("cam-1"), key)
    device = started(broker, bundles[0], key=key)
    common = ("update", "--device", "cam-1", "--model", bundles[1].path, "--broker", broker)
    try:
        assert run(*common, "--timeout", "1").code == 1
        said = run(*common, "--keys", keys)
    finally:
        device.stop()
    assert said.code == 0, said.sentence


def test_a_device_is_identified_profiled_and_restarted(run: Run, broker: str, device: VirtualDevice) -> None:
    for what in ("identify", "profile"):
        said = run("command", what, "--device", "cam-1", "--broker", broker)
        assert said.code == 0, said.sentence
    said = run("command", "restart", "--device", "cam-1", "--broker", broker, "--json")
    assert json.loads(said.out)["boot"] == 4
    assert said.code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["update", "--device", "cam-1"], "--model BUNDLE or --firmware APP.bin"),
        (["update", "--device", "cam-1", "--model", "a.cut", "--firmware", "b.bin"], "--model BUNDLE or"),
        (["update", "--device", "cam-1", "--model", "nowhere.cut"], "nowhere.cut"),
        (["update", "--device", "cam-1", "--firmware", "nowhere.bin"], "nowhere.bin"),
        (["update", "--device", "cam-1", "--firmware", __file__], "this is no ESP image"),
        (["update", "--device", "cam-1", "--firmware", "nowhere.bin", "--operators", "3"], "--operators"),
        (["update", "--device", "Cam 1", "--model", str(FIXTURES)], "manifest.json is missing"),
        (["command", "dance", "--device", "cam-1"], "dance"),
        (["command", "identify", "--device", "Cam 1"], "Cam 1"),
        (["command", "identify", "--device", "cam-1", "--keys", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(run: Run, arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert said.code == 2
    assert words in said.sentence


def test_a_device_goes_on_with_pictures_for_a_model_with_other_inputs(
    run: Run, broker: str, bundles: tuple[Bundle, Bundle], tmp_path: Path
) -> None:
    """And keeps the model, and its boot number, in its folder."""
    first, second = bundles

    def replace() -> None:
        host, _, port = broker.partition(":")
        with Peer(MqttBus(host, int(port), "replacing"), Topics(), DeviceId("cam-3")) as peer:
            give_up = time.monotonic() + 20
            while not (peer.online and peer.about is not None):
                assert time.monotonic() < give_up
                peer.hear(0.1)
            ended.append(send_update(peer, model_image(second)).outcome)

    ended: list[Outcome] = []
    device = ("device", "--id", "cam-3", "--bundle", first.path, "--pictures", "random", "--state", tmp_path)
    options = (
        "--engine",
        "litert",
        "--deadline-ms",
        "50",
        "--interval",
        "0.05",
        "--broker",
        broker,
        "--json",
    )
    thread = threading.Thread(target=replace)
    thread.start()
    said = run(*device, *options, "--count", "60")
    thread.join(30)
    assert ended == [Outcome.DONE]
    assert said.code == 0, said.err
    assert len(said.out.splitlines()) == 61
    again = run(*device, *options, "--count", "1")
    assert again.code == 0, again.err
    assert json.loads((tmp_path / "boot.json").read_text()) == {"boot": 3}
