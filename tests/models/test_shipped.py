"""What the recipe left in the repository, for every size: pictures, figures, card and bundle belong together."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import cutpoint
from host_tools.shipped import shipped_bundle, shipped_pictures
from models.fomo_digits import card, evaluate, pictures
from models.fomo_digits.figures import Figures, SetFigures
from models.fomo_digits.scenes import Scene
from models.fomo_digits.variant import FOMO_64, VARIANTS, Variant

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="module", params=VARIANTS.values(), ids=lambda variant: variant.name)
def variant(request: pytest.FixtureRequest) -> Variant:
    assert isinstance(request.param, Variant)
    return request.param


@pytest.fixture(scope="module")
def folder(variant: Variant) -> Path:
    return MODELS / variant.name


@pytest.fixture(scope="module")
def figures(folder: Path) -> Figures:
    return Figures.load(folder / "figures.json")


@pytest.fixture(scope="module")
def shipped(folder: Path) -> tuple[Scene, ...]:
    return pictures.load(folder / "pictures")


@pytest.fixture(scope="module")
def bundle(variant: Variant) -> cutpoint.Bundle:
    return cutpoint.Bundle.open(MODELS / f"{variant.name}.cut")


def test_the_tools_find_model_and_pictures(variant: Variant) -> None:
    assert shipped_bundle(variant.name).samefile(MODELS / f"{variant.name}.cut")
    assert shipped_pictures(variant.name).samefile(MODELS / variant.name / "pictures")


def test_a_wheel_carries_every_shipped_model(variant: Variant) -> None:
    (models,) = re.findall(r"foreach\(model ([^)]*)\)", (MODELS.parent / "CMakeLists.txt").read_text())
    assert variant.name in models.split()


def test_all_pictures_ship_in_at_most_two_megabytes(
    shipped: tuple[Scene, ...], variant: Variant, folder: Path
) -> None:
    assert len(shipped) == variant.pictures
    assert sum(file.stat().st_size for file in (folder / "pictures").iterdir()) <= 2_000_000


def test_every_picture_file_is_labelled_and_every_label_has_its_file(folder: Path) -> None:
    entries = json.loads((folder / "pictures" / "labels.json").read_text())
    files = {file.name for file in (folder / "pictures").iterdir()} - {"labels.json"}
    assert sorted(entry["file"] for entry in entries) == sorted(files)


def test_pictures_are_colour_pictures_of_their_size_with_digits_inside(
    shipped: tuple[Scene, ...], variant: Variant
) -> None:
    side = variant.side_px
    for scene in shipped:
        assert scene.pixels.shape == (side, side, 3)
        assert 1 <= len(scene.objects) <= variant.most
        assert all(0 <= box.label <= 9 and box.x >= 0 and box.x + box.width <= side for box in scene.objects)


def test_pictures_are_the_first_scenes_of_the_test_half(
    shipped: tuple[Scene, ...], figures: Figures, variant: Variant
) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn brings the digits; pip install '.[models]'")
    pytest.importorskip("skimage", reason="scikit-image brings the pictures; pip install '.[models]'")
    from models.fomo_digits.scenes import SceneSource

    for scene, drawn in zip(
        shipped, islice(SceneSource("test", figures.seed, variant=variant), 20), strict=False
    ):
        assert scene.objects == drawn.objects
        # Releases of the resampling library may round a pixel differently.
        assert np.abs(scene.pixels.astype(int) - drawn.pixels.astype(int)).max() <= 2


def test_the_card_is_the_figures_rendered(figures: Figures, variant: Variant, folder: Path) -> None:
    assert (folder / "README.md").read_text() == card.render(figures, variant)


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


def test_the_bundle_is_smaller_than_300_kilobytes_and_its_codec_tables_than_100(variant: Variant) -> None:
    files = {file.name: file.stat().st_size for file in (MODELS / f"{variant.name}.cut").rglob("*")}
    assert files.pop("codec.tables") < 100_000
    assert sum(files.values()) < 300_000


def test_the_small_network_takes_less_than_100_kilobytes_of_arena_at_every_cut() -> None:
    bundle = cutpoint.Bundle.open(MODELS / f"{FOMO_64.name}.cut")
    assert max(cut.arena_bytes["tflm"] or 0 for cut in bundle.cuts[1:]) < 100_000
    assert all(cut.arena_bytes["tflm"] for cut in bundle.cuts[1:])


def test_labels_are_the_digits(bundle: cutpoint.Bundle) -> None:
    assert bundle.labels == tuple("0123456789")
