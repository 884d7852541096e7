"""MODEL on the command line: a .tflite file, or a bundle folder, whose full model is meant."""

from __future__ import annotations

from pathlib import Path

import cutpoint
from cutpoint.graph import Model


def load_model(path: Path) -> Model:
    """Load a model from a .tflite file or from a bundle folder.

    Raises:
        UsageError: neither can be read; the sentence says why.
    """
    return cutpoint.Bundle.open(path).model() if path.is_dir() else cutpoint.load(path)
