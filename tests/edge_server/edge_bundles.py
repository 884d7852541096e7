"""Bundles of the small models, as an edge server is given them."""

from __future__ import annotations

from pathlib import Path

from cutpoint.graph import Bundle

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


def make_bundle(folder: Path, name: str, **how: object) -> Bundle:
    data = (MODELS / f"{name}.tflite").read_bytes()
    return Bundle.create(data, folder, name=name, **how)  # type: ignore[arg-type]
