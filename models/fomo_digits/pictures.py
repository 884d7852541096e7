"""The test pictures that ship: lossless files and the true boxes of their digits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from cutpoint.answer import Box
from models.fomo_digits.scenes import Scene
from models.needs import need

LABELS_FILE = "labels.json"


def save(scenes: Sequence[Scene], folder: Path) -> None:
    """Write every scene as `scene-000.webp` (lossless) and on, with `labels.json`; older scenes are removed.

    `labels.json` is a list of {file, objects: [{label, x, y, width, height}]}; x and y are the top left
    corner, label is the index of the label, all in pixels of the picture.
    """
    image = need("PIL.Image")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("scene-*.webp"):
        old.unlink()
    entries = []
    for number, scene in enumerate(scenes):
        name = f"scene-{number:03}.webp"
        image.fromarray(scene.pixels).save(folder / name, lossless=True, quality=100, method=4)
        entries.append({"file": name, "objects": [asdict(box) for box in scene.objects]})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (folder / LABELS_FILE).write_text(f"[\n{lines}\n]\n")


def load(folder: Path) -> tuple[Scene, ...]:
    """The scenes of a folder that `save` wrote, in order."""
    image = need("PIL.Image")
    scenes = []
    for entry in json.loads((folder / LABELS_FILE).read_text()):
        with image.open(folder / entry["file"]) as picture:
            pixels = np.array(picture.convert("RGB"), np.uint8)
        scenes.append(Scene(pixels, tuple(Box(**box) for box in entry["objects"])))
    return tuple(scenes)
