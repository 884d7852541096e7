"""Pictures for a calibration: read with what is known of them, and parted the same way every time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutpoint import Bundle
from cutpoint.answer import Box
from cutpoint.errors import UsageError
from host_tools.calibration.data import CalibrationData

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(ROOT / "models/fomo_digits_64.cut")


def test_the_shipped_pictures_come_with_their_boxes(bundle: Bundle) -> None:
    data = CalibrationData.read(bundle, ROOT / "models/fomo_digits_64/pictures", held_out=1 / 3)
    assert data.labelled
    assert (len(data.fit), len(data.held_out)) == (16, 8)
    names = [example.sample.name for example in (*data.fit, *data.held_out)]
    assert len(set(names)) == 24
    entries = json.loads((ROOT / "models/fomo_digits_64/pictures/labels.json").read_text())
    truth = {entry["file"]: tuple(Box(**box) for box in entry["objects"]) for entry in entries}
    assert all(example.truth == truth[example.sample.name] for example in data.fit)


def test_the_same_seed_parts_the_same_way_and_another_does_not(bundle: Bundle) -> None:
    folder = ROOT / "models/fomo_digits_64/pictures"
    parts = [
        [example.sample.name for example in CalibrationData.read(bundle, folder, seed=seed).held_out]
        for seed in (1, 1, 2)
    ]
    assert parts[0] == parts[1] != parts[2]


def pictures(folder: Path, count: int, size: tuple[int, int] = (64, 64)) -> list[str]:
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return [f"{number:02}.png" for number in range(count)]


def test_boxes_of_larger_pictures_are_those_of_the_cropped_and_resized_input(
    bundle: Bundle, tmp_path: Path
) -> None:
    names = pictures(tmp_path, 24, size=(192, 128))
    box = {"label": 3, "x": 72, "y": 20, "width": 40, "height": 60}
    labels = [{"file": name, "objects": [box]} for name in names]
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    data = CalibrationData.read(bundle, tmp_path)
    assert data.fit[0].truth == (Box(3, 20, 10, 20, 30),)


def test_pictures_without_labels_are_taken_without(bundle: Bundle, tmp_path: Path) -> None:
    pictures(tmp_path, 24)
    data = CalibrationData.read(bundle, tmp_path)
    assert not data.labelled
    assert data.fit[0].truth is None


def test_a_picture_that_was_forgotten_is_named(bundle: Bundle, tmp_path: Path) -> None:
    names = pictures(tmp_path, 24)
    labels = [{"file": name, "objects": []} for name in names[:-1]]
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(UsageError, match=r"23\.png has no labels; label every picture"):
        CalibrationData.read(bundle, tmp_path)


@pytest.mark.parametrize(
    "text", ["{", "[1]", '[{"file": "00.png"}]', '[{"file": "00.png", "objects": [{}]}]']
)
def test_labels_that_cannot_be_read_are_said(bundle: Bundle, tmp_path: Path, text: str) -> None:
    pictures(tmp_path, 24)
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(UsageError, match=r"labels\.json cannot be read as labels for outputs"):
        CalibrationData.read(bundle, tmp_path)


def test_too_few_pictures_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    pictures(tmp_path, 9)
    with pytest.raises(UsageError, match="6 pictures to fit on and 3 held out are too few"):
        CalibrationData.read(bundle, tmp_path)


def test_arrays_are_taken_too(bundle: Bundle, tmp_path: Path) -> None:
    arrays = np.random.default_rng(0).integers(-128, 128, (30, 64, 64, 3)).astype(np.int8)
    np.savez(tmp_path / "frames.npz", pixels=arrays)
    data = CalibrationData.read(bundle, tmp_path / "frames.npz", held_out=0.5)
    assert (len(data.fit), len(data.held_out)) == (15, 15)
    seen = {example.sample.arrays[0].tobytes() for example in (*data.fit, *data.held_out)}
    assert seen == {array.tobytes() for array in arrays}
