"""Pictures for a calibration, and what is known to be on them: for the most part to fit on, the rest held out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from cutpoint.answer import Box
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.picture import input_tensors
from host_tools.device.sources import Sample, open_source

LABELS_FILE: Final = "labels.json"
LABELS_ARRAY: Final = "labels"
FEWEST: Final = 8
"""Pictures of either part: from fewer nothing can be said."""

Truth = tuple[Box, ...] | int
"""What is on a picture: objects in pixels of the network's input, or a class."""


@dataclass(frozen=True, slots=True)
class Example:
    """An inference's worth, and the truth about it, None where nobody said."""

    sample: Sample
    truth: Truth | None = None


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """Examples that tables are fitted on, and others that the figures come from."""

    fit: tuple[Example, ...] = field(repr=False)
    held_out: tuple[Example, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if min(len(self.fit), len(self.held_out)) < FEWEST:
            raise UsageError(
                f"{len(self.fit)} pictures to fit on and {len(self.held_out)} held out are too few: give at least "
                f"{FEWEST} of each, better some hundreds"
            )

    @property
    def labelled(self) -> bool:
        return all(example.truth is not None for example in (*self.fit, *self.held_out))

    @classmethod
    def read(cls, bundle: Bundle, where: Path, *, held_out: float = 1 / 3, seed: int = 1) -> CalibrationData:
        """What `read_examples` reads, a share of it held out as the seed draws it. Raises UsageError."""
        examples = read_examples(bundle, where)
        order = np.random.default_rng(seed).permutation(len(examples))
        out = round(len(examples) * held_out)
        # Both in the order in which they were read, so that nothing depends on the draw but the choice.
        chosen = set(order[:out].tolist())
        return cls(
            tuple(example for place, example in enumerate(examples) if place not in chosen),
            tuple(example for place, example in enumerate(examples) if place in chosen),
        )


def read_examples(bundle: Bundle, where: Path, count: int | None = None) -> list[Example]:
    """The first `count` of a folder of pictures, with `labels.json` or without, or of an .npz or .npy file.

    `labels.json` is a list of {file, objects: [{label, x, y, width, height}]}, in pixels of the picture, or for a
    classifier of {file, label}. A classifier's .npz may hold an array `labels` of whole numbers. Raises UsageError for
    what cannot be read, and for labels that are not of all pictures.
    """
    truths = _truths(bundle, where)
    examples = []
    for place, sample in enumerate(islice(open_source(where, input_tensors(bundle.model())), count)):
        key: str | int = sample.name if where.is_dir() else place
        if truths is not None and key not in truths:
            raise UsageError(
                f"{where}: {sample.name} has no labels; label every picture, or take {LABELS_FILE} away"
            )
        examples.append(Example(sample, None if truths is None else truths[key]))
    return examples


def _truths(bundle: Bundle, where: Path) -> Mapping[str | int, Truth] | None:
    kind = bundle.manifest.output.kind
    if where.is_dir():
        file = where / LABELS_FILE
        if kind == "raw" or not file.exists():
            return None
        try:
            entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
            size = bundle.manifest.inputs[0].shape[1:3]
            return {
                entry["file"]: int(entry["label"])
                if kind == "classes"
                else _boxes(entry["objects"], where / entry["file"], (size[0], size[1]))
                for entry in entries
            }
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            wanted = "label" if kind == "classes" else "objects"
            raise UsageError(
                f'{file} cannot be read as labels for outputs of kind {kind}, a list of {{"file", "{wanted}"}}: '
                f"{error!r}; mend it, or take it away to calibrate by agreement"
            ) from error
    if kind == "classes" and where.suffix.lower() == ".npz":
        with np.load(where, allow_pickle=False) as arrays:
            if LABELS_ARRAY in arrays.files:
                return {place: int(label) for place, label in enumerate(arrays[LABELS_ARRAY].reshape(-1))}
    return None


def _boxes(objects: Sequence[dict[str, Any]], file: Path, size: tuple[int, int]) -> tuple[Box, ...]:
    """Boxes in pixels of the input: a picture of another size is cropped to its middle and resized."""
    height, width = size
    with Image.open(file) as picture:
        columns, rows = picture.size
    crop_rows = min(rows, max(1, round(columns * height / width)))
    crop_columns = min(columns, max(1, round(rows * width / height)))
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    across, down = width / crop_columns, height / crop_rows
    return tuple(
        Box(
            box.label,
            round((box.x - left) * across),
            round((box.y - top) * down),
            max(1, round(box.width * across)),
            max(1, round(box.height * down)),
        )
        for box in (Box(**one) for one in objects)
    )
