"""Networks of every shape on a device: several inputs and outputs, shortcuts, floats, nothing on board."""

from __future__ import annotations

from pathlib import Path

import pytest
from device_watch import DEVICE, MakeDevice, Watch, expected

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import CodecId
from host_tools.device import open_source
from host_tools.hil import ScriptedEdge

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


def bundle_of(name: str, output: str, folder: Path, max_cut: int | None = None) -> Bundle:
    data = (MODELS / f"{name}.tflite").read_bytes()
    return Bundle.create(data, folder, name=name.replace("_", "-"), output=output, max_cut=max_cut)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("many_ends", "raw"),
        ("nested_residual", "raw"),
        ("branches", "classes"),
        ("float32", "classes"),
        ("uint8_io", "classes"),
        ("int16", "raw"),
        ("slices", "raw"),
    ],
)
def test_edge_and_device_give_equal_answers_at_every_cut(
    name: str,
    output: str,
    tmp_path: Path,
    memory_broker: MemoryBroker,
    bus: MemoryBus,
    make_device: MakeDevice,
    watch: Watch,
) -> None:
    bundle = bundle_of(name, output, tmp_path)
    edge = ScriptedEdge(MemoryBus(memory_broker, "edge"), bundle, DEVICE)
    device = make_device(bus, of=bundle)
    watch.state("online")
    (sample,) = open_source("random", device.inputs, count=1, seed=3)
    for epoch, cut in enumerate(range(bundle.n + 1), start=1):
        edge.plan(cut, epoch=epoch, codec=CodecId(cut % 2))
        watch.plan(epoch)
        record = device.infer(sample)
        assert record.by == ("device" if cut == bundle.n else "edge"), record.reason
        assert record.answer == expected(bundle, sample)
    edge.close()


def test_a_board_that_holds_no_operator_sends_pictures(
    tmp_path: Path, memory_broker: MemoryBroker, bus: MemoryBus, make_device: MakeDevice, watch: Watch
) -> None:
    bundle = bundle_of("branches", "classes", tmp_path, max_cut=0)
    edge = ScriptedEdge(MemoryBus(memory_broker, "edge"), bundle, DEVICE)
    device = make_device(bus, of=bundle)
    watch.state("online")
    (sample,) = open_source("random", device.inputs, count=1)
    record = device.infer(sample)
    assert (record.by, record.cut, record.device_us) == ("edge", 0, 0)
    assert record.answer == expected(bundle, sample)
    edge.close()
