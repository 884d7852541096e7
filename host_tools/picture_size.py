"""What the picture itself would cost to send: the baselines that every cut is held against.

Raw is the input tensor as 8-bit pixels. JPEG is measured: the median size of real pictures at the network's
input size, quality 50 and 4:2:0, what the encoder of a small camera module gives or better. Its headers (some 620 B,
the same in every picture) are counted apart, since a link that knows them need not carry them.
"""

from __future__ import annotations

import io
import statistics
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from cutpoint.errors import UsageError
from cutpoint.graph import Model
from host_tools.shipped import shipped_pictures

JPEG_QUALITY = 50
PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
LEAST_SIDE = 16  # an input [1, h, w, c] smaller than this is a spectrogram or a vector, not a picture


@dataclass(frozen=True, slots=True)
class PictureBaseline:
    """Bytes of one picture at the network's input size."""

    height: int
    width: int
    channels: int
    raw_bytes: int
    jpeg_bytes: int
    jpeg_header_bytes: int
    pictures: int
    source: str

    def sentence(self) -> str:
        """One line for people."""
        return (
            f"the input as a picture: raw {self.raw_bytes:,} B; JPEG quality {JPEG_QUALITY} {self.jpeg_bytes:,} B "
            f"({self.jpeg_header_bytes:,} B of it headers), median of {self.pictures} from {self.source}"
        )


def picture_shape(model: Model) -> tuple[int, int, int] | None:
    """(height, width, channels) when the only input is a picture of 1 or 3 channels, else None."""
    if len(model.inputs) != 1:
        return None
    shape = model.tensors[model.inputs[0]].shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3) or min(shape[1:3]) < LEAST_SIDE:
        return None
    return shape[1], shape[2], shape[3]


def picture_baseline(model: Model, folder: Path | None = None) -> PictureBaseline | None:
    """Measure the picture baselines of a model, or None when its input is no picture.

    Raises:
        UsageError: `folder` holds no readable picture, or was given for a model that takes none.
    """
    shape = picture_shape(model)
    if shape is None:
        if folder is not None:
            raise UsageError(
                "--pictures was given, but the input of this model is not a picture [1, h, w, 1 or 3]"
            )
        return None
    height, width, channels = shape
    where = folder if folder is not None else shipped_pictures()
    paths = (
        sorted(path for path in where.glob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
        if where.is_dir()
        else []
    )
    if not paths:
        raise UsageError(f"no picture ({', '.join(sorted(PICTURE_SUFFIXES))}) in {where}")
    sizes, headers = [], []
    for path in paths:
        try:
            with Image.open(path) as opened:
                picture = opened.convert("RGB" if channels == 3 else "L").resize((width, height))
        except (OSError, UnidentifiedImageError) as error:
            raise UsageError(f"cannot read the picture {path}: {error}") from error
        data = jpeg(picture)
        sizes.append(len(data))
        headers.append(len(data) - scan_bytes(data))
    return PictureBaseline(
        height,
        width,
        channels,
        height * width * channels,
        round(statistics.median(sizes)),
        round(statistics.median(headers)),
        len(paths),
        str(folder) if folder is not None else "the shipped test pictures",
    )


def jpeg(picture: Image.Image) -> bytes:
    """Encode as a camera module would: baseline, quality 50, 4:2:0, standard Huffman tables."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=2, optimize=False)
    return stream.getvalue()


def scan_bytes(data: bytes) -> int:
    """Entropy-coded bytes of a baseline JPEG: what follows the start-of-scan segment, the end marker left out."""
    at = 2
    while at + 4 <= len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        at += 2 + length
        if marker == 0xDA:
            return len(data) - at - 2
    return 0
