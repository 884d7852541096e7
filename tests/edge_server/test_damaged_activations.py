"""Activations that are damaged or cut short on the way, under every codec: never a wrong answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from calibrated_bundle import calibrated_copy, number_of
from edge_bundles import MODELS

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.wire import FrameError, Receiver
from edge_server import EdgeServer, ServeConfig
from host_tools.demo.retrace import Retrace
from host_tools.device import DeviceSettings, Sample, VirtualDevice

CUT = 3
CUTS = (0, CUT)
CODECS = {
    "raw": "raw",
    "bitmap": "bitmap",
    "lowbit": f"lowbit:{number_of(CUTS, CUT, 0)}",
    "rans without loss": f"rans:{number_of(CUTS, CUT, 1)}",
    "rans": f"rans:{number_of(CUTS, CUT, 2)}",
    "delta": f"delta:{number_of(CUTS, CUT, 3)}",
}
PICTURES = 12


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    model = (MODELS / "fomo_like.tflite").read_bytes()
    return calibrated_copy(model, tmp_path_factory.mktemp("coded"), "coded", CUTS)


@pytest.fixture(scope="module")
def shown(coded: Bundle) -> list[Sample]:
    """Pictures that are smooth, so that every codec makes less of them."""
    _, height, width, channels = coded.inputs[0].shape
    rows, columns, colours = np.mgrid[0:height, 0:width, 0:channels]
    return [
        Sample(f"{turn}", ((rows * 3 + columns * turn + 40 * colours - 100).astype(np.int8)[None],))
        for turn in range(PICTURES)
    ]


class HurtfulBus(MemoryBus):
    """Flips a bit of every other activation frame, or cuts it short; `kept` are the frames as they were."""

    def __init__(self, broker: MemoryBroker, name: str, *, hurts: bool = True) -> None:
        super().__init__(broker, name)
        self.hurts = hurts
        self.kept: list[bytes] = []
        self._rng = random.Random(7)

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        if topic.endswith("/act"):
            self.kept.append(payload)
            if self.hurts and self._rng.random() < 0.5:
                payload = self._hurt(payload)
        return super().publish(topic, payload, qos, retain)

    def _hurt(self, payload: bytes) -> bytes:
        if self._rng.random() < 0.5:
            return payload[: self._rng.randrange(len(payload))]
        spoilt = bytearray(payload)
        spoilt[self._rng.randrange(len(spoilt))] ^= 1 << self._rng.randrange(8)
        return bytes(spoilt)


@pytest.fixture(params=CODECS.values(), ids=CODECS.keys())
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(codec: str, coded: Bundle, memory_broker: MemoryBroker) -> Iterator[EdgeServer]:
    config = ServeConfig(
        models=(coded.path,),
        policy=f"fixed:{CUT}:{codec}",
        max_loss=100.0,
        exploration=0.0,
        audit_every=0,
        deadline_ms=400,
    )
    with EdgeServer(config, MemoryBus(memory_broker, "edge")) as server:
        yield server


def asked(device: VirtualDevice, codec: str, sample: Sample) -> None:
    """Have the device follow the plan."""
    for _ in range(200):
        if device.infer(sample).codec == codec:
            return
    raise AssertionError(f"the device never sent under {codec}")


@pytest.mark.parametrize("chunk_bytes", [250, 4096], ids=["in chunks", "at once"])
def test_a_damaged_frame_costs_its_inference_and_is_no_answer(
    served: EdgeServer,
    codec: str,
    chunk_bytes: int,
    coded: Bundle,
    shown: list[Sample],
    memory_broker: MemoryBroker,
) -> None:
    bus = HurtfulBus(memory_broker, "cam", hurts=False)
    settings = DeviceSettings(chunk_bytes=chunk_bytes, telemetry_s=0, isolate_after=255)
    retrace, whole = Retrace(coded, "reference", "reference"), open_runner(coded.full, "reference")
    with VirtualDevice("cam", coded, bus=bus, engine="litert", settings=settings) as device:
        asked(device, codec, shown[0])
        bus.hurts = True
        by = set()
        for sample in shown:
            record = device.infer(sample)
            by.add(record.by)
            way = retrace.of(sample, CUT, record.codec or "raw")
            here = coded.answer_rule.decode(whole.run(list(sample.arrays)))
            assert record.answer == (way.answer if record.by == "edge" else here)
            assert record.reason in ("edge", "refused: bad frame", "deadline")
    assert "device" in by
    counted = served.stats()["counters"]
    damage = [name for name in counted if name.startswith("bad_frame_")]
    assert damage
    assert not {"internal_error", "twin_id"} & counted.keys()


def test_every_bit_that_flips_and_every_end_that_is_cut_off_is_found(
    served: EdgeServer, codec: str, coded: Bundle, shown: list[Sample], memory_broker: MemoryBroker
) -> None:
    assert served.idle()
    bus = HurtfulBus(memory_broker, "cam", hurts=False)
    with VirtualDevice(
        "cam", coded, bus=bus, engine="litert", settings=DeviceSettings(chunk_bytes=250, telemetry_s=0)
    ) as device:
        asked(device, codec, shown[0])
        bus.kept.clear()
        device.infer(shown[1])
    frames, rng = bus.kept[:], random.Random(3)
    assert len(frames) > 1
    receiver = Receiver()
    for number, frame in enumerate(frames):
        for at in range(len(frame)):
            spoilt = bytearray(frame)
            spoilt[at] ^= 1 << rng.randrange(8)
            for hurt in (bytes(spoilt), frame[:at]):
                with pytest.raises(FrameError):
                    receiver.push(hurt)
        message = receiver.push(frame)
        assert (message is not None) == (number + 1 == len(frames))
