"""Counting of found, missed and spurious objects: precision, recall and F1 of centroids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutpoint.answer.fomo import Centroid


@dataclass(frozen=True, slots=True)
class Box:
    """A true object: label index, top left corner and size, in input pixels."""

    label: int
    x: int
    y: int
    width: int
    height: int
