"""How long something takes, as a random quantity: none, static, gaussian, uniform or exponential."""

import enum
from dataclasses import dataclass
from typing import Self

import numpy as np

from cutpoint.errors import UsageError
from host_tools.device.quantity import duration_us


class Shape(enum.StrEnum):
    """The shapes that a delay can have, with the meaning of their parameters."""

    NONE = "none"
    STATIC = "static"
    GAUSSIAN = "gaussian"
    UNIFORM = "uniform"
    EXPONENTIAL = "exponential"


_PARAMETERS = {
    Shape.NONE: (),
    Shape.STATIC: ("time",),
    Shape.GAUSSIAN: ("mean", "deviation"),
    Shape.UNIFORM: ("least", "most"),
    Shape.EXPONENTIAL: ("mean",),
}


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay in microseconds.

    `first` is the time (static), the mean (gaussian, exponential) or the least (uniform); `second` is the
    standard deviation (gaussian) or the most (uniform). A gaussian draw below zero becomes zero, which lifts
    its mean a little when the deviation is large against it.
    """

    shape: Shape = Shape.NONE
    first: float = 0.0
    second: float = 0.0

    def __post_init__(self) -> None:
        if self.first < 0 or self.second < 0:
            raise UsageError(f"delay {self} is negative; a delay is zero or more")
        if self.shape is Shape.UNIFORM and self.second < self.first:
            raise UsageError(f"delay {self} ends before it begins; write uniform:least:most")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `none`, `40ms`, `static:40ms`, `gaussian:40ms:10ms`, `uniform:10ms:50ms`, `exponential:20ms`.

        Raises UsageError.
        """
        name, *parameters = text.strip().split(":")
        if name and name[0].isdigit() and not parameters:
            name, parameters = Shape.STATIC, [name]
        try:
            shape = Shape(name.lower())
        except ValueError:
            known = ", ".join(Shape)
            raise UsageError(f"delay {text!r} has the shape {name!r}; known are {known}") from None
        names = _PARAMETERS[shape]
        if len(parameters) != len(names):
            form = ":".join((shape, *names))
            raise UsageError(f"delay {text!r} has {len(parameters)} parameters; write it as {form}")
        values = [duration_us(parameter) for parameter in parameters]
        return cls(shape, *values)

    def draw_us(self, rng: np.random.Generator) -> float:
        """One draw, in microseconds, zero or more."""
        match self.shape:
            case Shape.NONE:
                return 0.0
            case Shape.STATIC:
                return self.first
            case Shape.GAUSSIAN:
                return max(0.0, float(rng.normal(self.first, self.second)))
            case Shape.UNIFORM:
                return float(rng.uniform(self.first, self.second))
            case Shape.EXPONENTIAL:
                return float(rng.exponential(self.first))

    def __str__(self) -> str:
        values = (self.first, self.second)[: len(_PARAMETERS[self.shape])]
        return ":".join([self.shape, *(f"{value / 1000:g}ms" for value in values)])


NO_DELAY = Delay()
