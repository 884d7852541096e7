"""Where the models and pictures that ship with Cutpoint lie: in the installed package, else in the source tree."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError

FOMO = "fomo_digits"
"""FOMO on 96x96 pictures: the model of the demonstration and of the benchmarks."""
SMALL_FOMO = "fomo_digits_64"
"""FOMO on 64x64 pictures, which a plain ESP32 has room for."""

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "shipped_models", _PACKAGE.parent / "models")


def shipped_models() -> Path:
    """The folder of shipped models.

    Raises:
        UsageError: the installation has none.
    """
    for place in _PLACES:
        if (place / FOMO).is_dir():
            return place
    raise UsageError(
        "this installation has no shipped models; install Cutpoint again, or run it from its source tree"
    )


def shipped_bundle(name: str = FOMO) -> Path:
    """The bundle of a shipped model."""
    return shipped_models() / f"{name}.cut"


def shipped_pictures(name: str = FOMO) -> Path:
    """The folder of test pictures of a shipped model, with their `labels.json`."""
    return shipped_models() / name / "pictures"
