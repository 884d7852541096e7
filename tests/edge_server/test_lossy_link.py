"""A link that loses chunks, with and without answers from those that came: virtual device and server in one process."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from calibrated_bundle import calibrated_copy, number_of
from edge_bundles import MODELS

from cutpoint.answer import Agreement
from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from edge_server import EdgeServer, ServeConfig
from host_tools.demo.retrace import Retrace
from host_tools.device import DeviceSettings, InferenceRecord, Sample, VirtualDevice

CUT = 3
CUTS = (CUT,)
PICTURES = 24
LOST = 0.08
CODECS = {"raw": "raw", "lowbit": f"lowbit:{number_of(CUTS, CUT, 0)}"}


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    model = (MODELS / "fomo_like.tflite").read_bytes()
    return calibrated_copy(model, tmp_path_factory.mktemp("lossy"), "lossy", CUTS)


@pytest.fixture(scope="module")
def shown(coded: Bundle) -> list[Sample]:
    rng = np.random.default_rng(5)
    shape = coded.inputs[0].shape
    return [
        Sample(str(number), (rng.integers(-128, 128, shape).astype(np.int8),)) for number in range(PICTURES)
    ]


class LosingBus(MemoryBus):
    """Loses chunks of activations, and says that they left, as QoS 0 does."""

    lost = 0.0

    def __init__(self, broker: MemoryBroker, name: str) -> None:
        super().__init__(broker, name)
        self._rng = random.Random(11)

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        if topic.endswith("/act") and self._rng.random() < self.lost:
            return True
        return super().publish(topic, payload, qos, retain)


def records_of(
    bundle: Bundle, shown: list[Sample], codec: str, *, partial_answers: bool
) -> list[InferenceRecord]:
    """What a device with chunks of 250 B sees on such a link."""
    broker = MemoryBroker()
    bus = LosingBus(broker, "cam")
    config = ServeConfig(
        models=(Path(bundle.path),),
        policy=f"fixed:{CUT}:{codec}",
        max_loss=100.0,
        exploration=0.0,
        audit_every=0,
        deadline_ms=250,
        partial_answers=partial_answers,
    )
    settings = DeviceSettings(chunk_bytes=250, telemetry_s=0, isolate_after=255)
    with (
        EdgeServer(config, MemoryBus(broker, "edge")),
        VirtualDevice("cam", bundle, bus=bus, engine="litert", settings=settings) as device,
    ):
        for _ in range(200):
            if (seen := device.infer(shown[0])).codec == codec and seen.by == "edge":
                break
        bus.lost = LOST
        return [device.infer(sample) for sample in shown]


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_more_is_answered_and_the_rest_as_ever(coded: Bundle, shown: list[Sample], codec: str) -> None:
    without = records_of(coded, shown, codec, partial_answers=False)
    with_them = records_of(coded, shown, codec, partial_answers=True)
    assert not any(record.partial for record in without)
    in_part = [record for record in with_them if record.partial]
    whole_ones = [record for record in with_them if record.by == "edge" and not record.partial]
    answered = sum(record.by == "edge" for record in without)
    assert PICTURES // 8 <= answered <= PICTURES * 7 // 8
    assert len(in_part) + len(whole_ones) > answered
    retrace, whole = Retrace(coded, "reference", "reference"), open_runner(coded.full, "reference")
    agreed = Agreement()
    for sample, record in zip(shown, with_them, strict=True):
        here = coded.answer_rule.decode(whole.run(list(sample.arrays)))
        if record.partial:
            assert record.answer is not None
            agreed.add(here, record.answer)
        elif record.by == "edge":
            assert record.answer == retrace.of(sample, CUT, codec).answer
        else:
            assert (record.answer, record.reason) == (here, "deadline")
    assert agreed.value is not None
    assert agreed.value > 0.5
