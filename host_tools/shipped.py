"""Where the models and pictures that ship with Cutpoint lie: in the installed package, else in the source tree."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "shipped_models", _PACKAGE.parent / "models")


def shipped_models() -> Path:
    """The folder of shipped models.

    Raises:
        UsageError: the installation has none.
    """
    for place in _PLACES:
        if (place / "fomo_digits").is_dir():
            return place
    raise UsageError(
        "this installation has no shipped models; install Cutpoint again, or run it from its source tree"
    )


def shipped_bundle() -> Path:
    """The shipped FOMO bundle."""
    return shipped_models() / "fomo_digits.cut"


def shipped_pictures() -> Path:
    """The folder of test pictures of the shipped FOMO model, with their `labels.json`."""
    return shipped_models() / "fomo_digits" / "pictures"
