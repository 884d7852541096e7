"""A generator of random numbers whose whole state is how many it has given out."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


class Draws:
    """SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).

    Python's own generator has 2.5 KB of state, too much to keep for every device. Equal seeds give equal numbers;
    `drawn`, set to what it was, continues where it was.
    """

    __slots__ = ("_seed", "drawn")

    def __init__(self, seed: int, drawn: int = 0) -> None:
        self._seed = seed & _MASK
        self.drawn = drawn

    def random(self) -> float:
        """The next number of [0, 1), in steps of 2**-53."""
        self.drawn += 1
        z = (self._seed + self.drawn * _STEP) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53
