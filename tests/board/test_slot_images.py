"""Slot images of bundles: made here, read by the code that a board runs."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from cutpoint import _core
from cutpoint.board import SlotError, read_slot_image, slot_image
from cutpoint.graph import Bundle
from cutpoint.graph.stream import compile_stream

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
HEADER = 4096


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    model = (MODELS / "fomo_like.tflite").read_bytes()
    return Bundle.create(model, tmp_path_factory.mktemp("bundles"), name="fomo-like")


@pytest.fixture(scope="module")
def image(bundle: Bundle) -> bytes:
    return slot_image(bundle)


def test_a_slot_image_holds_the_bundles_device_model_and_its_figures(bundle: Bundle, image: bytes) -> None:
    read = read_slot_image(image)
    assert (read.name, read.operators, read.on_board) == ("fomo-like", bundle.n, bundle.max_cut)
    assert read.model == bundle.device
    assert read.model_id == bundle.model_id
    assert read.sha256 == hashlib.sha256(image[HEADER:]).digest()
    assert read.size == len(image)
    assert read.arena_bytes == tuple(cut.arena_bytes.get("tflm") or 0 for cut in bundle.cuts[1:])


def test_the_plan_lies_behind_the_model_with_the_memory_of_each_head(bundle: Bundle, image: bytes) -> None:
    read = read_slot_image(image)
    assert bundle.stream_plan is not None
    assert read.plan == bundle.stream_plan
    at = len(image) - len(bundle.stream_plan)
    assert image[at:] == bundle.stream_plan
    assert at == HEADER + -(-len(bundle.device) // 4) * 4
    streamed = bundle.manifest.stream.operators
    assert read.block_bytes == tuple(cut.arena_bytes["stream"] for cut in bundle.cuts[1 : streamed + 1])


def test_an_image_without_a_plan_is_of_version_1(bundle: Bundle) -> None:
    image = slot_image(bundle, with_plan=False)
    read = read_slot_image(image)
    assert image[4] == 1
    assert (read.plan, read.block_bytes) == (None, ())
    assert image[HEADER:] == bundle.device
    assert read.sha256 == hashlib.sha256(bundle.device).digest()


TABLES = b"CPCT" + bytes(range(100))


def test_codec_tables_lie_behind_the_plan_or_else_the_model_at_a_multiple_of_four(bundle: Bundle) -> None:
    calibrated = replace(bundle, codec_tables=TABLES)
    for with_plan in (True, False):
        for padding in range(4):
            longer = replace(calibrated, device=calibrated.device + bytes(padding))
            image = slot_image(longer, with_plan=with_plan)
            read = read_slot_image(image)
            assert image[4] == 3
            assert (read.tables, read.plan) == (TABLES, bundle.stream_plan if with_plan else None)
            assert int.from_bytes(image[140:144], "little") == len(TABLES)
            at = int.from_bytes(image[144:148], "little")
            assert (at % 4, image[at:]) == (0, TABLES)
            assert (read.size, read.sha256) == (len(image), hashlib.sha256(image[HEADER:]).digest())


def test_without_its_tables_a_bundle_makes_the_image_that_it_made_before(
    bundle: Bundle, image: bytes
) -> None:
    calibrated = replace(bundle, codec_tables=TABLES)
    assert slot_image(calibrated, with_tables=False) == image
    assert read_slot_image(image).tables is None


def test_what_are_no_codec_tables_is_refused_though_its_hash_is_right(bundle: Bundle) -> None:
    with pytest.raises(SlotError, match="CPCT"):
        read_slot_image(slot_image(replace(bundle, codec_tables=b"tables" + bytes(100))))


def test_a_board_may_hold_fewer_operators_than_the_bundle(bundle: Bundle) -> None:
    for k in (0, 1, bundle.max_cut // 2):
        read = read_slot_image(slot_image(bundle, k))
        assert (read.on_board, len(read.arena_bytes)) == (k, k)
        assert read.model == bundle.model().truncate(k)
        streamed = min(k, bundle.manifest.stream.operators)
        assert len(read.block_bytes) == streamed
        assert read.plan == (compile_stream(bundle.model(), streamed).encode() if streamed else None)


def test_a_model_of_any_length_leaves_its_plan_at_a_multiple_of_four(bundle: Bundle) -> None:
    for padding in range(4):
        image = slot_image(replace(bundle, device=bundle.device + bytes(padding)))
        read = read_slot_image(image)
        assert read.plan == bundle.stream_plan
        assert len(read.model) == len(bundle.device) + padding
        assert int.from_bytes(image[136:140], "little") % 4 == 0


@pytest.mark.parametrize("k", [-1, 10_000])
def test_a_board_holds_no_more_operators_than_the_bundle_was_made_for(bundle: Bundle, k: int) -> None:
    with pytest.raises(SlotError, match=r"made for 0 to \d+"):
        slot_image(bundle, k)


def test_what_lies_behind_an_image_in_its_partition_does_not_matter(image: bytes) -> None:
    assert read_slot_image(image + b"\xff" * 5000) == read_slot_image(image)


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (lambda image: b"", "truncated"),
        (lambda image: image[:4095], "truncated"),
        (lambda image: image[:-1], "truncated"),
        (lambda image: b"\xff" * len(image), "empty"),
        (lambda image: image[HEADER:], "bare .tflite"),
        (lambda image: image[:20] + b"\x00" + image[21:], "CRC-32"),
        (lambda image: image[:-1] + bytes([image[-1] ^ 1]), "SHA-256"),
        (lambda image: image[:9000] + bytes([image[9000] ^ 1]) + image[9001:], "SHA-256"),
    ],
)
def test_a_damaged_image_is_refused_with_the_boards_own_sentence(
    image: bytes, spoilt: object, sentence: str
) -> None:
    assert callable(spoilt)
    with pytest.raises(SlotError, match=sentence):
        read_slot_image(spoilt(image))


def test_no_random_bytes_pass_for_an_image() -> None:
    source = random.Random(1)
    for _ in range(300):
        with pytest.raises(SlotError):
            read_slot_image(b"CPSL\x01\x00" + source.randbytes(source.randrange(9000)))


def test_the_bytes_lie_where_the_page_says(bundle: Bundle, image: bytes) -> None:
    assert image[:8] == b"CPSL\x02\x00\x00\x00"
    assert int.from_bytes(image[8:12], "little") == _core.crc32(image[:8] + bytes(4) + image[12:HEADER])
    assert int.from_bytes(image[12:16], "little") == len(bundle.device)
    assert image[48:52] == bundle.model_id
    assert image[60:124].rstrip(b"\0") == b"fomo-like"
    assert int.from_bytes(image[124:128], "little") == HEADER
    assert bundle.stream_plan is not None
    assert int.from_bytes(image[132:136], "little") == len(bundle.stream_plan)
    at = int.from_bytes(image[136:140], "little")
    assert image[at : at + 4] == b"CPSP"


def test_a_stamp_makes_another_image_of_the_same_model(bundle: Bundle, image: bytes) -> None:
    stamped = slot_image(bundle, stamp=0x12345678)
    assert read_slot_image(stamped).stamp == 0x12345678
    assert stamped[128:132] == bytes.fromhex("78563412")
    assert stamped[8:12] != image[8:12]
    assert stamped[HEADER:] == image[HEADER:]
    assert slot_image(bundle) == image


def test_a_header_that_a_board_would_refuse_cannot_be_written() -> None:
    good: tuple[object, ...] = (b"abcd", bytes(32), 100, 5, 4, "name", (1, 2, 3, 4), 0, 0, (), 0)
    assert len(_core.write_slot_header(*good)) == HEADER  # type: ignore[arg-type]
    for at, wrong in (
        (0, b"abc"),
        (1, bytes(31)),
        (2, 7),
        (3, 3),
        (5, ""),
        (5, "a" * 65),
        (5, 'a"'),
        (6, (1,) * 5),
        (8, 43),
        (9, (1,)),
        (10, 15),
    ):
        values = (*good[:at], wrong, *good[at + 1 :])
        with pytest.raises(ValueError, match=r"\w"):
            _core.write_slot_header(*values)  # type: ignore[arg-type]
