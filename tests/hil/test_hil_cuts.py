"""Cutting changes no bit: what travels at every cut, and what comes out, is what a PC computes."""

from __future__ import annotations

import pytest
from hil_words import Figure

from cutpoint.wire import CodecId, Flag
from host_tools.hil import Stand


def test_the_live_tensors_and_the_answer_at_every_cut_are_the_pcs_bit_for_bit(
    stand: Stand, figure: Figure
) -> None:
    wrong: list[str] = []
    for cut in range(stand.on_board + 1):
        picture = stand.pictures[cut % len(stand.pictures)]
        got = stand.follow(cut, picture)
        assert got.activation is not None
        assert got.activation.cut == cut
        assert got.answer.by == ("device" if cut == stand.bundle.n else "edge"), got.answer
        wrong += stand.right(got, picture)
        # The rest of the network on what really travelled.
        answered = stand.edge.result(got.activation).answer
        if cut < stand.bundle.n and answered != stand.truth.answer(picture):
            wrong.append(
                f"cut {cut}: the answer is {answered}, the whole model's {stand.truth.answer(picture)}"
            )
    assert not wrong, "\n".join(wrong)
    figure("cuts_compared", stand.on_board + 1)


def test_every_picture_is_another_one(stand: Stand) -> None:
    """So that no device passes the comparison with an answer of before."""
    crcs = {stand.truth.outputs_crc(picture) for picture in stand.pictures}
    assert len(crcs) > 1
    for picture in stand.pictures:
        got = stand.follow(stand.on_board, picture)
        assert not stand.right(got, picture)


def test_coded_tensors_unfold_to_the_same_bits(stand: Stand) -> None:
    if "bitmap" not in stand.about.codecs:
        pytest.skip(f"{stand.device} speaks {', '.join(stand.about.codecs)}, not bitmap")
    for cut in sorted({0, 1, stand.middle, max(0, stand.on_board - 1)}):
        got = stand.follow(cut, stand.pictures[0], codec=CodecId.BITMAP)
        assert got.activation is not None
        assert got.activation.codec is CodecId.BITMAP
        assert not stand.right(got, stand.pictures[0])


def test_settings_without_loss_unfold_to_the_same_bits(stand: Stand) -> None:
    entry = stand.bundle.manifest.codecs
    if entry is None or stand.about.tables != entry.version:
        ours = "none" if entry is None else entry.version
        pytest.skip(
            f"{stand.device} has codec tables {stand.about.tables or 'none'}, {stand.bundle.name} {ours}"
        )
    for one in entry.settings:
        if not one.lossless or one.cut > stand.on_board or one.codec not in stand.about.codecs:
            continue
        codec = CodecId[one.codec.upper()]
        for picture in stand.pictures[:2]:
            got = stand.follow(one.cut, picture, codec=codec, setting=one.number)
            assert got.activation is not None
            assert (got.activation.codec, got.activation.setting) == (codec, one.number)
            assert not stand.right(got, picture)


def test_a_hedged_plan_changes_who_answers_and_not_what(stand: Stand) -> None:
    picture = stand.pictures[1]
    got = stand.follow(stand.middle, picture, flags=Flag.TIMINGS | Flag.HEDGED)
    assert got.answer.by in ("edge", "device")
    assert not stand.right(got, picture)
