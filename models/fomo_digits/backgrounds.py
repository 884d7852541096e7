"""Background pictures: scikit-image's own, each divided into a train area and a test area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.needs import need

Half = Literal["train", "test"]
Pixels = npt.NDArray[np.uint8]

GUTTER_PX = 16
"""Pixels left unused between the two areas, so that no edge or texture element is seen by both."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in the scikit-image package: its `skimage.data` name, its licence as stated there."""

    name: str
    licence: str


PICTURES: tuple[Picture, ...] = (
    Picture("astronaut", "public domain (NASA Great Images)"),
    Picture("brick", "CC0 (CC0Textures, Bricks25)"),
    Picture("camera", "CC0 (Lav Varshney)"),
    Picture("chelsea", "CC0 (Stefan van der Walt)"),
    Picture("coffee", "CC0 (Rachel Michetti)"),
    Picture("coins", "no known copyright restrictions (Brooklyn Museum)"),
    Picture("grass", "CC0 (linolafett)"),
    Picture("gravel", "CC0 (CC0Textures, Gravel04)"),
    Picture("hubble_deep_field", "public domain (NASA, HubbleSite)"),
    Picture("immunohistochemistry", "no known copyright restrictions (CMMI)"),
    Picture("retina", "CC0 (Mikael Häggström)"),
    Picture("rocket", "public domain (SpaceX)"),
)
"""Only pictures that ship inside the package and are free to pass on; none with printed digits."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of one picture, in its pixels: columns [left, right), all rows."""

    picture: str
    left: int
    right: int


def areas(half: Half, widths: dict[str, int]) -> tuple[Area, ...]:
    """The areas of one half: left part for train, right part for test, on alternating sides.

    `widths` gives each picture's width in pixels. The sides alternate so that neither half is all "left of
    the photo".
    """
    result = []
    for number, picture in enumerate(PICTURES):
        width = widths[picture.name]
        middle = width // 2
        left_part = Area(picture.name, 0, middle - GUTTER_PX // 2)
        right_part = Area(picture.name, middle + GUTTER_PX // 2, width)
        train_is_left = number % 2 == 0
        result.append(left_part if (half == "train") == train_is_left else right_part)
    return tuple(result)


def load(half: Half) -> dict[str, Pixels]:
    """The areas of one half, (H, W, 3) uint8 by picture name; a grey picture has three equal channels."""
    data = need("skimage.data")
    whole = {picture.name: _rgb(getattr(data, picture.name)()) for picture in PICTURES}
    widths = {name: pixels.shape[1] for name, pixels in whole.items()}
    return {
        area.picture: np.ascontiguousarray(whole[area.picture][:, area.left : area.right])
        for area in areas(half, widths)
    }


def _rgb(pixels: Pixels) -> Pixels:
    return np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels[:, :, :3]
