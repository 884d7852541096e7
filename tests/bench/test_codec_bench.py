"""The parts of `cutpoint bench codecs`: bytes are those of the wire, quality is of the answers, fronts are fronts."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutpoint.codec import CodecId, DType
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.picture import input_tensors
from cutpoint.wire import Activation, Flag, ModelId, TensorRecord, encode
from host_tools.calibration.data import Example, read_examples
from host_tools.codec_bench import (
    Board,
    CodecBench,
    Halves,
    Row,
    Unmetered,
    draw,
    message,
    pareto,
    run,
    sentences,
    write_csv,
)
from host_tools.codec_bench.framing import publish_bytes
from host_tools.codec_bench.jpeg import Jpeg
from host_tools.codec_bench.outside import BASELINES, Outside
from host_tools.codec_bench.ways import Bitmap
from host_tools.device import Profile
from host_tools.shipped import shipped_bundle, shipped_pictures

PICTURES = 6


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(shipped_bundle())


@pytest.fixture(scope="module")
def examples(bundle: Bundle) -> list[Example]:
    return read_examples(bundle, shipped_pictures(), PICTURES)


@pytest.fixture(scope="module")
def measured(bundle: Bundle, examples: list[Example]) -> CodecBench:
    boards = [Board.of(Profile.load("esp32"), bundle)]
    halves = Halves(bundle, examples, [17, bundle.n])
    return run(halves, boards=boards, meter=Unmetered("a test"), kernels="xnnpack")


def row(bytes: float, loss: float, family: str = "split") -> Row:
    return Row(family, 1, "rans", ":1", "", bytes, bytes, 0, 1, 25, 60, 0.0, 0.9, loss)  # type: ignore[arg-type]


@pytest.mark.parametrize("sizes", [(), (1,), (2304,), (4012,), (4013,), (300, 5000), (27_648,)])
@pytest.mark.parametrize("chunk_bytes", [256, 4096])
def test_framing_is_that_of_the_wire(sizes: tuple[int, ...], chunk_bytes: int) -> None:
    tensors = tuple(TensorRecord(index, DType.INT8, bytes(size)) for index, size in enumerate(sizes))
    activation = Activation(ModelId(bytes(4)), 1, 1, 5, CodecId.RAW, Flag(0), 0, tensors)
    frames = encode(activation, chunk_bytes=chunk_bytes)
    found = message(sizes, chunk_bytes)
    assert (found.bytes, found.frames) == (sum(map(len, frames)), len(frames))


def test_what_mqtt_adds_is_counted_byte_by_byte() -> None:
    # 0x30, one length byte of 2 + 3 + 10, 00 03 'a/b', ten bytes of payload.
    assert publish_bytes("a/b", 10) == 1 + 1 + 2 + 3
    assert publish_bytes("a/b", 200) == 1 + 2 + 2 + 3


def test_a_front_has_no_row_that_another_beats() -> None:
    small, good, beaten, device = row(100, 8.0), row(200, 1.0), row(250, 1.0), row(10, 0.0, "device-only")
    assert pareto([beaten, good, device, small]) == (small, good)


def test_a_lucky_row_is_no_better_than_one_that_loses_nothing() -> None:
    exact, lucky = row(200, 0.0), row(300, -0.4)
    assert pareto([lucky, exact]) == (exact,)


def test_heads_in_steps_give_what_one_head_gives(bundle: Bundle, examples: list[Example]) -> None:
    stepped = Halves(bundle, examples[:2], [6, 17, bundle.n])
    at_once = Halves(bundle, examples[:2], [17])
    for one, other in zip(stepped.live(17), at_once.live(17), strict=True):
        assert np.array_equal(one[0], other[0])
    from_17 = stepped.answers(17, stepped.live(17), "reference")
    assert from_17 == stepped.answers(bundle.n, stepped.live(bundle.n), "reference")


def test_a_cut_that_is_not_there_is_refused_with_those_that_are(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="cut 26 is not there: this network has the cuts 0 to 25"):
        Halves(bundle, [], [26])


def test_a_jpeg_without_its_headers_is_the_same_picture_in_fewer_bytes(
    bundle: Bundle, examples: list[Example]
) -> None:
    (picture,) = input_tensors(bundle.model())
    frames = [example.sample.arrays for example in examples]
    whole, scan = (Jpeg(picture, 50, headers=headers).send(frames) for headers in (True, False))
    headers = {w[0] - s[0] for w, s in zip(whole.coded, scan.coded, strict=True)}
    assert len(headers) == 1
    assert 300 < headers.pop() < 700
    assert whole.received is not None
    assert scan.received is not None
    assert np.array_equal(whole.received[0][0], scan.received[0][0])


def test_bitmap_falls_back_to_raw_and_counts_it() -> None:
    entry = Bundle.open(shipped_bundle()).cuts[17].tensors
    (zero_point,) = [tensor.zero_point for tensor in entry]
    sparse = np.full((1, 12, 12, 16), zero_point, np.int8)
    noise = np.random.default_rng(0).integers(-128, 128, (1, 12, 12, 16)).astype(np.int8)
    sent = Bitmap(entry).send([(sparse,), (noise,)])
    assert sent.coded[0][0] < 300
    assert sent.coded[1][0] == noise.nbytes
    assert sent.raw == 1


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
def test_an_outside_baseline_really_compresses(baseline: object) -> None:
    compress = baseline.compressor()  # type: ignore[attr-defined]
    assert compress is not None
    noise = np.random.default_rng(0).integers(-128, 128, 2304).astype(np.int8)
    sent = Outside(compress).send([(np.zeros(2304, np.int8),), (noise,)])
    assert sent.coded[0][0] < 200
    assert sent.coded[1][0] > 2304


def test_a_missing_package_is_named_with_what_installs_it(
    bundle: Bundle, examples: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "blosc2", None)
    halves = Halves(bundle, examples[:1], [bundle.n])
    found = run(halves, meter=Unmetered("a test"), kernels="xnnpack", qualities=[50])
    assert any("missing: blosc2" in note and "cutpoint[bench]" in note for note in found.notes)
    assert {row.codec for row in found.rows if row.family == "outside"} == {"zstd", "lz4"}


def test_lossless_ways_lose_nothing_and_jpeg_does(measured: CodecBench) -> None:
    assert measured.metric == "f1"
    assert all(row.loss == 0 and row.lossless for row in measured.rows if row.codec in ("raw", "zstd"))
    rough, fine = (
        next(row for row in measured.rows if row.label == f"jpeg q{quality}") for quality in (30, 95)
    )
    assert not rough.lossless
    assert rough.bytes < fine.bytes
    assert rough.quality < measured.whole


def test_device_only_sends_its_answer_and_is_asked_for_all_of_the_network(measured: CodecBench) -> None:
    answer, raw, bitmap = [row for row in measured.rows if row.family == "device-only"]
    assert 44 < answer.bytes < bitmap.bytes < raw.bytes == 1584 + 52
    assert answer.head_ms["esp32"] == pytest.approx(386, abs=1)


def test_the_csv_has_every_row_and_says_why_a_cell_is_empty(measured: CodecBench, tmp_path: Path) -> None:
    write_csv(measured, tmp_path / "codecs.csv")
    lines = list(csv.DictReader((tmp_path / "codecs.csv").open()))
    assert len(lines) == len(measured.rows)
    assert {line["encode_instructions"] for line in lines} == {""}
    assert {line["why_no_instructions"] for line in lines if line["codec"] == "bitmap"} == {"a test"}


def test_the_picture_is_a_png_even_where_all_are_equally_good(measured: CodecBench, tmp_path: Path) -> None:
    draw(measured, tmp_path / "codecs.png")
    draw(
        replace(measured, rows=tuple(replace(row, quality=1.0) for row in measured.rows), whole=1.0),
        tmp_path / "flat.png",
    )
    for name in ("codecs.png", "flat.png"):
        assert Image.open(tmp_path / name).size[0] > 800


def test_the_sentences_state_framing_and_what_is_modelled(measured: CodecBench) -> None:
    said = " ".join(sentences(measured))
    assert "MQTT adds 25 B" in said
    assert "modelled" in said


def test_pictures_without_labels_are_held_against_the_whole_network(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(np.zeros((96, 96, 3), np.uint8)).save(tmp_path / name)
    halves = Halves(bundle, read_examples(bundle, tmp_path), [bundle.n])
    found = run(halves, meter=Unmetered("a test"), kernels="xnnpack")
    assert (found.metric, found.whole) == ("agreement", 1.0)
    assert all(row.quality == 1.0 for row in found.rows if row.lossless)
    assert "not all pictures are labelled" in " ".join(sentences(found))
