"""Import of the recipes' heavy packages, with one clear sentence when one is missing."""

from __future__ import annotations

import importlib
from types import ModuleType

DISTRIBUTION = {
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "tensorflow": "tensorflow",
}


class PackageMissingError(ImportError):
    """A package that only recipes need is not installed."""


def need(module: str) -> ModuleType:
    """The imported module; raises `PackageMissingError` naming the package to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = DISTRIBUTION.get(module.partition(".")[0], module)
        raise PackageMissingError(
            f"the recipe needs {package}, which could not be imported ({error}); "
            "install it with: pip install '.[models]' in the source tree"
        ) from error
