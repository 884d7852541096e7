"""What devices say of themselves in JSON, and what is not believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.wire import (
    About,
    ModelId,
    Presence,
    PresenceError,
    State,
    about_json,
    cuts_text,
    parse_about,
    parse_cuts,
    parse_state,
    state_json,
)

ABOUT = {"model": "c0ffee42", "operators": 25, "boot": 3}


def encoded(**fields: object) -> bytes:
    return json.dumps(ABOUT | fields).encode()


@pytest.mark.parametrize("presence", Presence)
def test_a_state_comes_back(presence: Presence) -> None:
    assert parse_state(state_json(presence, 7)) == State(state=presence, boot=7)


def test_an_about_comes_back() -> None:
    about = About(
        **ABOUT, firmware="0.1.0", chip="esp32-s3", engine="tflm", codecs=("raw", "bitmap"), free_ram=118_784
    )
    assert parse_about(about_json(about)) == about


def test_what_a_device_does_not_say_is_absent() -> None:
    about = parse_about(encoded())
    assert about.free_ram is None
    assert about.codecs == ("raw",)
    assert b"free_ram" not in about_json(about)


def test_fields_of_a_newer_device_are_ignored() -> None:
    assert parse_about(encoded(colour="red")) == parse_about(encoded())


def test_the_model_compares_with_that_of_a_frame() -> None:
    assert parse_about(encoded()).model_id == ModelId(b"\xc0\xff\xee\x42")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"online"',
        b"{}",
        b"\xff\xfe",
        b"{" * 1000,
        b"[" * 2000,
        b'{"state": "online"}',
        b'{"state": "asleep", "boot": 1}',
        b'{"state": "online", "boot": -1}',
        b'{"state": "online", "boot": 4294967296}',
        b'{"state": "online", "boot": 1.5}',
        b'{"state": "online", "boot": true}',
        b'{"state": "online", "boot": "1"}',
        b'{"state": "online", "boot": NaN}',
        b'{"state": "online", "boot": ' + b"9" * 5000 + b"}",
        b'{"state": "online", "boot": ' + b"9" * 1900 + b"}",
        b'{"state": "online", "boot": 1, "x": "' + b"y" * 2048 + b'"}',
    ],
    ids=lambda payload: repr(payload[:40]),
)
def test_a_hostile_state_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(PresenceError) as refused:
        parse_state(payload)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "c0ffee4"},
        {"model": "C0FFEE42"},
        {"model": 7},
        {"operators": -1},
        {"operators": 65_536},
        {"operators": "25"},
        {"codecs": "raw"},
        {"codecs": ["raw"] * 17},
        {"codecs": ["x" * 65]},
        {"chip": "x" * 65},
        {"free_ram": -1},
        {"boot": None},
        *(
            {"cuts": text}
            for text in ("", "1,", "2-1", "3,3", "0-5,5", "5,1", "65536", "-1", "a", "0 ", "1-2-3", "\u0661")
        ),
        {"cuts": ",".join(str(cut) for cut in range(0, 400, 2))},
        {"cuts": 5},
        {"overlap": "perhaps"},
    ],
    ids=str,
)
def test_a_hostile_about_is_refused_by_the_field(fields: dict[str, object]) -> None:
    with pytest.raises(PresenceError, match=next(iter(fields))):
        parse_about(encoded(**fields))


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=20))
def test_cuts_come_back(cuts: set[int]) -> None:
    about = parse_about(encoded(cuts=cuts_text(cuts)))
    assert about.cuts is not None
    assert {cut for one in parse_cuts(about.cuts) for cut in one} == cuts


def test_neighbouring_cuts_are_a_range() -> None:
    assert cuts_text([9, 0, 1, 2, 3, 4, 5, 25]) == "0-5,9,25"


@given(st.binary(max_size=100))
def test_random_bytes_are_refused(payload: bytes) -> None:
    with pytest.raises(PresenceError):
        parse_about(payload)


def test_an_about_too_large_to_send_is_refused() -> None:
    about = About(**ABOUT, codecs=("\u0001" * 64,) * 16)
    with pytest.raises(PresenceError, match="too large"):
        about_json(about)
