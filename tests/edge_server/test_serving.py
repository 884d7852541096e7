"""Activations in, answers out: the server between a broker and devices made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from edge_bundles import make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import CodecId, Flag, Status
from edge_server import EdgeServer, ServeConfig
from edge_server.events import Answered


@pytest.mark.parametrize("codec", [codec for codec in CodecId if not codec.calibrated])
def test_at_every_cut_the_answer_is_the_whole_models(
    serve: Any, device: Any, fomo: Bundle, codec: CodecId
) -> None:
    serve()
    dev: HandDevice = device()
    sequence = 0
    for picture in pictures(fomo, 2):
        expected = whole_answer(fomo, picture)
        for cut in range(fomo.n):
            sequence += 1
            result = dev.ask(cut, picture, sequence, codec=codec)
            assert (result.status, result.sequence, result.cut) == (Status.OK, sequence, cut)
            assert result.answer == expected, f"cut {cut}"


@pytest.mark.parametrize("name", ["float32", "uint8_io", "int16", "nested_residual", "slices", "many_ends"])
def test_any_model_is_answered_at_every_cut(name: str, tmp_path: Any, memory_broker: MemoryBroker) -> None:
    bundle = make_bundle(tmp_path, name, output="raw")
    config = ServeConfig(models=(tmp_path,), kernels="reference")
    with EdgeServer(config, MemoryBus(memory_broker, "edge")):
        dev = HandDevice(MemoryBus(memory_broker, "dev-1"), bundle)
        [picture] = pictures(bundle, 1)
        expected = whole_answer(bundle, picture)
        for cut in range(bundle.n):
            result = dev.ask(cut, picture, cut + 1)
            assert (result.status, result.answer) == (Status.OK, expected), f"cut {cut}"
        dev.bus.close()


def test_an_activation_in_many_chunks_in_any_order_is_answered(serve: Any, device: Any, fomo: Bundle) -> None:
    from cutpoint.wire import encode

    serve()
    dev = device()
    [picture] = pictures(fomo, 1)
    frames = encode(dev.activation(0, picture), chunk_bytes=256)
    assert len(frames) > 3
    dev.send_frames(frames[::-1])
    assert dev.result().answer == whole_answer(fomo, picture)


def test_at_the_last_cut_the_answer_is_recorded_and_only_acknowledged(
    serve: Any, device: Any, fomo: Bundle, events: list[Any]
) -> None:
    serve()
    [picture] = pictures(fomo, 1)
    result = device().ask(fomo.n, picture)
    assert (result.status, result.answer) == (Status.OK, None)
    until(lambda: any(isinstance(event, Answered) for event in events))
    [answered] = [event for event in events if isinstance(event, Answered)]
    assert answered.acknowledged
    assert answered.answer == whole_answer(fomo, picture)


def test_a_probe_without_tensors_is_acknowledged(serve: Any, device: Any, fomo: Bundle) -> None:
    from dataclasses import replace

    serve()
    dev = device()
    [picture] = pictures(fomo, 1)
    probe = dev.activation(fomo.n, picture, flags=Flag.PROBE)
    dev.send(replace(probe, tensors=()))
    assert dev.result().status is Status.OK


def test_a_repeated_inference_is_answered_again_and_run_once(
    serve: Any, device: Any, fomo: Bundle, events: list[Any]
) -> None:
    server = serve()
    dev = device()
    [picture] = pictures(fomo, 1)
    first, again = dev.ask(3, picture), dev.ask(3, picture)
    assert again == first
    assert server.stats()["counters"]["repeated"] == 1
    assert sum(isinstance(event, Answered) for event in events) == 1


def test_a_new_life_of_a_device_is_not_answered_from_the_old_ones_cache(
    serve: Any, device: Any, fomo: Bundle
) -> None:
    serve()
    dev = device()
    one, other = pictures(fomo, 2)
    dev.ask(0, one)
    dev.boot = 2
    assert dev.ask(0, other).answer == whole_answer(fomo, other)


def test_the_stated_residence_covers_the_work_and_not_the_way(
    serve: Any, device: Any, fomo: Bundle, events: list[Any]
) -> None:
    serve()
    [picture] = pictures(fomo, 1)
    result = device().ask(0, picture)
    [answered] = [event for event in events if isinstance(event, Answered)]
    assert answered.compute_us <= result.edge_us == answered.edge_us < 2_000_000


def test_tails_are_made_once(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve(policy="fixed:3")
    dev = device()
    dev.about()
    dev.plan()
    for sequence, picture in enumerate(pictures(fomo, 5), 1):
        dev.ask(3, picture, sequence)
    assert server.stats()["tails"] == 1


def test_several_workers_share_the_devices(serve: Any, device: Any, fomo: Bundle) -> None:
    serve(workers=3)
    [picture] = pictures(fomo, 1)
    expected = whole_answer(fomo, picture)
    for number in range(8):
        assert device(f"dev-{number}").ask(2, picture).answer == expected
