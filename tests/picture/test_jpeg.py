"""A camera's JPEG: decoded within bounds, and served at cut 0 like any other input."""

from __future__ import annotations

import contextlib
import io
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cutpoint.picture import InputTensor, JpegError, jpeg_of, picture_of


def smooth(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 2 % 256, columns * 2 % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("shape", [(96, 96, 3), (33, 17, 3), (20, 30)])
def test_what_is_coded_comes_back_nearly(shape: tuple[int, ...]) -> None:
    picture = smooth(*shape[:2]) if len(shape) == 3 else smooth(*shape)[..., 0]
    decoded = picture_of(jpeg_of(picture, 95))
    assert decoded.shape == picture.shape
    assert np.abs(decoded.astype(int) - picture).mean() < 6


def test_other_formats_and_bombs_are_refused_before_their_pixels_are_made() -> None:
    file = io.BytesIO()
    Image.fromarray(smooth(8, 8)).save(file, "PNG")
    with pytest.raises(JpegError, match="no JPEG"):
        picture_of(file.getvalue())
    data = bytearray(jpeg_of(smooth(16, 16)))
    at = data.index(b"\xff\xc0") + 5  # the frame header's height and width
    data[at : at + 4] = (3000).to_bytes(2, "big") + (4000).to_bytes(2, "big")
    with pytest.raises(JpegError, match="4000x3000"):
        picture_of(bytes(data))
    data[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(JpegError, match="no JPEG that can be decoded"):
        picture_of(bytes(data))


def test_a_progressive_file_is_refused_however_often_it_repeats_a_scan() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((1944, 2592), np.uint8)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    began = time.monotonic()
    with pytest.raises(JpegError, match="progressive"):
        picture_of(data[:-2] + 3000 * scan + data[-2:])
    assert time.monotonic() - began < 2


@given(st.data())
def test_broken_files_are_refused_or_decoded_never_worse(data: st.DataObject) -> None:
    file = bytearray(jpeg_of(smooth(24, 24)))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(file[: data.draw(st.integers(0, len(file)))])
    with contextlib.suppress(JpegError):
        assert picture_of(whole).dtype == np.uint8


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 255, -128), (2 / 255, 0), (1.0, -128)])
def test_a_tensor_shows_its_picture(scale: float, zero_point: int) -> None:
    tensor = InputTensor("in", (1, 12, 12, 3), np.dtype("int8"), scale, zero_point)
    picture = smooth(12, 12)
    shown = tensor.to_picture(tensor.of_picture(picture))
    # At 2/255 two neighbours can share a level.
    assert np.abs(shown.astype(int) - picture).max() <= (1 if scale == 2 / 255 else 0)
