"""Whatever a device sends costs a status and a counter, and nobody else anything."""

from __future__ import annotations

import logging
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from edge_bundles import make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import Faults, MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import (
    DType,
    LastAnswered,
    ModelId,
    Result,
    Status,
    TensorRecord,
    Timings,
    encode,
)
from edge_server import EdgeServer, ServeConfig


def _sealed(frame: bytes) -> bytes:
    """The frame with a checksum that is right again."""
    crc = zlib.crc32(frame[:28] + bytes(4) + frame[32:])
    return frame[:28] + struct.pack("<I", crc) + frame[32:]


def test_a_flipped_bit_is_a_bad_frame(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    server = serve()
    [frame] = encode(dev.activation(3, pictures(fomo, 1)[0], 7), chunk_bytes=60_000)
    spoilt = bytearray(frame)
    spoilt[100] ^= 0x10
    dev.send_frames([bytes(spoilt)])
    result = dev.result()
    assert (result.status, result.sequence) == (Status.BAD_FRAME, 7)
    assert server.stats()["counters"]["bad_frame_crc"] == 1


def test_no_single_byte_of_a_frame_can_be_spoilt_unnoticed(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve()
    [frame] = encode(dev.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    for at in (*range(48), *range(48, len(frame), 97)):
        spoilt = bytearray(frame)
        spoilt[at] ^= 0xFF
        dev.send_frames([bytes(spoilt)])
        assert dev.result().status is Status.BAD_FRAME, f"byte {at}"


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33])
def test_a_stump_of_a_frame_is_a_bad_frame(serve: Any, dev: HandDevice, fomo: Bundle, size: int) -> None:
    serve()
    [frame] = encode(dev.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    dev.send_frames([frame[:size]])
    assert dev.result().status is Status.BAD_FRAME


def test_declared_sizes_reserve_nothing(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve()
    [frame] = encode(dev.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    for at, text in ((22, "<H"), (24, "<I"), (44, "<I"), (48, "<I")):
        huge = bytearray(frame)
        struct.pack_into(text, huge, at, 1024 if text == "<H" else 0xFFFF_FFFF)
        dev.send_frames([_sealed(bytes(huge))])
        assert dev.result().status is Status.BAD_FRAME
    assert dev.ask(3, pictures(fomo, 1)[0], 9).status is Status.OK


def test_a_payload_beyond_every_model_is_dropped_at_the_gate(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(max_message_bytes=200_000)
    dev.send_frames([bytes(300_000)])
    until(lambda: server.stats()["counters"].get("gateway_too_large") == 1)


def test_an_unknown_model_is_named_as_such(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    server = serve()
    dev.send(replace(dev.activation(3, pictures(fomo, 1)[0]), model=ModelId(b"\1\2\3\4")))
    assert dev.result().status is Status.UNKNOWN_MODEL
    assert server.stats()["counters"]["unknown_model"] == 1


def test_an_unknown_cut_is_named_as_such(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve()
    dev.send(replace(dev.activation(3, pictures(fomo, 1)[0]), cut=fomo.n + 1))
    assert dev.result().status is Status.WRONG_CUT


def test_tensors_of_another_cut_are_refused(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve()
    dev.send(replace(dev.activation(3, pictures(fomo, 1)[0]), cut=2))
    assert dev.result().status is Status.BAD_FRAME


@pytest.mark.parametrize("spoil", ["index", "dtype", "short", "none", "twice"])
def test_a_tensor_that_does_not_fit_its_cut_is_refused(
    serve: Any, dev: HandDevice, fomo: Bundle, spoil: str
) -> None:
    serve()
    good = dev.activation(3, pictures(fomo, 1)[0])
    [tensor, *others] = good.tensors
    bad = {
        "index": replace(tensor, index=tensor.index + 1),
        "dtype": replace(tensor, dtype=DType.UINT8),
        "short": replace(tensor, data=bytes(tensor.data)[:-1]),
        "none": None,
        "twice": tensor,
    }[spoil]
    tensors = tuple(one for one in (bad, *others) if one is not None)
    dev.send(replace(good, tensors=(*tensors, tensor) if spoil == "twice" else tensors))
    assert dev.result().status is Status.BAD_FRAME
    assert dev.ask(3, pictures(fomo, 1)[0], 2).status is Status.OK


def test_tensors_in_another_order_are_refused(tmp_path: Any, memory_broker: MemoryBroker) -> None:
    bundle = make_bundle(tmp_path, "nested_residual", output="raw")
    [cut, *_] = [cut.k for cut in bundle.cuts if len(cut.tensors) > 1]
    with EdgeServer(ServeConfig(models=(tmp_path,)), MemoryBus(memory_broker, "edge")):
        dev = HandDevice(MemoryBus(memory_broker, "dev-1"), bundle)
        good = dev.activation(cut, pictures(bundle, 1)[0])
        dev.send(replace(good, tensors=good.tensors[::-1]))
        assert dev.result().status is Status.BAD_FRAME
        dev.bus.close()


def test_numbers_that_are_not_finite_never_reach_a_kernel(tmp_path: Any, memory_broker: MemoryBroker) -> None:
    bundle = make_bundle(tmp_path, "float32", output="raw")
    with EdgeServer(ServeConfig(models=(tmp_path,)), MemoryBus(memory_broker, "edge")) as server:
        dev = HandDevice(MemoryBus(memory_broker, "dev-1"), bundle)
        [picture] = pictures(bundle, 1)
        good = dev.activation(0, picture)
        for bad in (np.nan, np.inf):
            spoilt = picture[0].copy()
            spoilt.flat[0] = bad
            record = TensorRecord(good.tensors[0].index, DType.FLOAT32, spoilt.tobytes())
            dev.send(replace(good, tensors=(record,)))
            assert dev.result().status is Status.BAD_FRAME
        assert server.stats()["counters"]["wrong_tensor"] == 2
        dev.bus.close()


def test_absurd_timings_do_not_move_the_plan(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    serve(policy="latency")
    dev.about()
    first = dev.plan()
    [picture] = pictures(fomo, 1)
    most = 0xFFFF_FFFF
    for sequence in range(1, 6):
        absurd = Timings(
            most, (most,) * 3, LastAnswered(sequence - 1, 0, most, most, most) if sequence > 1 else None
        )
        assert dev.ask(3, picture, sequence, timings=absurd, plan_epoch=first.epoch).status is Status.OK
    assert dev.plans.empty()


def test_a_log_line_is_written_once_per_device_and_reason(
    serve: Any, device: Any, fomo: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    with caplog.at_level(logging.WARNING, "edge_server"):
        for name in ("one", "other"):
            dev = device(name)
            for sequence in range(1, 4):
                dev.send(replace(dev.activation(3, pictures(fomo, 1)[0], sequence), model=ModelId(bytes(4))))
                dev.result()
    lines = [record.getMessage() for record in caplog.records if "unknown_model" in record.getMessage()]
    assert sorted(line.split()[1] for line in lines) == ["device=one", "device=other"]
    assert server.stats()["counters"]["unknown_model"] == 6


def test_one_device_of_rubbish_does_not_disturb_another(serve: Any, device: Any, fomo: Bundle) -> None:
    serve()
    good, bad = device("good"), device("bad")
    rng = np.random.default_rng(0)
    [frame] = encode(bad.activation(3, pictures(fomo, 1)[0]), chunk_bytes=60_000)
    for sequence, picture in enumerate(pictures(fomo, 20), 1):
        for _ in range(5):
            rubbish = bytearray(frame)
            rubbish[rng.integers(len(frame))] ^= 1 << int(rng.integers(8))
            bad.send_frames([bytes(rubbish), rng.bytes(int(rng.integers(200)))])
        bad.bus.publish(bad.topics.tele(bad.id), rng.bytes(50))
        bad.bus.publish(bad.topics.state(bad.id), rng.bytes(50))
        bad.bus.publish(bad.topics.about(bad.id), b'{"model": "zzzz", "boot": -1}')
        assert good.ask(3, picture, sequence).answer == whole_answer(fomo, picture)


def test_what_is_no_device_topic_is_counted_and_dropped(serve: Any, dev: HandDevice) -> None:
    server = serve()
    dev.bus.publish("cutpoint/1/NOT A DEVICE/act", b"x")
    until(lambda: server.stats()["counters"].get("gateway_foreign_topic") == 1)


def test_on_a_bad_network_every_answer_that_comes_is_right(
    serve: Any, device: Any, fomo: Bundle, memory_broker: MemoryBroker
) -> None:
    serve(inbox_size=10_000, queue_per_device=100, workers=1)
    dev = device()
    memory_broker.set_faults(
        Faults(drop=0.1, duplicate=0.2, reorder=0.2, corrupt=0.1, topics="+/+/+/act", seed=3)
    )
    shown = pictures(fomo, 60)
    for sequence, picture in enumerate(shown, 1):
        dev.send(dev.activation(3, picture, sequence), chunk_bytes=512)
    memory_broker.set_faults(None)
    dev.send(dev.activation(3, shown[0], 1000))
    answered = 0
    while (result := dev.result()).sequence != 1000:
        if result.status is Status.OK:
            answered += 1
            assert result.answer == whole_answer(fomo, shown[result.sequence - 1])
    assert answered > 3


def test_a_result_frame_on_the_activation_topic_is_dropped(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    server = serve()
    dev.send_frames(encode(Result(ModelId(fomo.model_id), 1, 1, 3, Status.OK, 0)))
    until(lambda: server.stats()["counters"].get("wrong_kind") == 1)
    assert dev.hears_nothing()
