"""Every codec gives a device's processor the bytes that it gives a PC, on real tensors of the shipped network."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from cutpoint.codec import (
    Activity,
    CodecId,
    CodecTables,
    DType,
    Prediction,
    Quantiser,
    RansModel,
    RansTable,
    Setting,
    TensorTables,
    by_name,
    encode_tables,
)
from cutpoint.graph import Bundle
from host_tools.calibration.data import read_examples
from host_tools.codec_bench import Halves, Live
from host_tools.codec_bench.ways import fill_of
from host_tools.qemu import Machine
from host_tools.qemu.coding import CODEC, CodingBench, Element
from host_tools.shipped import shipped_bundle, shipped_pictures

CUT = 17
FRAMES = 2
MOST_PER_BYTE = {CodecId.RANS: 200, CodecId.LOWBIT: 100, CodecId.DELTA: 500}
"""Instructions an input byte that a frame may take on the dearer machine, the lx106, which has no 64-bit product."""


@pytest.fixture(scope="module")
def bench(machine: Machine) -> Iterator[CodingBench]:
    with CodingBench(machine) as made:
        yield made


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(shipped_bundle())


def order_0(frames: list[Live], levels: npt.NDArray[np.uint8]) -> RansTable:
    """One table for all elements, as frequent as they are in these frames."""
    seen = np.concatenate([levels[frame[0].ravel().view(np.uint8)] for frame in frames])
    counts = np.bincount(seen, minlength=int(levels.max()) + 1)
    shares = 1 + np.floor(counts / counts.sum() * (4096 - len(counts))).astype(int)
    shares[shares.argmax()] += 4096 - shares.sum()
    return RansTable(0, tuple(int(share) for share in shares))


@pytest.fixture(scope="module")
def tables(bundle: Bundle, frames: list[Live]) -> bytes:
    """A setting of each codec, for the tensor of block 4: rans and delta without loss, lowbit in 16 levels."""
    (entry,) = bundle.cuts[CUT].tensors
    zero = fill_of(entry) % 256
    exact = np.arange(256, dtype=np.uint8)
    model = RansModel(Prediction.NONE, Activity.MAGNITUDE, (), (order_0(frames, exact),))
    lossless = Quantiser(exact.tobytes(), exact.tobytes(), zero)
    coarse = Quantiser((exact // 16).tobytes(), bytes(range(8, 256, 16)), zero // 16)

    def tensor(quantiser: Quantiser, *models: RansModel, tolerance: int = 0) -> TensorTables:
        return TensorTables((12, 12, 16), DType.INT8, quantiser, models, tolerance=tolerance)

    return encode_tables(
        bundle.model_id,
        [
            Setting(CUT, CodecId.RANS, (tensor(lossless, model),)),
            Setting(CUT, CodecId.LOWBIT, (tensor(coarse),)),
            Setting(CUT, CodecId.DELTA, (tensor(lossless, model, model, tolerance=4),)),
        ],
    )


@pytest.fixture(scope="module")
def frames(bundle: Bundle) -> list[Live]:
    return Halves(bundle, read_examples(bundle, shipped_pictures(), FRAMES), [CUT]).live(CUT)


@pytest.fixture(scope="module")
def elements(bundle: Bundle, frames: list[Live]) -> list[list[Element]]:
    entries = bundle.cuts[CUT].tensors
    return [
        [
            Element(DType.INT8, fill_of(entry), array.tobytes())
            for array, entry in zip(frame, entries, strict=True)
        ]
        for frame in frames
    ]


def test_raw_and_bitmap_need_no_tables(bench: CodingBench, elements: list[list[Element]]) -> None:
    sparse = np.full(2304, 5, np.int8)
    sparse[::9] = 7
    frames = [*elements, [Element(DType.INT8, 5, sparse.tobytes())]]
    raw = bench.code(frames, CodecId.RAW)
    assert [frame.bytes for frame in raw.frames] == [2304] * 3
    bitmap = bench.code(frames, CodecId.BITMAP)
    expected = by_name("bitmap").encode(sparse.tobytes(), DType.INT8, 5)
    assert (bitmap.frames[2].bytes, bitmap.frames[2].hash) == (len(expected.data), zlib.crc32(expected.data))
    assert bitmap.frames[2].instructions > 2304
    assert bitmap.program.sizes_below(f"{CODEC}/bitmap").text > 200


def test_every_setting_gives_the_bytes_of_a_pc(
    bench: CodingBench, bundle: Bundle, tables: bytes, elements: list[list[Element]]
) -> None:
    opened = CodecTables.open(tables, bundle.model_id)
    for setting in opened.settings:
        coded = bench.code(elements, setting.codec, setting.number, tables=tables, model_id=bundle.model_id)
        reference: bytes | None = None
        for frame, (element,) in zip(coded.frames, elements, strict=True):
            if setting.codec is CodecId.DELTA:
                age = 0 if reference is None else 1
                made, reference = opened.encode_change(setting.number, 0, element.data, reference, age)
            else:
                made = opened.encode(setting.number, 0, element.data)
            assert made.codec is setting.codec
            assert (frame.bytes, frame.hash) == (len(made.data), zlib.crc32(made.data)), setting
            assert frame.copying < frame.instructions < MOST_PER_BYTE[setting.codec] * frame.raw_bytes, (
                setting
            )
            assert frame.scratch_bytes == (0 if setting.codec is CodecId.LOWBIT else frame.bytes)
        assert coded.stack_bytes < 4096
