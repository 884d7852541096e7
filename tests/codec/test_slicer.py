"""Codec slicer against the page: coded bytes and values as a model in NumPy has them, for any tensor and setting."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import slicer_reference as reference
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.codec import (
    CodecError,
    CodecId,
    CodecTables,
    CodedError,
    DType,
    OtherTablesError,
    Setting,
    SlicerTables,
    encode_tables,
)

MODEL = b"\x01\x02\x03\x04"


def opened(settings: reference.Settings) -> CodecTables:
    return CodecTables.open(encode_tables(MODEL, [Setting(7, CodecId.SLICER, (tables_of(settings),))]), MODEL)


def tables_of(settings: reference.Settings) -> SlicerTables:
    return SlicerTables(
        settings.shape,
        DType.INT8 if settings.signed else DType.UINT8,
        settings.zero,
        settings.keep,
        settings.floors,
        settings.widest,
        1 << settings.block_bits,
    )


def mark_of(tables: CodecTables) -> bytes:
    """What a coded tensor of these tables begins with."""
    return (tables.version & 0xFFFF).to_bytes(2, "little")


@st.composite
def settings(draw: st.DrawFn) -> reference.Settings:
    """Any that a file can hold, of tensors up to some hundred elements."""
    shape = (
        draw(st.integers(1, 6)),
        draw(st.integers(1, 6)),
        draw(st.sampled_from([1, 2, 3, 5, 8, 16, 31, 32, 33])),
    )
    signed = draw(st.booleans())
    order = draw(st.integers(0, 255) | st.sampled_from([0, 128, 255]))
    floors = draw(st.integers(0, min(order, 60))), draw(st.integers(0, min(255 - order, 60)))
    if not any(floors):
        floors = (1, 0) if order else (0, 1)
    return reference.Settings(
        shape,
        draw(st.integers(1, 40) | st.just(1000)),
        floors,
        draw(st.integers(0, 3)),
        draw(st.integers(1, 255) | st.sampled_from([1, 2, 8, 16])),
        order - (128 if signed else 0),
        signed,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[reference.Settings, bytes]:
    """A setting, and a tensor of any kind: noise, tails, few values, one value, almost nothing."""
    chosen = draw(settings())
    elements = int(np.prod(chosen.shape))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "tails", "ties", "constant", "extremes", "sparse"]))
    spread = draw(st.sampled_from([1.0, 8.0, 40.0]))
    made = {
        "noise": lambda: rng.integers(0, 256, elements),
        "tails": lambda: (chosen.zero - chosen.low + rng.laplace(0, spread, elements)).round(),
        "ties": lambda: rng.choice(rng.integers(0, 256, 3), elements),
        "constant": lambda: np.full(elements, rng.integers(0, 256)),
        "extremes": lambda: rng.choice([0, chosen.zero - chosen.low, 255], elements),
        "sparse": lambda: np.where(
            rng.random(elements) < 0.03, rng.integers(0, 256, elements), chosen.zero - chosen.low
        ),
    }[kind]()
    values = np.clip(made, 0, 255).astype(np.int64) + chosen.low
    return chosen, values.astype(np.int8 if chosen.signed else np.uint8).tobytes()


@given(cases())
def test_bytes_and_values_are_those_of_the_page(case: tuple[reference.Settings, bytes]) -> None:
    chosen, tensor = case
    tables = opened(chosen)
    coded = tables.encode(1, 0, tensor)
    expected = mark_of(tables) + reference.encode(tensor, chosen)
    if len(expected) >= len(tensor):
        assert (coded.codec, coded.data) == (CodecId.RAW, tensor)
    else:
        assert (coded.codec, coded.data) == (CodecId.SLICER, expected)
        assert tables.decode(1, 0, coded.data, len(tensor)) == reference.seen(tensor, chosen)


@given(cases())
def test_a_form_that_is_not_the_smallest_decodes_to_the_same(case: tuple[reference.Settings, bytes]) -> None:
    chosen, tensor = case
    tables = opened(chosen)
    for form in reference.forms(tensor, chosen):
        assert tables.decode(1, 0, mark_of(tables) + form, len(tensor)) == reference.seen(tensor, chosen)


@given(cases(), st.data())
def test_damaged_bytes_are_refused_or_a_tensor(
    case: tuple[reference.Settings, bytes], data: st.DataObject
) -> None:
    chosen, tensor = case
    tables = opened(chosen)
    form = bytearray(data.draw(st.sampled_from(reference.forms(tensor, chosen))))
    for _ in range(data.draw(st.integers(1, 3))):
        form[data.draw(st.integers(0, len(form) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(form)) | st.just(len(form)))
    try:
        raw = tables.decode(1, 0, mark_of(tables) + bytes(form[:cut]), len(tensor))
    except CodedError:
        return
    assert len(raw) == len(tensor)


def fomo_features(seed: int = 0) -> np.ndarray:
    """12 x 12 x 16 int8 around a zero point of 5, with the tails and the spatial likeness of a convolution's output."""
    rng = np.random.default_rng(seed)
    smooth = rng.laplace(0, 1, (13, 13, 16))
    smooth = smooth[:-1, :-1] + smooth[1:, :-1] + smooth[:-1, 1:] + smooth[1:, 1:]
    return np.clip(5 + smooth * 4.1, -128, 127).round().astype(np.int8)


