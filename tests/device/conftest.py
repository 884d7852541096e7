"""A small bundle, a scripted edge and devices over any broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from device_watch import DEVICE, MakeDevice, Watch

from cutpoint.bus import Bus, MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from host_tools.device import DeviceSettings, FixedBoot, VirtualDevice
from host_tools.hil import ScriptedEdge

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
def watch() -> Watch:
    return Watch()


@pytest.fixture
def make_device(bundle: Bundle, watch: Watch) -> Iterator[MakeDevice]:
    """`make_device(bus, ...)`: started, on LiteRT, watched, short of telemetry; stopped at the end."""
    made: list[VirtualDevice] = []

    def make(bus: Bus, *, of: Bundle | None = None, **options: Any) -> VirtualDevice:
        settings = {"telemetry_s": 0.0, "deadline_ms": 5000, **options.pop("settings", {})}
        device = VirtualDevice(
            options.pop("id", DEVICE),
            of or bundle,
            bus=bus,
            engine=options.pop("engine", "litert"),
            settings=DeviceSettings(**settings),
            boots=options.pop("boots", FixedBoot(7)),
            observer=watch,
            **options,
        )
        made.append(device)
        device.start()
        return device

    yield make
    for device in made:
        device.stop()


@pytest.fixture
def edge(memory_broker: MemoryBroker, bundle: Bundle) -> Iterator[ScriptedEdge]:
    made = ScriptedEdge(MemoryBus(memory_broker, "edge"), bundle, DEVICE)
    yield made
    made.close()


@pytest.fixture
def bus(memory_broker: MemoryBroker) -> MemoryBus:
    """The device's own bus, in memory."""
    return MemoryBus(memory_broker, DEVICE)
