"""A device whose model the edge does not know says what the edge has instead."""

from __future__ import annotations

from dataclasses import replace

from device_watch import MakeDevice, Watch, eventually, samples

from cutpoint.bus import MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, ModelId, Status, encode
from host_tools.device import ModelsOffered
from host_tools.device.offers import Offers
from host_tools.hil import ScriptedEdge

OFFERED = (ModelId(b"\x1a\x2b\x3c\x4d"), ModelId(b"\0\1\2\3"))


def unknown(edge: ScriptedEdge, activation: Activation) -> None:
    edge.send(replace(edge.result(activation, Status.UNKNOWN_MODEL), offered=OFFERED))


def test_the_ids_on_offer_are_told_once_and_the_device_answers_itself(
    bus: MemoryBus, edge: ScriptedEdge, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    edge.reply = unknown
    device = make_device(bus)
    watch.state("online")
    edge.plan(2)
    watch.plan(1)
    (sample,) = samples(bundle, 1)
    record = device.infer(sample)
    assert (record.by, record.reason) == ("device", "refused: unknown model")
    watch.wait(lambda event: event == ModelsOffered(edge.model, OFFERED))
    device.infer(sample)
    eventually(lambda: device.state == "isolated", "an unknown model isolates")
    assert sum(isinstance(event, ModelsOffered) for event in watch.events) == 1


def test_an_offer_in_several_chunks_or_of_another_life_is_read_or_passed_over(
    edge: ScriptedEdge, bundle: Bundle
) -> None:
    activation = Activation(edge.model, 7, 1, 2, 0, 0, 0, ())  # type: ignore[arg-type]
    many = tuple(ModelId(bytes([0, 0, 0, number])) for number in range(64))
    result = replace(edge.result(activation, Status.UNKNOWN_MODEL, 1), offered=many)
    frames = encode(result, chunk_bytes=64)
    here, elsewhere = Offers(7), Offers(8)
    assert [here.hear(frame) for frame in frames][-1] == (edge.model, many)
    assert [elsewhere.hear(frame) for frame in frames] == [None] * len(frames)
    assert [here.hear(frame) for frame in frames] == [None] * len(frames)
    assert here.hear(b"") is here.hear(b"CP\1\2" + bytes(40)) is None
