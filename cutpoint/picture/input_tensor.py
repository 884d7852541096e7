"""From a picture or numbers to a model's input tensor, the way a device's firmware does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutpoint.errors import InputError, UsageError
from cutpoint.graph import Model

Array = npt.NDArray[Any]

LUMA = np.array([299, 587, 114], np.uint32)
"""ITU-R BT.601 weights of red, green and blue in thousandths: in whole numbers every machine rounds alike."""


@dataclass(frozen=True, slots=True)
class InputTensor:
    """One input of the model: shape, dtype, and its quantisation (None for float)."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    scale: float | None
    zero_point: int | None

    @property
    def picture_size(self) -> tuple[int, int, int] | None:
        """(height, width, channels) when the input takes a picture of one or three channels, else None."""
        shape = self.shape[1:] if len(self.shape) == 4 and self.shape[0] == 1 else self.shape
        if len(shape) != 3 or shape[2] not in (1, 3) or min(shape) < 1:
            return None
        return shape[0], shape[1], shape[2]

    @property
    def pixel_range(self) -> tuple[float, float]:
        """The real values that pixels 0 and 255 stand for: (0, 1), (-1, 1) or (0, 255).

        Taken from the values that the tensor can hold, since a .tflite does not say how its pictures were
        scaled: a most value above 8 means 0..255, a least value below -0.5 means -1..1. Float tensors get
        0..1, as Edge Impulse's do. A model trained otherwise needs arrays (.npy) that are already scaled.
        """
        if self.scale is None or self.zero_point is None or not np.issubdtype(self.dtype, np.integer):
            return 0.0, 1.0
        limits = np.iinfo(self.dtype.name)
        least = (limits.min - self.zero_point) * self.scale
        most = (limits.max - self.zero_point) * self.scale
        if most > 8:
            return 0.0, 255.0
        return (-1.0, 1.0) if least < -0.5 else (0.0, 1.0)

    def quantised(self, values: Array) -> Array:
        """Real values to this tensor's dtype: `round(value / scale) + zero_point`, halves to even, saturated.

        A float input takes the values as they are.
        """
        if np.issubdtype(self.dtype, np.floating):
            return values.astype(self.dtype)
        if self.scale is None or self.zero_point is None:
            raise UsageError(
                f"input {self.name!r} is {self.dtype} without a scale; give arrays of that dtype (.npy)"
            )
        limits = np.iinfo(self.dtype.name)
        levels = np.rint(values.astype(np.float64) / self.scale) + self.zero_point
        clipped: Array = np.clip(levels, limits.min, limits.max).astype(self.dtype)
        return clipped

    def of_picture(self, picture: Array) -> Array:
        """A picture, uint8 (H, W), (H, W, 1) or (H, W, 3) in 0..255, as the tensor.

        Cropped to its middle to the tensor's aspect ratio and resized (bilinear) where the size differs, to
        grey or to three equal channels where those differ. Pixel values are mapped to `pixel_range` and
        quantised; at the usual scale of 1/255 and zero point -128 the tensor is exactly pixel - 128. Raises
        InputError when it is no picture or the model takes none.
        """
        size = self.picture_size
        if size is None:
            raise InputError(f"input {self.name!r} has the shape {list(self.shape)}, which is no picture's")
        if picture.dtype != np.uint8 or picture.ndim not in (2, 3):
            raise InputError(f"a picture is uint8 of shape (H, W) or (H, W, 3), {_seen(picture)} given")
        pixels = _channels(_fitted(picture, size[0], size[1]), size[2])
        if self.dtype == np.uint8 and self.scale is None:
            return pixels.reshape(self.shape)
        least, most = self.pixel_range
        return self.quantised(least + pixels * ((most - least) / 255.0)).reshape(self.shape)

    def to_picture(self, tensor: Array) -> Array:
        """The picture that a quantised tensor shows, uint8 (H, W, C): the nearest of `of_picture`'s arguments.

        Raises InputError when the input takes no picture or is not quantised.
        """
        size = self.picture_size
        if size is None or not np.issubdtype(self.dtype, np.integer):
            raise InputError(f"input {self.name!r} is no quantised picture")
        if self.scale is None or self.zero_point is None:
            return tensor.astype(np.uint8).reshape(size)
        least, most = self.pixel_range
        values = (tensor.astype(np.float64) - self.zero_point) * self.scale
        pixels: Array = np.clip(np.rint((values - least) * (255.0 / (most - least))), 0, 255).astype(np.uint8)
        return pixels.reshape(size)

    def of_array(self, array: Array) -> Array:
        """Numbers as the tensor: taken as they are when dtype and shape fit, quantised when they are float.

        uint8 for a picture input of another dtype is a picture. A missing leading 1 in the shape is added.
        Raises InputError, naming what was seen and expected.
        """
        if array.dtype == self.dtype and _fits(array.shape, self.shape):
            return np.ascontiguousarray(array).reshape(self.shape)
        if array.dtype == np.uint8 and self.picture_size is not None:
            return self.of_picture(array[0] if array.ndim == 4 and array.shape[0] == 1 else array)
        if np.issubdtype(array.dtype, np.floating) and _fits(array.shape, self.shape):
            if not np.isfinite(array).all():
                raise InputError(f"input {self.name!r}: the array holds a value that is not finite")
            return self.quantised(array).reshape(self.shape)
        raise InputError(
            f"input {self.name!r} takes {self.dtype} {list(self.shape)} (or float32 of that shape"
            f"{', or a uint8 picture' if self.picture_size else ''}), {_seen(array)} given"
        )


def input_tensors(model: Model) -> tuple[InputTensor, ...]:
    """The model's inputs, in graph order, as what turns pictures and arrays into tensors."""
    tensors = (model.tensors[index] for index in model.inputs)
    return tuple(InputTensor(t.name, t.shape, t.dtype, t.scale, t.zero_point) for t in tensors)


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return shape == wanted or (1, *shape) == wanted


def _seen(array: Array) -> str:
    return f"{array.dtype} {list(array.shape)}"


def _fitted(picture: Array, height: int, width: int) -> Array:
    from PIL import Image  # here, so that a server that sees no pictures does without

    rows, columns = picture.shape[:2]
    if min(rows, columns) < 1:
        raise InputError(f"the picture is empty: {_seen(picture)}")
    if (rows, columns) == (height, width):
        return picture
    crop_rows = min(rows, max(1, round(columns * height / width)))
    crop_columns = min(columns, max(1, round(rows * width / height)))
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    middle = picture[top : top + crop_rows, left : left + crop_columns]
    flat = middle[..., 0] if middle.ndim == 3 and middle.shape[2] == 1 else middle
    # One axis after the other: done at once, versions of Pillow differ in which of them comes first.
    image = Image.fromarray(np.ascontiguousarray(flat)).resize((width, crop_rows), Image.Resampling.BILINEAR)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def _channels(picture: Array, wanted: int) -> Array:
    pixels = picture[..., np.newaxis] if picture.ndim == 2 else picture
    if pixels.shape[2] == wanted:
        return pixels
    if pixels.shape[2] == 1:
        return np.repeat(pixels, wanted, axis=2)
    if pixels.shape[2] in (3, 4):
        colours = pixels[..., :3]
        return colours if wanted == 3 else ((colours @ LUMA + 500) // 1000).astype(np.uint8)[..., np.newaxis]
    raise InputError(f"a picture has 1, 3 or 4 channels, {pixels.shape[2]} given")
