"""Virtual devices, with the session and the codecs of the boards, at a server that plans, undoes and audits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coded_bundle import COARSE, DELTA, LOSSLESS, ONE, PAIR, PAIR_DELTA, TWO, calibrated
from edge_bundles import make_bundle
from hand_device import head, pictures, until, whole_answer

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from edge_server import Audited, EdgeServer, ServeConfig
from edge_server.events import Event
from host_tools.device import Sample, VirtualDevice

Together = Callable[..., tuple[EdgeServer, VirtualDevice]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return calibrated(make_bundle(tmp_path_factory.mktemp("sessions"), "fomo_like", output="raw"))


@pytest.fixture
def together(bundle: Bundle, memory_broker: MemoryBroker, events: list[Event]) -> Iterator[Together]:
    begun: list[Any] = []

    def begin(**settings: Any) -> tuple[EdgeServer, VirtualDevice]:
        config = ServeConfig.checked(
            {
                "models": (bundle.path,),
                "exploration": 0.0,
                "decide_interval_ms": 0,
                "learn_interval_ms": 0,
                "planning_share": 1.0,
                "deadline_ms": 5_000,
            }
            | settings,
            "test",
        )
        server = EdgeServer(config, MemoryBus(memory_broker, "edge"), events.append)
        server.start()
        begun.append(server)
        device = VirtualDevice("dev-1", bundle, bus=MemoryBus(memory_broker, "dev-1"))
        begun.append(device)
        device.start()
        return server, device

    yield begin
    for one in reversed(begun):
        one.stop()


def counters(server: EdgeServer) -> dict[str, int]:
    counts: dict[str, int] = server.stats()["counters"]
    return counts


def settle(device: VirtualDevice, sample: Sample, codec: str) -> None:
    """Until the device follows a plan with this codec."""
    until(lambda: device.infer(sample).codec == codec)


@pytest.mark.parametrize(
    ("number", "cut", "codec"),
    [(LOSSLESS, ONE, "rans"), (DELTA, ONE, "delta"), (PAIR, TWO, "rans"), (PAIR_DELTA, TWO, "delta")],
)
def test_lossless_settings_are_answered_as_the_whole_network_does(
    together: Together, bundle: Bundle, number: int, cut: int, codec: str
) -> None:
    server, device = together(policy=f"fixed:{cut}:{codec}:{number}")
    scenes = pictures(bundle, 12, seed=3)
    settle(device, Sample("first", scenes[0]), f"{codec}:{number}")
    for scene in scenes:
        record = device.infer(Sample("scene", scene))
        assert (record.by, record.codec) == ("edge", f"{codec}:{number}")
        assert record.answer == whole_answer(bundle, scene)
    seen = counters(server)
    assert not [name for name in seen if name.startswith(("wrong_", "bad_", "unknown_"))]


@pytest.mark.parametrize(("number", "cut"), [(DELTA, ONE), (PAIR_DELTA, TWO)])
def test_scenes_that_change_a_little_or_altogether_are_changes_of_frames_that_the_edge_knows(
    together: Together, bundle: Bundle, number: int, cut: int
) -> None:
    server, device = together(policy=f"fixed:{cut}:delta:{number}")
    rng = np.random.default_rng(5)
    [scene], [noise] = pictures(bundle, 2, seed=4)
    settle(device, Sample("first", (scene,)), f"delta:{number}")
    sizes = []
    for turn in range(40):
        scene = scene.copy()
        # A few values, everything, nothing; and noise, which no table makes smaller than raw.
        if turn % 10 == 9:
            scene = rng.integers(-128, 128, noise.shape, np.int8)
        elif turn % 3:
            scene.flat[rng.integers(0, scene.size, 2)] = 0
        record = device.infer(Sample("scene", (scene,)))
        assert record.by == "edge"
        assert record.answer == whole_answer(bundle, (scene,))
        sizes.append(record.bytes_up)
    assert counters(server).get("unknown_reference", 0) == 0
    assert min(sizes) < sum(array.nbytes for array in head(bundle, cut, (scene,))) / 4


def test_a_device_is_audited_without_an_answer_being_late_or_missing(
    together: Together, bundle: Bundle, events: list[Event]
) -> None:
    server, device = together(policy=f"fixed:{ONE}:rans:{COARSE}", max_loss=5, audit_every=3)
    scenes = pictures(bundle, 60, seed=6)
    settle(device, Sample("first", scenes[0]), f"rans:{COARSE}")
    seen = [device.infer(Sample("scene", scene)) for scene in scenes]
    assert {record.by for record in seen} == {"edge"}
    exact = [
        record.answer == whole_answer(bundle, scene)
        for record, scene in zip(seen, scenes, strict=True)
        if record.codec != f"rans:{COARSE}"
    ]
    assert exact
    assert all(exact)
    until(lambda: counters(server).get("audits", 0) >= 5)
    until(lambda: any(isinstance(event, Audited) for event in events))
    assert counters(server).get("audits_failed", 0) == 0


def test_a_device_of_another_calibration_is_served_without_its_tables(
    together: Together, bundle: Bundle, tmp_path: Path, memory_broker: MemoryBroker
) -> None:
    other = calibrated(make_bundle(tmp_path, "fomo_like", output="raw"), seed=12)
    assert other.codec_tables != bundle.codec_tables
    server, _ = together(policy="fixed:7:bitmap")
    with VirtualDevice("dev-2", other, bus=MemoryBus(memory_broker, "dev-2")) as device:
        [scene] = pictures(bundle, 1)
        until(lambda: device.infer(Sample("scene", scene)).codec == "bitmap")
        assert counters(server).get("wrong_tables", 0) == 0
