"""Every codec and setting of the shipped bundle gives a device's processor the bytes that it gives a PC."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import pytest

from cutpoint.codec import CodecId, CodecTables, DType, by_name
from cutpoint.graph import Bundle
from host_tools.calibration.data import read_examples
from host_tools.codec_bench import Halves, Live
from host_tools.codec_bench.ways import fill_of
from host_tools.qemu import Machine
from host_tools.qemu.coding import CODEC, CodingBench, Element
from host_tools.shipped import shipped_bundle, shipped_pictures

CUT = 17
FRAMES = 2
MOST_PER_BYTE = {CodecId.RANS: 100, CodecId.SLICER: 150, CodecId.LOWBIT: 50, CodecId.DELTA: 150}
"""Instructions that a frame may take on either machine: that nothing has become several times as dear."""


@pytest.fixture(scope="module")
def bench(machine: Machine) -> Iterator[CodingBench]:
    with CodingBench(machine) as made:
        yield made


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(shipped_bundle())


@pytest.fixture(scope="module")
def frames(bundle: Bundle) -> list[Live]:
    return Halves(bundle, read_examples(bundle, shipped_pictures(), FRAMES), [CUT], "reference").live(CUT)


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
    bench: CodingBench, bundle: Bundle, elements: list[list[Element]]
) -> None:
    assert bundle.codec_tables is not None
    tables = CodecTables.open(bundle.codec_tables, bundle.model_id)
    settings = [setting for setting in tables.settings if setting.cut == CUT]
    assert {CodecId.RANS, CodecId.LOWBIT} <= {setting.codec for setting in settings}
    for setting in settings:
        coded = bench.code(
            elements,
            setting.codec,
            setting.number,
            tables=bundle.codec_tables,
            model_id=bundle.model_id,
        )
        reference: bytes | None = None
        for frame, (element,) in zip(coded.frames, elements, strict=True):
            if setting.codec is CodecId.DELTA:
                age = 0 if reference is None else 1
                made, reference = tables.encode_change(setting.number, 0, element.data, reference, age)
            else:
                made = tables.encode(setting.number, 0, element.data)
            assert (frame.bytes, frame.hash) == (len(made.data), zlib.crc32(made.data)), setting
            assert frame.instructions < MOST_PER_BYTE[setting.codec] * frame.raw_bytes, setting
            assert frame.scratch_bytes <= 4096
        assert coded.stack_bytes < 4096
