"""The small models that `tests/fixtures/make_models.py` makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cutpoint import Model, load

FOLDER = Path(__file__).parents[1] / "fixtures" / "models"
REFUSED = {"control_flow"}
NAMES = sorted(path.stem for path in FOLDER.glob("*.tflite") if path.stem not in REFUSED)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `every_model` runs once on each model that can be cut."""
    if "every_model" in metafunc.fixturenames:
        metafunc.parametrize("every_model", NAMES, indirect=True)


@pytest.fixture
def every_model(request: pytest.FixtureRequest) -> Model:
    return load(FOLDER / f"{request.param}.tflite")


@pytest.fixture
def model_path() -> Callable[[str], Path]:
    return lambda name: FOLDER / f"{name}.tflite"


@pytest.fixture
def model(model_path: Callable[[str], Path]) -> Callable[[str], Model]:
    return lambda name: load(model_path(name))
