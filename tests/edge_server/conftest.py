"""A server over the in-memory broker, and devices made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from edge_bundles import MODELS, make_bundle
from hand_device import HandDevice

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from edge_server import EdgeServer, ServeConfig
from edge_server.events import Event

MadeServer = Callable[..., EdgeServer]
MadeDevice = Callable[..., HandDevice]


@pytest.fixture(scope="session")
def fomo(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small FOMO-like network in a bundle."""
    folder = tmp_path_factory.mktemp("models")
    channels = Bundle.create((MODELS / "fomo_like.tflite").read_bytes(), folder).outputs[0].shape[-1]
    labels = tuple(f"thing-{i}" for i in range(channels - 1))
    return make_bundle(tmp_path_factory.mktemp("bundles"), "fomo_like", output="fomo", labels=labels)


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def serve(fomo: Bundle, memory_broker: MemoryBroker, events: list[Event]) -> Iterator[MadeServer]:
    """`serve(**settings)` starts a server of the FOMO bundle, on reference kernels."""
    servers: list[EdgeServer] = []

    def start(**settings: object) -> EdgeServer:
        config = ServeConfig.checked(
            {"models": (fomo.path.parent,), "kernels": "reference", "exploration": 0.0} | settings, "test"
        )
        server = EdgeServer(config, MemoryBus(memory_broker, f"edge-{len(servers)}"), events.append)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def device(fomo: Bundle, memory_broker: MemoryBroker) -> Iterator[MadeDevice]:
    """`device(name, **how)` connects a device made by hand."""
    buses: list[MemoryBus] = []

    def connect(name: str = "dev-1", **how: object) -> HandDevice:
        buses.append(MemoryBus(memory_broker, name))
        return HandDevice(buses[-1], how.pop("bundle", fomo), name, **how)  # type: ignore[arg-type]

    yield connect
    for bus in buses:
        bus.close()


@pytest.fixture
def dev(device: MadeDevice) -> HandDevice:
    """One connected device, for tests that need no second."""
    return device()
