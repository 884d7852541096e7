"""Ids check themselves."""

from __future__ import annotations

import hashlib

import pytest

from cutpoint.wire import DeviceId, IdError, ModelId


@pytest.mark.parametrize("name", ["a", "cam-1", "0", "-", "z" * 32])
def test_a_device_id_is_the_string_that_it_was_made_of(name: str) -> None:
    assert DeviceId(name) == name
    assert {DeviceId(name): 1}[DeviceId(name)] == 1


@pytest.mark.parametrize(
    "name", ["", "A", "a_b", "a/b", "+", "#", "z" * 33, "a\n", "ä", "a b", "\u0663", "a\0"]
)
def test_a_device_id_of_other_characters_is_refused(name: str) -> None:
    with pytest.raises(IdError, match="1 to 32 characters"):
        DeviceId(name)


def test_a_model_id_is_the_beginning_of_the_file_s_sha256() -> None:
    model = ModelId.of_model(b"TFL3")
    assert bytes(model) == hashlib.sha256(b"TFL3").digest()[:4]
    assert model.hex == hashlib.sha256(b"TFL3").hexdigest()[:8]
    assert ModelId.of_hex(model.hex) == model
    assert str(model) == model.hex


@pytest.mark.parametrize("raw", [b"", b"abc", b"abcde", "abcd", bytearray(b"abcd"), None, 7])
def test_a_model_id_of_another_size_or_type_is_refused(raw: object) -> None:
    with pytest.raises(IdError, match="4 bytes"):
        ModelId(raw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "c0ffee4", "c0ffee422", "C0FFEE42", "c0ffee4g", "c0 fee42", "c0ffee42\n"]
)
def test_a_model_id_of_other_digits_is_refused(text: str) -> None:
    with pytest.raises(IdError, match="8 hexadecimal digits"):
        ModelId.of_hex(text)
