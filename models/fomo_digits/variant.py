"""The sizes in which the network is made: one recipe, one bundle and one folder each."""

from __future__ import annotations

from dataclasses import dataclass

CELL_PX = 8
"""Side of a cell: the trunk's stride up to the layer where FOMO cuts it."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One shipped network: its name, the side of its pictures in pixels, and what a default run makes."""

    name: str
    """Of the bundle `<name>.cut/` and of the folder with pictures, figures and card."""
    side_px: int
    most: int
    """Digits in a scene, at most."""
    steps: int
    """Training steps of the network that ships."""
    pictures: int
    """Test pictures that ship."""
    purpose: str
    """What the network is there for, as its card says it."""

    @property
    def grid(self) -> int:
        """Cells along a side."""
        return self.side_px // CELL_PX


FOMO_96 = Variant(
    "fomo_digits",
    side_px=96,
    most=5,
    steps=9_000,
    pictures=128,
    purpose="It is the\nnetwork that Cutpoint's demo, tests and benchmarks cut.",
)
FOMO_64 = Variant(
    "fomo_digits_64",
    side_px=64,
    most=3,
    steps=9_000,
    pictures=24,
    purpose="It is\n`fomo_digits` for smaller pictures: a plain ESP32 has room for all of it beside its\nnetwork.",
)
VARIANTS = {variant.side_px: variant for variant in (FOMO_96, FOMO_64)}
