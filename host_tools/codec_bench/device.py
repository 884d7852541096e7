"""What coding a frame asks of a device: the port to whoever measures it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cutpoint.graph import Bundle
from host_tools.codec_bench.halves import Live
from host_tools.codec_bench.plan import Candidate
from host_tools.codec_bench.row import DeviceCost


class DeviceMeter(Protocol):
    """Measures candidates on some of their real tensors."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was not measured, and how the rest was."""
        ...

    def cost(self, bundle: Bundle, candidate: Candidate, frames: Sequence[Live]) -> DeviceCost:
        """Of one frame; where it cannot be had, with the reason."""
        ...


class Unmetered:
    """No device is measured, for one reason."""

    def __init__(self, why: str) -> None:
        self._why = why

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"device instructions are not measured: {self._why}",)

    def cost(self, bundle: Bundle, candidate: Candidate, frames: Sequence[Live]) -> DeviceCost:
        """The reason alone."""
        return DeviceCost(why=self._why)
