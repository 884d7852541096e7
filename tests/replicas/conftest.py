"""Several servers of one broker in this process, and devices made by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from edge_server import EdgeServer, ServeConfig

sys.path.insert(0, str(Path(__file__).parents[1] / "edge_server"))

from edge_bundles import MODELS, make_bundle
from hand_device import HandDevice

Replica = Callable[..., EdgeServer]
Connect = Callable[[str], HandDevice]


@pytest.fixture(scope="session")
def fomo_shared(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small FOMO-like network in a bundle."""
    folder = tmp_path_factory.mktemp("models")
    channels = Bundle.create((MODELS / "fomo_like.tflite").read_bytes(), folder).outputs[0].shape[-1]
    labels = tuple(f"thing-{i}" for i in range(channels - 1))
    return make_bundle(tmp_path_factory.mktemp("bundles"), "fomo_like", output="fomo", labels=labels)


class MemoryReplicas:
    """Servers over one in-memory broker; `kill` makes one vanish as by SIGKILL."""

    def __init__(self, bundle: Bundle, broker: MemoryBroker) -> None:
        self.broker = broker
        self.servers: dict[str, EdgeServer] = {}
        self._buses: dict[str, MemoryBus] = {}
        self._bundle = bundle

    def start(self, name: str, **settings: object) -> EdgeServer:
        config = ServeConfig.checked(
            {"models": (self._bundle.path.parent,), "exploration": 0.0, "replica": name} | settings, "test"
        )
        self._buses[name] = MemoryBus(self.broker, f"{name}-{len(self._buses)}")
        server = self.servers[name] = EdgeServer(config, self._buses[name])
        server.start()
        return server

    def kill(self, name: str) -> EdgeServer:
        self._buses[name].drop()
        return self.servers.pop(name)

    def stop(self, name: str) -> None:
        self.servers.pop(name).stop()

    def own(self) -> dict[str, int]:
        """How many devices each serves."""
        return {name: int(server.stats()["replica"]["own"]) for name, server in self.servers.items()}

    def leaving(self) -> int:
        """How many are still served by the one before."""
        return sum(int(server.stats()["replica"]["leaving"]) for server in self.servers.values())

    def answered(self) -> dict[str, int]:
        return {
            name: int(server.stats()["counters"].get("answered_ok", 0))
            for name, server in self.servers.items()
        }


@pytest.fixture
def replicas(fomo_shared: Bundle, memory_broker: MemoryBroker) -> Iterator[MemoryReplicas]:
    made = MemoryReplicas(fomo_shared, memory_broker)
    yield made
    for server in made.servers.values():
        server.stop()


@pytest.fixture
def connect(fomo_shared: Bundle, memory_broker: MemoryBroker) -> Iterator[Connect]:
    """`connect(name)` makes a device that has announced itself."""
    buses: list[MemoryBus] = []

    def device(name: str) -> HandDevice:
        buses.append(MemoryBus(memory_broker, name))
        made = HandDevice(buses[-1], fomo_shared, name)
        made.announce()
        made.about()
        return made

    yield device
    for bus in buses:
        bus.close()
