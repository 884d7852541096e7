"""Levels to try at a cut: how coarse, with which dead zone, of even or other widths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cutpoint.codec import Quantiser
from host_tools.calibration.halves import Activations
from host_tools.calibration.quantisers import (
    Values,
    dead_zone,
    entropy_constrained,
    even,
    identity,
    least_error,
    values_of,
)

FINEST, COARSEST, RATIO = 0.4, 4.5, 1.16
"""Steps, in spreads of the tensor, from first to last, and from one to the next."""
ROUNDINGS: Final = (0.5, 0.4, 0.32, 0.25)
PRICES: Final = (1.0, 1.6)
LLOYD_FRAMES: Final = 200
MOST_BITS: Final = 7
"""8 bits would be as many bytes as raw."""


@dataclass(frozen=True, slots=True)
class LevelSet:
    """A quantiser for each tensor of a cut, and what it is in words."""

    what: str
    quantisers: tuple[Quantiser, ...] = field(repr=False)
    lossless: bool = False

    @property
    def levels(self) -> int:
        """Of the tensor that has most."""
        return max(len(quantiser.to_value) for quantiser in self.quantisers)


def values_at(activations: Activations) -> tuple[Values, ...]:
    """How often the values of each tensor come."""
    return tuple(
        values_of(elements, tensor.dtype, tensor.zero_point)
        for elements, tensor in zip(activations.elements, activations.tensors, strict=True)
    )


def all_levels(values: tuple[Values, ...]) -> LevelSet:
    """Nothing is lost."""
    return LevelSet("lossless", tuple(identity(one) for one in values), lossless=True)


def stepped(activations: Activations, values: tuple[Values, ...]) -> Iterator[list[LevelSet]]:
    """Lossy levels, finest first: all ways to have one step, then the next step.

    The step is that of the first tensor; those of the others are in the same proportion to their spreads.
    """
    some = activations.some(LLOYD_FRAMES)
    relative = FINEST
    while relative <= COARSEST:
        steps = [max(1.0, relative * one.spread) for one in values]
        named = f"step {steps[0]:.3g}"
        sets = [
            LevelSet(
                named if rounding == ROUNDINGS[0] else f"{named}, rounding {rounding:g}",
                tuple(dead_zone(one, step, rounding) for one, step in zip(values, steps, strict=True)),
            )
            for rounding in ROUNDINGS
        ]
        sets += [
            LevelSet(
                f"{named}, by entropy, price {price:g}",
                tuple(
                    entropy_constrained(elements, one, step, price=price)
                    for elements, one, step in zip(some.elements, values, steps, strict=True)
                ),
            )
            for price in PRICES
        ]
        yield [one for one in sets if min(len(quantiser.to_value) for quantiser in one.quantisers) > 1]
        relative *= RATIO


def packed(values: tuple[Values, ...]) -> Iterator[tuple[int, LevelSet]]:
    """For 7 bits down to 1: even levels, and levels of any width."""
    for bits in range(MOST_BITS, 0, -1):
        yield bits, LevelSet(f"{bits} bits, even", tuple(even(one, bits) for one in values))
        yield bits, LevelSet(f"{bits} bits, uneven", tuple(least_error(one, bits) for one in values))
