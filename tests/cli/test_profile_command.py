"""`cutpoint profile` as a shell runs it, against a virtual device over a broker."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cutpoint.bus import EmbeddedBroker, MqttBus
from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, Key, add_key
from host_tools.device import DeviceSettings, Profile, VirtualDevice
from tests.cli.conftest import FIXTURES, Run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    data = (FIXTURES / "models" / "fomo_like.tflite").read_bytes()
    folder = tmp_path_factory.mktemp("bundles")
    return Bundle.create(data, folder, name="small", labels=("one", "two"), output="fomo")


class Cameras:
    """Devices that are given pictures all the time."""

    def __init__(self, address: tuple[str, int], bundle: Bundle) -> None:
        self.broker = f"{address[0]}:{address[1]}"
        self._address, self._bundle = address, bundle
        self._ended = threading.Event()
        self._running: list[tuple[VirtualDevice, threading.Thread]] = []

    def add(self, id: str, *, key: Key | None = None, profile: str = "host") -> None:
        device = VirtualDevice(
            id,
            self._bundle,
            bus=MqttBus(*self._address, id),
            engine="litert",
            key=key,
            profile=profile,
            settings=DeviceSettings(deadline_ms=300),
        )
        device.start()
        worker = threading.Thread(target=self._infer, args=(device,))
        worker.start()
        self._running.append((device, worker))

    def close(self) -> None:
        self._ended.set()
        for device, worker in self._running:
            worker.join(10)
            device.stop()

    def _infer(self, device: VirtualDevice) -> None:
        picture = np.zeros(device.inputs[0].shape, np.int8)
        while not self._ended.wait(0.002):
            try:
                device.infer(picture)
            except CutpointError:
                return


@pytest.fixture
def cameras(embedded_broker: EmbeddedBroker, small: Bundle) -> Iterator[Cameras]:
    made = Cameras(embedded_broker.address, small)
    yield made
    made.close()


def test_a_sweep_writes_its_files_and_a_profile_that_loads(
    run: Run, cameras: Cameras, small: Bundle, tmp_path: Path
) -> None:
    cameras.add("cam-1")
    out = tmp_path / "out"
    arguments = ("--device", "cam-1", "--bundle", small.path, "--broker", cameras.broker, "--count", "2")
    said = run("profile", *arguments, "--out", out, "--json")
    assert said.code == 0, said.sentence
    printed = json.loads(said.out)
    with (out / "cuts.csv").open() as file:
        assert [int(row["cut"]) for row in csv.DictReader(file)] == list(range(small.n + 1))
    assert json.loads((out / "cuts.json").read_text()) == printed["sweep"]
    assert (out / "cuts.png").read_bytes().startswith(b"\x89PNG")
    assert printed["written"] == [
        str(out / name) for name in ("cuts.csv", "cuts.json", "cuts.png", "board.toml")
    ]
    profile = Profile.load(out / "board.toml")
    assert profile.chip == "host"
    assert profile.planner is not None
    assert set(printed["changed"]) >= {"cycles_per_mac", "elementwise", "overhead", "planner"}


def test_a_profile_that_exists_is_updated_and_keeps_what_a_sweep_cannot_see(
    run: Run, cameras: Cameras, small: Bundle, tmp_path: Path
) -> None:
    cameras.add("cam-1")
    board = tmp_path / "mine.toml"
    text = Path(Profile.load.__code__.co_filename).with_name("profiles") / "esp32.toml"
    board.write_text(text.read_text())
    arguments = ("--device", "cam-1", "--bundle", small.path, "--broker", cameras.broker, "--count", "1")
    said = run("profile", *arguments, "--out", tmp_path, "--board", board, "--no-plot")
    assert said.code == 0, said.sentence
    assert "measured clock, cycles_per_mac" in said.sentence
    assert "kept" in said.sentence
    assert not (tmp_path / "cuts.png").exists()
    before, after = Profile.load("esp32"), Profile.load(board)
    assert (after.current, after.memory, after.wake) == (before.current, before.memory, before.wake)
    assert after.overhead is not None
    assert "cutpoint profile" in after.overhead.source


def test_a_sealed_device_is_swept_with_its_key_and_not_without(
    run: Run, cameras: Cameras, small: Bundle, tmp_path: Path
) -> None:
    key = Key.new()
    add_key(tmp_path / "keys.toml", DeviceId("cam-2"), key)
    cameras.add("cam-2", key=key)
    arguments = ("--device", "cam-2", "--bundle", small.path, "--broker", cameras.broker, "--count", "1")
    arguments += ("--cuts", "0,3", "--out", tmp_path, "--no-plot")
    said = run("profile", *arguments, "--timeout", "1")
    assert said.code == 2
    assert "--keys" in said.sentence
    said = run("profile", *arguments, "--keys", tmp_path / "keys.toml")
    assert said.code == 0, said.sentence
    assert key.reveal().hex() not in said.sentence


def test_modelled_times_make_figures_and_no_profile(
    run: Run, cameras: Cameras, small: Bundle, tmp_path: Path
) -> None:
    cameras.add("cam-3", profile="esp32-s3")
    arguments = ("--device", "cam-3", "--bundle", small.path, "--broker", cameras.broker, "--count", "1")
    said = run("profile", *arguments, "--cuts", "1-2", "--out", tmp_path, "--no-plot")
    assert said.code == 0, said.sentence
    assert "no profile: cam-3 models its operators' times" in said.sentence
    assert not (tmp_path / "board.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--device", "Cam 1"), "Cam 1"),
        (("--device", "cam-1", "--codec", "zip"), "--codec is 'zip'"),
        (("--device", "cam-1", "--bundle", "nowhere.cut"), "nowhere.cut"),
        (("--device", "cam-1", "--base", "esp8266"), "esp8266"),
        (("--device", "cam-1", "--broker", "127.0.0.1:1"), "refused"),
        (("--count", "5"), "--device"),
    ],
)
def test_wrong_use_of_profile_gets_one_sentence(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    said = run("profile", *arguments, "--out", tmp_path)
    assert said.code == 2
    assert words in said.sentence
