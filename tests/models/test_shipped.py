"""What the recipe left in the repository: pictures, figures, card and bundle belong together."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import cutpoint
from models.fomo_digits import card, evaluate, pictures
from models.fomo_digits.figures import Figures, SetFigures
from models.fomo_digits.scenes import Scene

MODELS = Path(__file__).resolve().parents[2] / "models"
FOLDER = MODELS / "fomo_digits"


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures.load(FOLDER / "figures.json")


@pytest.fixture(scope="module")
def shipped() -> tuple[Scene, ...]:
    return pictures.load(FOLDER / "pictures")


@pytest.fixture(scope="module")
def bundle() -> cutpoint.Bundle:
    return cutpoint.Bundle.open(MODELS / "fomo_digits.cut")


def test_at_least_120_pictures_ship_in_at_most_two_megabytes(shipped: tuple[Scene, ...]) -> None:
    assert len(shipped) >= 120
    assert sum(file.stat().st_size for file in (FOLDER / "pictures").iterdir()) <= 2_000_000


def test_every_picture_file_is_labelled_and_every_label_has_its_file() -> None:
    entries = json.loads((FOLDER / "pictures" / "labels.json").read_text())
    files = {file.name for file in (FOLDER / "pictures").iterdir()} - {"labels.json"}
    assert sorted(entry["file"] for entry in entries) == sorted(files)


def test_pictures_are_colour_pictures_of_96_pixels_with_digits_inside(shipped: tuple[Scene, ...]) -> None:
    for scene in shipped:
        assert scene.pixels.shape == (96, 96, 3)
        assert scene.objects
        assert all(0 <= box.label <= 9 and box.x >= 0 and box.x + box.width <= 96 for box in scene.objects)


def test_pictures_are_the_first_scenes_of_the_test_half(shipped: tuple[Scene, ...], figures: Figures) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn brings the digits; pip install '.[models]'")
    pytest.importorskip("skimage", reason="scikit-image brings the pictures; pip install '.[models]'")
    from models.fomo_digits.scenes import SceneSource

    for scene, drawn in zip(shipped, islice(SceneSource("test", figures.seed), 20), strict=False):
        assert scene.objects == drawn.objects
        # Releases of the resampling library may round a pixel differently.
        assert np.abs(scene.pixels.astype(int) - drawn.pixels.astype(int)).max() <= 2


def test_the_card_is_the_figures_rendered(figures: Figures) -> None:
    assert (FOLDER / "README.md").read_text() == card.render(figures)


def test_the_figures_are_of_the_bundle_that_ships(figures: Figures, bundle: cutpoint.Bundle) -> None:
    assert (figures.model_id, figures.bytes) == (bytes(bundle.model_id).hex(), len(bundle.full))


def test_the_stated_f1_is_what_the_shipped_model_reaches_on_the_shipped_pictures(
    figures: Figures, bundle: cutpoint.Bundle, shipped: tuple[Scene, ...]
) -> None:
    assert SetFigures.of(evaluate.score_int8(bundle.full, shipped)) == figures.shipped_int8


def test_f1_on_the_test_half_is_at_least_082(figures: Figures) -> None:
    assert figures.test_int8.f1 >= 0.82


def test_the_confusion_table_adds_up_to_the_counts(figures: Figures) -> None:
    table = np.array(figures.confusion)
    found = int(np.trace(table[:10, :10]))
    there, said = int(table[:10].sum()), int(table[:, :10].sum())
    test = figures.test_int8
    assert (found, there - found, said - found) == (test.found, test.missed, test.spurious)


def test_the_bundle_is_smaller_than_300_kilobytes() -> None:
    assert sum(file.stat().st_size for file in (MODELS / "fomo_digits.cut").rglob("*")) < 300_000


def test_labels_are_the_digits(bundle: cutpoint.Bundle) -> None:
    assert bundle.labels == tuple("0123456789")
