"""Steps of an update: the golden vectors in both directions, and bytes from anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import vectors
from strategies import updates

from cutpoint.wire import (
    MOST_UPDATE_DATA_BYTES,
    FrameError,
    MessageError,
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateStep,
    decode_update,
    encode_update,
)


def step_of(fields: dict[str, Any]) -> UpdateStep:
    if fields["op"] == 1:
        return UpdateBegin(fields["size"], bytes.fromhex(fields["sha256"]))
    if fields["op"] == 2:
        return UpdateData(fields["offset"], bytes.fromhex(fields["data"]))
    return UpdateEnd() if fields["op"] == 3 else UpdateAbort()


@pytest.mark.parametrize("vector", vectors("updates"), ids=lambda vector: vector["name"])
def test_a_step_is_written_and_read_byte_for_byte(vector: dict[str, Any]) -> None:
    argument = bytes.fromhex(vector["argument"])
    assert encode_update(step_of(vector["step"])) == argument
    assert decode_update(argument) == step_of(vector["step"])


@pytest.mark.parametrize("vector", vectors("bad_updates"), ids=lambda vector: vector["name"])
def test_a_bad_step_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(FrameError) as refused:
        decode_update(bytes.fromhex(vector["argument"]))
    assert refused.value.reason.value == vector["reason"]


@given(updates)
def test_every_step_survives_the_way(step: UpdateStep) -> None:
    assert decode_update(encode_update(step)) == step


@given(st.binary(max_size=1100))
def test_bytes_from_anywhere_are_a_step_or_refused(argument: bytes) -> None:
    try:
        step = decode_update(argument)
    except FrameError:
        return
    assert encode_update(step) == argument


@pytest.mark.parametrize(
    "step",
    [
        UpdateBegin(0, bytes(32)),
        UpdateBegin(1 << 32, bytes(32)),
        UpdateBegin(-1, bytes(32)),
        UpdateBegin(9, bytes(31)),
        UpdateBegin(9, "text"),  # type: ignore[arg-type]
        UpdateData(0, b""),
        UpdateData(0, bytes(MOST_UPDATE_DATA_BYTES + 1)),
        UpdateData(0xFFFF_FFFF, b"x"),
        UpdateData(-1, b"x"),
    ],
)
def test_a_step_that_the_wire_cannot_carry_is_refused(step: UpdateStep) -> None:
    with pytest.raises(MessageError):
        encode_update(step)
