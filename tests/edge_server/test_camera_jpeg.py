"""JPEG at cut 0: answered as its decoded picture is, planned only where it is allowed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from edge_bundles import make_bundle

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.picture import input_tensors, jpeg_of, picture_of
from cutpoint.plan import PolicyError
from cutpoint.wire import CodecId, DType, TensorRecord
from edge_server import EdgeServer, ServeConfig
from edge_server.catalogue.served import ServedModel, TensorMismatchError
from host_tools.device import DeviceSettings, Sample, VirtualDevice


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("pixels"), "fomo_like")


def test_a_jpeg_becomes_the_input_and_nothing_else(pixels: Bundle) -> None:
    model = ServedModel(pixels)
    (input_tensor,) = input_tensors(pixels.model())
    size = input_tensor.picture_size
    assert size is not None
    picture = np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    jpeg = jpeg_of(picture)
    record = TensorRecord(model.expected[0][0].index, DType.INT8, jpeg, codec=CodecId.JPEG)
    (array,) = model.arrays(0, (record,))
    assert np.array_equal(array, input_tensor.of_picture(picture_of(jpeg)))
    with pytest.raises(TensorMismatchError, match="no JPEG"):
        model.arrays(0, (TensorRecord(record.index, DType.INT8, jpeg[:99], codec=CodecId.JPEG),))
    (other,) = model.expected[1]
    with pytest.raises(TensorMismatchError, match="no picture"):
        model.arrays(1, (TensorRecord(other.index, other.code, jpeg, codec=CodecId.JPEG),))


def test_a_camera_s_jpeg_is_answered_as_the_picture_in_it(
    pixels: Bundle, memory_broker: MemoryBroker
) -> None:
    config = ServeConfig(models=(pixels.path,), policy="fixed:0:jpeg", exploration=0.0, jpeg=True)
    with (
        EdgeServer(config, MemoryBus(memory_broker, "edge")),
        VirtualDevice(
            "cam-1", pixels, bus=MemoryBus(memory_broker, "cam-1"), settings=DeviceSettings(jpeg=60)
        ) as device,
    ):
        (tensor,) = device.inputs
        rows, columns = np.mgrid[0 : tensor.shape[1], 0 : tensor.shape[2]]
        array = tensor.of_picture(np.stack([rows, columns, rows + columns], axis=-1).astype(np.uint8))
        give_up = time.monotonic() + 10
        while (record := device.infer(Sample("smooth", (array,)))).cut != 0:
            assert time.monotonic() < give_up
    assert record.by == "edge"
    assert record.bytes_up < array.nbytes
    sent = tensor.of_picture(picture_of(jpeg_of(tensor.to_picture(array), 60)))
    assert record.answer == pixels.answer_rule.decode(open_runner(pixels.full, "reference").run([sent]))


def test_a_lossy_codec_is_planned_only_where_it_is_allowed(
    pixels: Bundle, memory_broker: MemoryBroker
) -> None:
    config = ServeConfig(models=(pixels.path,), policy="fixed:0:jpeg")
    with pytest.raises(PolicyError, match="JPEG"):
        EdgeServer(config, MemoryBus(memory_broker, "edge")).start()
