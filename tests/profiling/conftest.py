"""A small network, a device that is given pictures all the time, and an edge to sweep it with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from busy_devices import DEVICE, Busy

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from host_tools.device import DeviceSettings, FixedBoot, Profile, VirtualDevice
from host_tools.hil.edge import ScriptedEdge

FOMO = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("models")
    return Bundle.create(FOMO.read_bytes(), folder, name="small", labels=("one", "two"), output="fomo")


@pytest.fixture(scope="session")
def short_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same network for a board that holds five operators of it."""
    folder = tmp_path_factory.mktemp("short")
    return Bundle.create(
        FOMO.read_bytes(), folder, name="short", labels=("one", "two"), output="fomo", max_cut=5
    )


@pytest.fixture
def busy_device(memory_broker: MemoryBroker) -> Iterator[Busy]:
    """`busy_device(bundle, ...)`: started, on LiteRT, and inferring until the test ends."""
    devices: list[VirtualDevice] = []
    ended = threading.Event()
    workers: list[threading.Thread] = []

    def make(
        bundle: Bundle, *, pictures: bool = True, profile: str | Profile = "host", **settings: object
    ) -> VirtualDevice:
        device = VirtualDevice(
            DEVICE,
            bundle,
            bus=MemoryBus(memory_broker, DEVICE),
            engine="litert",
            profile=profile,
            settings=DeviceSettings(telemetry_s=0.0, **{"deadline_ms": 5000, **settings}),  # type: ignore[arg-type]
            boots=FixedBoot(7),
        )
        device.start()
        devices.append(device)
        if pictures:
            workers.append(threading.Thread(target=infer, args=(device,)))
            workers[-1].start()
        return device

    def infer(device: VirtualDevice) -> None:
        rng = np.random.default_rng(1)
        shape = device.inputs[0].shape
        while not ended.wait(0.001):
            try:
                device.infer(rng.integers(-128, 128, shape).astype(np.int8))
            except CutpointError:
                return

    yield make
    ended.set()
    for device in devices:
        device.stop()
    for worker in workers:
        worker.join(10)


@pytest.fixture
def open_edge(memory_broker: MemoryBroker) -> Iterator[Callable[[Bundle], ScriptedEdge]]:
    made: list[ScriptedEdge] = []

    def make(bundle: Bundle, name: str = "profile") -> ScriptedEdge:
        made.append(ScriptedEdge(MemoryBus(memory_broker, name), bundle, DEVICE))
        return made[-1]

    yield make
    for edge in made:
        edge.close()
