"""The firmware makes the same input tensors of pictures as cutpoint.picture, bit for bit."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from cutpoint import _core
from cutpoint.codec import DType
from cutpoint.picture import InputTensor

Pixels = npt.NDArray[np.uint8]
CODES = {"int8": DType.INT8, "uint8": DType.UINT8, "float32": DType.FLOAT32}
QUANTISED = [
    (1 / 255, -128),
    (2 / 255, -1),
    (1.0, -128),
    (0.00784313771, 0),
    (0.0039215689, 0),
    (0.5, 3),
    (0.003, -100),
    (0.02, 127),
]


def tensor_of(
    dtype: str, height: int, width: int, channels: int, scale: float | None, zero_point: int
) -> InputTensor:
    # A .tflite holds its scale as float32.
    exact = None if scale is None else float(np.float32(scale))
    shape = (1, height, width, channels)
    return InputTensor("input", shape, np.dtype(dtype), exact, None if scale is None else zero_point)


def on_board(tensor: InputTensor, picture: Pixels, pixels: bytes, kind: str) -> bytes:
    _, height, width, channels = tensor.shape
    return _core.picture_tensor(
        pixels, picture.shape[1], picture.shape[0], kind, int(CODES[tensor.dtype.name]), width, height, channels,
        tensor.scale, tensor.zero_point or 0,
    )  # fmt: skip


def picture_of(chance: random.Random, height: int, width: int, channels: int) -> Pixels:
    """Noise, or a gradient with hard edges: where a wrong weight shows, and where saturation does."""
    source = np.random.default_rng(chance.randrange(1 << 32))
    if chance.random() < 0.5:
        return source.integers(0, 256, (height, width, channels), np.uint8)
    rows, columns = np.mgrid[0:height, 0:width]
    steps = ((rows // 3 + columns // 2) % 2 * 255)[..., np.newaxis]
    return np.broadcast_to(steps, (height, width, channels)).astype(np.uint8).copy()


def shapes(chance: random.Random) -> tuple[int, int, int, int]:
    """(height, width) of a picture and of a tensor: larger, smaller, tall, wide, equal."""
    height, width = chance.randint(1, 160), chance.randint(1, 160)
    kind = chance.randrange(4)
    if kind == 0:
        return height, width, height, width
    if kind == 1:
        return 240, 240, 96, 96
    if kind == 2:
        return height, width, chance.randint(1, 120), chance.randint(1, 8)
    return height, width, chance.randint(1, 96), chance.randint(1, 96)


@pytest.mark.parametrize("seed", range(150))
def test_a_picture_becomes_the_same_tensor(seed: int) -> None:
    chance = random.Random(seed)
    height, width, tensor_height, tensor_width = shapes(chance)
    dtype = chance.choice(["int8", "int8", "uint8", "float32"])
    scale, zero_point = chance.choice(QUANTISED)
    if dtype == "uint8":
        zero_point += 128
    quantised = dtype == "int8" or (dtype == "uint8" and chance.random() < 0.7)
    channels = chance.choice([1, 3])
    tensor = tensor_of(dtype, tensor_height, tensor_width, channels, scale if quantised else None, zero_point)
    colours = chance.choice([1, 3])
    picture = picture_of(chance, height, width, colours)
    expected = tensor.of_picture(picture).tobytes()
    if colours == 1:
        assert on_board(tensor, picture, picture.tobytes(), "grey") == expected
    else:
        assert on_board(tensor, picture, picture.tobytes(), "rgb888") == expected
        swapped = np.ascontiguousarray(picture[..., ::-1])
        assert on_board(tensor, picture, swapped.tobytes(), "bgr888") == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_cameras_16_bit_pixels_are_its_colours_with_the_highest_bits_repeated(seed: int) -> None:
    chance = random.Random(1000 + seed)
    height, width, tensor_height, tensor_width = shapes(chance)
    words = np.random.default_rng(seed).integers(0, 1 << 16, (height, width), np.uint16)
    red, green, blue = words >> 11, words >> 5 & 63, words & 31
    picture = np.stack([red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2], axis=-1).astype(
        np.uint8
    )
    tensor = tensor_of("int8", tensor_height, tensor_width, chance.choice([1, 3]), 1 / 255, -128)
    pixels = words.astype(">u2").tobytes()
    assert on_board(tensor, picture, pixels, "rgb565") == tensor.of_picture(picture).tobytes()


def test_at_the_usual_scale_a_tensor_is_the_pixel_less_128() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    tensor = tensor_of("int8", 16, 16, 1, 1 / 255, -128)
    made = np.frombuffer(on_board(tensor, picture, picture.tobytes(), "grey"), np.int8)
    assert (made.astype(int) == picture.reshape(-1).astype(int) - 128).all()


def test_every_grey_of_a_colour_rounds_alike() -> None:
    # Where thousandths end in exactly a half, floating point would decide by its error.
    halves = [(r, g, b) for r in range(0, 256, 5) for g in range(256) for b in range(0, 256, 6)
              if (299 * r + 587 * g + 114 * b) % 1000 == 500]  # fmt: skip
    picture = np.array(halves, np.uint8)[np.newaxis]
    assert picture.shape[1] > 100
    tensor = tensor_of("uint8", 1, picture.shape[1], 1, None, 0)
    assert on_board(tensor, picture, picture.tobytes(), "rgb888") == tensor.of_picture(picture).tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": 2}, "no picture"),
        ({"dtype": int(DType.INT16)}, "no picture"),
        ({"scale": None}, "without a scale"),
        ({"scale": 0.0}, "without a scale"),
        ({"width": 9}, "which is not"),
        ({"width": 0}, "which is not"),
        ({"tensor_height": 0}, "no picture"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(change: dict[str, object], words: str) -> None:
    good: dict[str, object] = {
        "pixels": bytes(64), "width": 8, "height": 8, "format": "grey", "dtype": int(DType.INT8),
        "tensor_width": 4, "tensor_height": 4, "channels": 1, "scale": 1 / 255, "zero_point": -128,
    }  # fmt: skip
    assert len(_core.picture_tensor(**good)) == 16  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        _core.picture_tensor(**{**good, **change})  # type: ignore[arg-type]
