"""JPEG files as they come from a camera: checked before a byte of them is decoded."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from cutpoint.errors import InputError

MOST_JPEG_PIXELS = 2_592 * 1_944
"""Of the largest picture that is decoded, an OV5640's: a JPEG of a few kilobytes can claim gigabytes of pixels."""


class JpegError(InputError):
    """Bytes that are no JPEG, a broken one, or one of too many pixels."""


def picture_of(data: bytes | memoryview) -> npt.NDArray[np.uint8]:
    """Decode a JPEG to uint8 (H, W) when it is grey, else (H, W, 3); raises `JpegError`."""
    from PIL import Image  # here, so that a server that sees no pictures does without

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            width, height = image.size
            if width * height > MOST_JPEG_PIXELS:
                raise JpegError(f"a JPEG of {width}x{height} is larger than {MOST_JPEG_PIXELS:,} pixels")
            if image.info.get("progressive"):
                # Each of its scans, of a few bytes, goes over all pixels again: 70 KB of them take a decoder 13 s.
                raise JpegError(
                    "a progressive JPEG, which no camera makes, is not decoded; send a baseline one"
                )
            # Pillow raises for a file that ends early, unless it is told to load truncated ones.
            return np.asarray(image if image.mode == "L" else image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise JpegError(f"{len(data)} bytes are no JPEG that can be decoded: {error}") from error


def jpeg_of(picture: npt.NDArray[np.uint8], quality: int = 50) -> bytes:
    """Encode uint8 (H, W), (H, W, 1) or (H, W, 3) as a camera does: baseline, 4:2:0, quality 1 to 95."""
    from PIL import Image

    flat = picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(flat)).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return file.getvalue()
