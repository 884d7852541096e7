"""What the codecs are measured with: the shipped FOMO's test half, drawn anew, and still scenes of its ingredients."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from bench.still_scenes import NOISE_LEVELS, StillSceneSource
from host_tools.calibration.data import Example
from host_tools.device.sources import Sample
from host_tools.shipped import FOMO, shipped_models
from models.fomo_digits.backgrounds import Half
from models.fomo_digits.evaluate import signed
from models.fomo_digits.figures import Figures
from models.fomo_digits.scenes import Scene, SceneSource

STILL_FRAMES = 20
"""Of a still scene."""


def recipe_seed() -> int:
    """The seed that the shipped network was made with: it decides the test scenes of its card."""
    return Figures.load(shipped_models() / FOMO / "figures.json").seed


def recipe_scenes(half: Half, count: int) -> list[Example]:
    """The first scenes of a half. Those of the test half are the ones that the model card's F1 is of."""
    return _examples(list(islice(SceneSource(half, recipe_seed()), count)))


@dataclass(frozen=True, slots=True)
class Stills:
    """Still scenes one after the other: `examples` in order, a new scene at every `STILL_FRAMES`th."""

    name: str
    examples: tuple[Example, ...]


def still_scenes(count: int) -> tuple[Stills, ...]:
    """The same scenes without sensor noise and with it."""
    found = []
    for name, noise in (("no sensor noise", 0.0), (f"sensor noise of {NOISE_LEVELS:g} levels", NOISE_LEVELS)):
        source = StillSceneSource(recipe_seed(), noise=noise)
        frames = [frame for _ in range(count) for frame in source.draw(STILL_FRAMES).frames]
        found.append(Stills(name, tuple(_examples(frames))))
    return tuple(found)


def _examples(scenes: list[Scene]) -> list[Example]:
    return [
        Example(Sample(f"scene {number}", (signed(scene.pixels),)), scene.objects)
        for number, scene in enumerate(scenes)
    ]
