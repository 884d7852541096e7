"""A codec and its setting as one word."""

from __future__ import annotations

import pytest

from cutpoint.codec import CodecError, CodecId, label_of, read_label


@pytest.mark.parametrize("codec", list(CodecId))
def test_a_label_is_read_as_what_it_was_made_of(codec: CodecId) -> None:
    assert read_label(label_of(codec)) == (codec, 0)
    if codec.calibrated:
        assert all(read_label(label_of(codec, number)) == (codec, number) for number in (1, 12, 255))


def test_labels_are_words_that_people_write() -> None:
    assert (label_of(CodecId.RAW), label_of(CodecId.RANS, 12)) == ("raw", "rans:12")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zip",
        "RANS:1",
        "rans:",
        "rans:0",
        "rans:256",
        "rans:01",
        "rans:1:2",
        "rans: 1",
        "raw:1",
        "jpeg:50",
        "rans:²",
    ],
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        read_label(text)
