"""A small network, recorded; a fleet on a real broker; an edge that does what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from told_edge import ToldEdge

from cutpoint.bus import MqttBus
from cutpoint.graph import Bundle
from host_tools.load.device import Manner
from host_tools.load.fleet import Fleet
from host_tools.load.recording import Recording
from host_tools.shipped import SMALL_FOMO, shipped_bundle, shipped_pictures

MadeFleet = Callable[..., Fleet]


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return Bundle.open(shipped_bundle(SMALL_FOMO))


@pytest.fixture(scope="session")
def recording(bundle: Bundle) -> Recording:
    return Recording.of(bundle, pictures=shipped_pictures(SMALL_FOMO), count=4)


@pytest.fixture
def make_fleet(recording: Recording) -> Iterator[MadeFleet]:
    """`make_fleet(broker, devices, **manner)` connects a fleet that asks nothing yet."""
    made: list[Fleet] = []

    def make(broker: tuple[str, int], devices: int = 5, **manner: Any) -> Fleet:
        how = Manner(**({"root": "cutpoint/1", "cut": 3, "boot": 7, "deadline_ms": 500} | manner))
        fleet = Fleet([f"dev-{number}" for number in range(devices)], recording, how, broker)
        made.append(fleet)
        assert fleet.connect(10) == devices
        return fleet

    yield make
    for fleet in made:
        for device in fleet.devices:
            device.client.drop()


@pytest.fixture
def told_edge(recording: Recording) -> Iterator[Callable[[tuple[str, int]], ToldEdge]]:
    """`told_edge(broker)` answers every activation of every device, as it is told."""
    made: list[ToldEdge] = []

    def make(broker: tuple[str, int]) -> ToldEdge:
        made.append(ToldEdge(MqttBus(*broker, client_id="edge"), recording))
        return made[-1]

    yield make
    for edge in made:
        edge.close()
