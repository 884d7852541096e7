"""A camera that codes its pictures, on a PC: what is in the input tensor, as a JPEG."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutpoint.errors import UsageError
from cutpoint.picture import InputTensor, jpeg_of
from cutpoint.picture.input_tensor import Array


@dataclass(frozen=True, slots=True)
class Camera:
    """Coder of one picture input; `quality` is 1 to 95 as Pillow counts. Raises UsageError for another input."""

    input: InputTensor
    quality: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 95:
            raise UsageError(f"the JPEG quality is {self.quality}; give 1 to 95")
        if self.input.picture_size is None or np.issubdtype(self.input.dtype, np.floating):
            raise UsageError(
                f"input {self.input.name!r} is no quantised picture, so no camera's JPEG fits it"
            )

    def jpeg(self, tensor: Array) -> bytes:
        """The file for what lies in the input."""
        return jpeg_of(self.input.to_picture(tensor), self.quality)