FOMO = reference.Settings((12, 12, 16), 2304, (14, 14), widest=14, zero=5)


def test_a_kept_element_comes_back_within_the_width_of_a_cell() -> None:
    tensor = fomo_features()
    tables = opened(FOMO)
    coded = tables.encode(1, 0, tensor.tobytes())
    back = (
        np.frombuffer(tables.decode(1, 0, coded.data, tensor.size), np.int8).reshape(tensor.shape).astype(int)
    )
    distance, error = tensor.astype(int) - 5, np.abs(back - tensor)
    kept = np.abs(distance) >= 14
    assert kept.mean() > 0.05
    assert (error[kept] < FOMO.widest).all()
    assert (np.sign(back - 5) == np.sign(distance))[kept].all()
    assert (back[~kept] == 5).all()


def test_no_more_than_the_cap_are_kept_and_they_are_the_farthest() -> None:
    tensor = fomo_features()
    chosen = reference.Settings((12, 12, 16), 200, (1, 1), widest=14, zero=5)
    tables = opened(chosen)
    coded = tables.encode(1, 0, tensor.tobytes())
    back = np.frombuffer(tables.decode(1, 0, coded.data, tensor.size), np.int8)
    distance = np.abs(tensor.ravel().astype(int) - 5)
    assert np.count_nonzero(back != 5) == 200
    assert distance[back != 5].min() >= distance[back == 5].max()


def test_likeness_of_neighbours_makes_a_frame_smaller() -> None:
    """The same elements, told apart by nothing but their places."""
    tables = opened(FOMO)
    tensor = fomo_features()
    shuffled = np.random.default_rng(1).permutation(tensor.ravel())
    assert len(tables.encode(1, 0, tensor.tobytes()).data) < 0.96 * len(
        tables.encode(1, 0, shuffled.tobytes()).data
    )


def test_a_batch_is_its_frames_one_by_one() -> None:
    tables = opened(FOMO)
    tensors = [fomo_features(seed).tobytes() for seed in range(9)]
    coded = [tables.encode(1, 0, tensor).data for tensor in tensors]
    batch = tables.decode_batch(1, 0, coded, 2304)
    assert [row.tobytes() for row in batch] == [reference.seen(tensor, FOMO) for tensor in tensors]


def test_decoding_keeps_up() -> None:
    """0.1 ms a tensor, 100 MB/s in a batch of the processor's time; thrice that where the machine is shared."""
    tables = opened(FOMO)
    coded = [tables.encode(1, 0, fomo_features(seed).tobytes()).data for seed in range(20)] * 20
    one, batch = [], []
    for _ in range(5):
        begun = time.thread_time()
        for form in coded:
            tables.decode(1, 0, form, 2304)
        between = time.thread_time()
        tables.decode_batch(1, 0, coded, 2304)
        one.append((between - begun) / len(coded))
        batch.append((time.thread_time() - between) / len(coded))
    print(f"{min(one) * 1e6:.1f} us a tensor, {2304 / min(batch) / 1e6:.0f} MB/s in a batch")
    assert min(one) < 3 * 100e-6
    assert min(batch) < 3 * 2304 / 100e6


def test_a_frame_of_other_tables_is_refused() -> None:
    coded = opened(FOMO).encode(1, 0, fomo_features().tobytes())
    with pytest.raises(OtherTablesError):
        opened(reference.Settings((12, 12, 16), 2304, (15, 15), zero=5)).decode(1, 0, coded.data, 2304)


def test_a_tensor_that_needs_more_than_a_device_s_scratch_goes_raw() -> None:
    """More than 4 KB of output and what it takes to work."""
    chosen = reference.Settings((24, 24, 16), 9216, (1, 1), widest=1, zero=0)
    tensor = np.random.default_rng(0).integers(-30, 31, 9216).astype(np.int8).tobytes()
    assert len(reference.encode(tensor, chosen)) > 4096
    assert opened(chosen).encode(1, 0, tensor).codec is CodecId.RAW


@given(settings())
def test_the_block_of_a_value_is_the_page_s(chosen: reference.Settings) -> None:
    assert tables_of(chosen).block() == chosen.block()


def wrong() -> Iterator[tuple[dict[str, object], str]]:
    yield {"dtype": DType.INT16}, "int8 and uint8"
    yield {"shape": (256, 256, 1)}, "65,535 elements"
    yield {"shape": (0, 1, 1)}, "shape"
    yield {"zero_point": 128}, "is no int8"
    yield {"floors": (0, 0)}, "not both 0"
    yield {"floors": (134, 1)}, "at most 133 and 122"
    yield {"floors": (1, 123)}, "at most 133 and 122"
    yield {"keep": 0}, "keep 0"
    yield {"widest": 256}, "widest 256"
    yield {"blocks": 3}, "1, 2, 4 or 8"


@pytest.mark.parametrize(("change", "words"), list(wrong()), ids=str)
def test_settings_that_no_file_can_hold_are_refused(change: dict[str, object], words: str) -> None:
    good: dict[str, object] = {
        "shape": (2, 2, 2),
        "dtype": DType.INT8,
        "zero_point": 5,
        "keep": 8,
        "floors": (1, 1),
        "widest": 8,
    }
    SlicerTables(**good)  # type: ignore[arg-type]
    with pytest.raises(CodecError, match=words):
        SlicerTables(**(good | change))  # type: ignore[arg-type]
