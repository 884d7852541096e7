"""Pictures and arrays as a model's input."""

import numpy as np
import pytest

from cutpoint.errors import InputError, UsageError
from cutpoint.picture.input_tensor import InputTensor

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def tensor(
    shape: tuple[int, ...] = (1, 16, 16, 1),
    dtype: str = "int8",
    scale: float | None = 1 / 255,
    zero_point: int | None = -128,
) -> InputTensor:
    return InputTensor("input", shape, np.dtype(dtype), scale, zero_point)


def test_the_usual_quantisation_subtracts_128() -> None:
    assert (tensor().of_picture(RAMP).ravel() == np.arange(-128, 128)).all()


def test_a_scale_that_float32_rounds_still_subtracts_128() -> None:
    made = tensor(scale=float(np.float32(0.003921568859368563))).of_picture(RAMP)
    assert (made.ravel() == np.arange(-128, 128)).all()


def test_a_model_of_minus_one_to_one_gets_its_whole_range() -> None:
    made = tensor(scale=1 / 127.5, zero_point=-1).of_picture(RAMP)
    assert (made.min(), made.max()) == (-128, 127)


def test_a_model_of_0_to_255_gets_the_pixels() -> None:
    made = tensor(dtype="uint8", scale=1.0, zero_point=0).of_picture(RAMP)
    assert (made.ravel() == RAMP.ravel()).all()


def test_a_float_model_gets_0_to_1() -> None:
    made = tensor(dtype="float32", scale=None, zero_point=None).of_picture(RAMP)
    assert made.dtype == np.float32
    assert (made.min(), made.max()) == (0.0, 1.0)


def test_quantising_rounds_halves_to_even_and_saturates() -> None:
    wide = tensor(shape=(5,), scale=1.0, zero_point=0)
    assert wide.quantised(np.array([0.5, 1.5, -0.5, 1000.0, -1000.0])).tolist() == [0, 2, 0, 127, -128]


def test_a_colour_picture_becomes_grey_by_luma() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert set(tensor().of_picture(red).ravel()) == {76 - 128}


def test_a_grey_picture_fills_three_channels() -> None:
    made = tensor((1, 16, 16, 3)).of_picture(RAMP)
    assert (made[..., 0] == made[..., 2]).all()


def test_a_wide_picture_is_cropped_to_its_middle() -> None:
    wide = np.zeros((16, 48), np.uint8)
    wide[:, 16:32] = 200
    assert set(tensor().of_picture(wide).ravel()) == {200 - 128}


def test_a_large_picture_is_resized() -> None:
    assert tensor((1, 96, 96, 3)).of_picture(np.zeros((480, 640, 3), np.uint8)).shape == (1, 96, 96, 3)


def test_a_tall_input_takes_the_middle_of_a_wide_picture() -> None:
    assert tensor((1, 24, 12, 1)).of_picture(RAMP).shape == (1, 24, 12, 1)


def test_an_array_of_the_right_kind_is_taken_as_it_is() -> None:
    array = np.arange(256).astype(np.int8).reshape(1, 16, 16, 1)
    assert (tensor().of_array(array) == array).all()
    assert (tensor().of_array(array[0]) == array).all()


def test_a_float_array_is_quantised() -> None:
    assert set(tensor().of_array(np.ones((1, 16, 16, 1), np.float32)).ravel()) == {127}


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((1, 8, 8, 1), np.int8), r"takes int8 \[1, 16, 16, 1\] .* int8 \[1, 8, 8, 1\] given"),
        (np.zeros((1, 16, 16, 1), np.int16), "int16"),
        (np.full((1, 16, 16, 1), np.nan, np.float32), "not finite"),
        (np.zeros((2, 16, 16, 1), np.uint8), "a picture is uint8"),
        (np.zeros((0, 16), np.uint8), "empty"),
        (np.zeros((16, 16, 2), np.uint8), "1, 3 or 4 channels"),
    ],
)
def test_an_array_that_does_not_fit_says_what_was_seen_and_expected(array: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        tensor().of_array(array)


def test_a_model_without_a_picture_input_takes_no_picture() -> None:
    with pytest.raises(InputError, match="no picture's"):
        tensor((1, 40)).of_picture(RAMP)


def test_an_integer_input_without_a_scale_cannot_be_quantised() -> None:
    with pytest.raises(UsageError, match="without a scale"):
        tensor((1, 4), scale=None, zero_point=None).of_array(np.zeros((1, 4), np.float32))
