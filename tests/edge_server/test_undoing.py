"""Coded tensors are undone with the bundle's tables, or refused by a reason of their own; never anything between."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from coded_bundle import COARSE, DELTA, LOSSLESS, LOWBIT, ONE, PAIR, PAIR_DELTA, TWO, calibrated
from edge_bundles import make_bundle
from hand_device import head, pictures
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.codec import CodecId
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, DType, Flag, ModelId, TensorRecord
from edge_server.catalogue.served import ServedModel, TensorMismatchError
from edge_server.catalogue.undoing import Levels, UndoingError, Undone, undo

CODECS = {LOSSLESS: CodecId.RANS, LOWBIT: CodecId.LOWBIT, COARSE: CodecId.RANS, DELTA: CodecId.DELTA}
CODECS |= {PAIR: CodecId.RANS, PAIR_DELTA: CodecId.DELTA}
CUTS = {PAIR: TWO, PAIR_DELTA: TWO}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("plain"), "fomo_like", output="raw")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    return ServedModel(calibrated(make_bundle(tmp_path_factory.mktemp("bundles"), "fomo_like", output="raw")))


def nothing(_age: int) -> Levels | None:
    return None


def exact(model: ServedModel, number: int, seed: int = 0) -> list[Any]:
    return head(model.bundle, CUTS.get(number, ONE), pictures(model.bundle, 1, seed)[0])


def coded(
    model: ServedModel,
    number: int,
    arrays: list[Any],
    *,
    before: Levels | None = None,
    age: int = 0,
    sequence: int = 5,
) -> Activation:
    """What a device sends; with the levels `before`, a change of the frame `age` ago."""
    tables = model.tables
    assert tables is not None
    records = []
    for place, (array, wanted) in enumerate(zip(arrays, model.expected[CUTS.get(number, ONE)], strict=True)):
        data = array.tobytes()
        one = tables.encode(number, place, data)
        if before is not None:
            one, _ = tables.encode_change(number, place, data, before[place], age)
        records.append(
            TensorRecord(wanted.index, wanted.code, one.data, codec=one.codec, raw_bytes=len(data))
        )
    return Activation(
        ModelId(model.bundle.model_id),
        1,
        sequence,
        CUTS.get(number, ONE),
        CODECS[number],
        Flag(0),
        0,
        tuple(records),
        setting=number,
    )


def data_of(undone: Undone) -> list[bytes]:
    return [bytes(record.data) for record in undone.records]


@pytest.mark.parametrize("number", [LOSSLESS, DELTA, PAIR, PAIR_DELTA])
def test_a_lossless_setting_brings_every_bit_back(model: ServedModel, number: int) -> None:
    arrays = exact(model, number)
    undone = undo(model, coded(model, number, arrays), nothing)
    assert data_of(undone) == [array.tobytes() for array in arrays]
    assert model.arrays(CUTS.get(number, ONE), undone.records)[0].dtype == arrays[0].dtype


@pytest.mark.parametrize("number", [LOWBIT, COARSE])
def test_a_lossy_setting_brings_what_its_levels_stand_for(model: ServedModel, number: int) -> None:
    (array,) = exact(model, number)
    (data,) = data_of(undo(model, coded(model, number, [array]), nothing))
    step = {LOWBIT: 8, COARSE: 64}[number]
    got = memoryview(data).cast("b")
    assert max(abs(a - b) for a, b in zip(got, array.ravel().tolist(), strict=True)) <= step // 2


@pytest.mark.parametrize("number", [DELTA, PAIR_DELTA])
def test_a_change_is_undone_with_the_frame_that_it_names(model: ServedModel, number: int) -> None:
    first, second = exact(model, number, 1), exact(model, number, 1)
    second[0] = second[0].copy()
    second[0].flat[3] ^= 9
    key = undo(model, coded(model, number, first), nothing)
    assert key.age == 0
    assert key.levels is not None
    asked = []

    def reference(age: int) -> Levels | None:
        asked.append(age)
        return key.levels

    change = undo(model, coded(model, number, second, before=key.levels, age=3), reference)
    assert set(asked) == {3}
    assert change.age == 3
    assert data_of(change) == [array.tobytes() for array in second]
    small = coded(model, number, second, before=key.levels, age=3)
    assert sum(len(one.data) for one in small.tensors) < sum(array.nbytes for array in second) / 8


def test_a_frame_of_delta_that_went_raw_leaves_a_reference_all_the_same(model: ServedModel) -> None:
    (array,) = exact(model, DELTA)
    wanted = model.expected[ONE][0]
    raw = TensorRecord(wanted.index, wanted.code, array.tobytes(), codec=CodecId.RAW)
    message = replace(coded(model, DELTA, [array]), tensors=(raw,))
    levels = undo(model, message, nothing).levels
    assert levels == undo(model, coded(model, DELTA, [array]), nothing).levels
    assert undo(model, replace(message, codec=CodecId.RAW, setting=0), nothing).levels is None


def refused(model: ServedModel, message: Activation, reason: str, said: str | None = None) -> None:
    with pytest.raises(TensorMismatchError, match=said) as raised:
        undo(model, message, nothing)
    assert raised.value.reason == reason


def test_a_change_of_an_unknown_frame_is_refused_as_that(model: ServedModel) -> None:
    arrays = exact(model, DELTA)
    levels = undo(model, coded(model, DELTA, arrays), nothing).levels
    refused(model, coded(model, DELTA, arrays, before=levels, age=2), "unknown_reference", "key frame")


def test_what_other_tables_coded_is_refused_as_that(model: ServedModel) -> None:
    message = coded(model, LOSSLESS, exact(model, LOSSLESS))
    (record,) = message.tensors
    other = bytes([record.data[0] ^ 1]) + bytes(record.data[1:])
    refused(
        model, replace(message, tensors=(replace(record, data=other),)), "wrong_tables", "bring the bundle"
    )


def test_a_bundle_without_tables_says_so(model: ServedModel, plain: Bundle) -> None:
    message = coded(model, LOSSLESS, exact(model, LOSSLESS))
    refused(ServedModel(plain), message, "wrong_tables", "has no codec tables")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"setting": 99}, "setting 99 for rans at cut 7 is not there"),
        ({"setting": 0}, "setting 0 for rans at cut 7 is not there"),
        ({"setting": PAIR}, "is rans of cut 4 in these tables"),
        ({"setting": LOWBIT}, "is lowbit of cut 7 in these tables"),
        ({"codec": CodecId.SLICER}, "setting 1 for slicer at cut 7 is rans"),
    ],
)
def test_a_setting_of_another_cut_or_codec_is_refused_as_that(
    model: ServedModel, changes: dict[str, Any], said: str
) -> None:
    refused(model, replace(coded(model, LOSSLESS, exact(model, LOSSLESS)), **changes), "wrong_setting", said)


@pytest.mark.parametrize(
    "changes",
    [{"index": 99}, {"dtype": DType.UINT8}, {"raw_bytes": 1 << 31}, {"raw_bytes": None}, {"raw_bytes": 767}],
)
def test_a_record_of_another_tensor_is_refused_before_anything_is_unfolded(
    model: ServedModel, changes: dict[str, Any]
) -> None:
    message = coded(model, LOSSLESS, exact(model, LOSSLESS))
    (record,) = message.tensors
    refused(model, replace(message, tensors=(replace(record, **changes),)), "wrong_tensor")


def test_more_or_fewer_tensors_than_the_cut_has_are_refused(model: ServedModel) -> None:
    message = coded(model, PAIR, exact(model, PAIR))
    refused(model, replace(message, tensors=message.tensors[:1]), "wrong_tensor", "1 tensors at cut 4")
    refused(model, replace(message, tensors=message.tensors * 2), "wrong_tensor", "4 tensors at cut 4")


def test_a_tensor_of_another_codec_than_its_message_is_refused(model: ServedModel) -> None:
    message = coded(model, LOSSLESS, exact(model, LOSSLESS))
    (record,) = message.tensors
    refused(model, replace(message, tensors=(replace(record, codec=CodecId.LOWBIT),)), "bad_coding")


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 32), number=st.sampled_from([LOSSLESS, LOWBIT, COARSE, DELTA]))
def test_damaged_bytes_are_refused_or_are_a_whole_tensor(model: ServedModel, seed: int, number: int) -> None:
    random = Random(seed)
    message = coded(model, number, exact(model, number))
    (record,) = message.tensors
    data = bytearray(record.data)
    for _ in range(random.randint(1, 4)):
        data[random.randrange(len(data))] = random.randrange(256)
    cut = data[: random.randrange(len(data) + 1)] if random.random() < 0.5 else data
    reason, sizes = "", [model.expected[ONE][0].bytes]
    try:
        undone = undo(model, replace(message, tensors=(replace(record, data=bytes(cut)),)), nothing)
        sizes = [len(one) for one in data_of(undone)]
    except TensorMismatchError as error:
        reason = error.reason
    assert reason in {"", "bad_coding", "wrong_tables", "unknown_reference"}
    assert sizes == [model.expected[ONE][0].bytes]


def test_two_tensors_that_change_two_frames_are_refused(model: ServedModel) -> None:
    arrays = exact(model, PAIR_DELTA)
    key = undo(model, coded(model, PAIR_DELTA, arrays), nothing)
    one = coded(model, PAIR_DELTA, arrays, before=key.levels, age=1)
    other = coded(model, PAIR_DELTA, arrays, before=key.levels, age=2)
    mixed = replace(one, tensors=(one.tensors[0], other.tensors[1]))
    with pytest.raises(UndoingError, match="two different frames") as raised:
        undo(model, mixed, lambda _age: key.levels)
    assert raised.value.reason == "bad_coding"


def test_a_model_with_tables_goes_to_another_process_whole(model: ServedModel) -> None:
    other = pickle.loads(pickle.dumps(model))
    message = coded(model, LOSSLESS, exact(model, LOSSLESS))
    assert data_of(undo(other, message, nothing)) == data_of(undo(model, message, nothing))


def test_the_helper_makes_a_bundle_that_opens_again(model: ServedModel) -> None:
    assert Bundle.open(Path(model.bundle.path)).codec_tables == model.bundle.codec_tables
