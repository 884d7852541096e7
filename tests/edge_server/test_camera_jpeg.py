"""JPEG at cut 0: answered as its decoded picture is, planned only where it is allowed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coded_bundle import calibrated
from edge_bundles import make_bundle

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import JpegEntry
from cutpoint.kernels import open_runner
from cutpoint.picture import input_tensors, jpeg_of, picture_of
from cutpoint.plan import PolicyError
from cutpoint.wire import About, CodecId, DeviceId, DType, TensorRecord
from edge_server import EdgeServer, ServeConfig
from edge_server.catalogue.calibration import Coder
from edge_server.catalogue.served import ServedModel, TensorMismatchError
from edge_server.planning.planners import Board, Planners, check_policy
from host_tools.device import DeviceSettings, Sample, VirtualDevice


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("pixels"), "fomo_like")


QUALITIES = tuple(
    JpegEntry(quality=quality, mean_bytes=size, header_bytes=623, loss=loss, agreement=0.97)
    for quality, size, loss in ((30, 1_200, 1.5), (60, 1_700, 0.3), (90, 3_500, 0.0))
)


@pytest.mark.parametrize(
    ("stated", "loss", "size"),
    [(60, 0.3, 1_700), (75, 0.3, 1_700), (95, 0.0, 3_500), (10, None, None), (None, None, None)],
)
def test_a_jpeg_has_what_was_calibrated_for_its_quality_or_the_next_lower_one(
    tmp_path: Path, stated: int | None, loss: float | None, size: int | None
) -> None:
    model = ServedModel(calibrated(make_bundle(tmp_path, "fomo_like"), jpeg=QUALITIES))
    shape = model.shape(3, coder=Coder(("raw", "jpeg"), jpeg_quality=stated))
    assert (shape.jpeg_loss, shape.jpeg_bytes) == (loss, size)


@pytest.mark.parametrize(
    ("quality", "settings", "planned"),
    [
        (60, {"max_loss": 0.5}, True),
        (60, {"max_loss": 0.1}, False),
        (60, {"max_loss": 0.1, "jpeg": True}, False),
        (30, {"max_loss": 0.5}, False),
        (None, {"max_loss": 0.5}, False),
        (None, {"jpeg": True}, True),
    ],
)
def test_a_jpeg_is_planned_within_its_loss_or_where_unknown_loss_is_allowed(
    tmp_path: Path, memory_broker: MemoryBroker, quality: int | None, settings: dict[str, Any], planned: bool
) -> None:
    bundle = calibrated(make_bundle(tmp_path, "fomo_like"), jpeg=QUALITIES)
    config = ServeConfig.checked(
        {"models": (tmp_path,), "policy": "fixed:0:jpeg", "exploration": 0.0, "max_loss": 2.0} | settings, "t"
    )
    check_policy(config, [ServedModel(bundle)])
    planners = Planners(config)
    board = Board.of(
        About(model=bundle.model_id.hex(), operators=3, boot=1, codecs=("raw", "jpeg"), jpeg_quality=quality)
    )
    if planned:
        planner = planners.of(DeviceId("cam-1"), ServedModel(bundle), board, ran=0)
        assert planner.decide().codec == "jpeg"
    else:
        with pytest.raises(PolicyError):
            planners.of(DeviceId("cam-1"), ServedModel(bundle), board, ran=0)


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
