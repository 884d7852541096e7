"""Slot images that take more than one note, of small models."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cutpoint import _core
from cutpoint.graph import Bundle

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


def padded_image(bundle: Bundle, size: int = 80_000) -> bytes:
    """A slot image of a bundle that is about `size` bytes long: a .tflite may have bytes behind its end."""
    model = bundle.device + bytes(size - len(bundle.device))
    header = _core.write_slot_header(
        bundle.model_id,
        hashlib.sha256(model).digest(),
        len(model),
        bundle.n,
        bundle.max_cut,
        bundle.name,
        (0,) * bundle.max_cut,
        0,
    )
    return header + model


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    data = (MODELS / "fomo_like.tflite").read_bytes()
    return Bundle.create(data, tmp_path_factory.mktemp("small"), name="small")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Another network, with other inputs."""
    data = (MODELS / "autoencoder.tflite").read_bytes()
    return Bundle.create(data, tmp_path_factory.mktemp("other"), name="other")


@pytest.fixture(scope="session")
def image(other: Bundle) -> bytes:
    """Some 80 KB that are a model."""
    return padded_image(other)
