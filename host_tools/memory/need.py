"""What a network needs at each cut: TFLM's arena, the Stream engine's block, and the picture beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from cutpoint.errors import KernelsError
from cutpoint.graph import Bundle, Model
from cutpoint.graph.manifest import StreamEntry
from cutpoint.graph.streamed import HEAD, HEAD_AND_ON, plan_bytes_by_cut, stream_plan
from cutpoint.kernels import arena_bytes


@dataclass(frozen=True, slots=True)
class CutNeed:
    """Bytes at one cut, None where nobody knows them or the engine does not run it.

    tflm: arena of a device model that ends there, picture included. stream: block for the head; stream_on: for going on
    as well, where the whole network is on board.
    """

    k: int
    tflm: int | None
    stream: int | None
    stream_on: int | None

    @property
    def streamed(self) -> int | None:
        """What the Stream engine must have to take the cut."""
        return self.stream if self.stream_on is None else self.stream_on

    @classmethod
    def of(cls, k: int, arenas: Mapping[str, int | None]) -> Self:
        """Of a manifest's `arena_bytes`."""
        return cls(k, arenas.get("tflm"), arenas.get(HEAD), arenas.get(HEAD_AND_ON))


@dataclass(frozen=True, slots=True)
class NetworkNeed:
    """A network of `operators`, for boards that hold the first `on_board` of them.

    streamed: how many the Stream engine runs; why: why no more of those on board. picture_bytes: the inputs beside its
    block, whole; line_bytes: fed line by line. None without a plan.
    """

    operators: int
    on_board: int
    cuts: tuple[CutNeed, ...]
    streamed: int
    why: str | None
    picture_bytes: int | None
    line_bytes: int | None

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> Self:
        """As its manifest states it."""
        cuts = tuple(CutNeed.of(cut.k, cut.arena_bytes) for cut in bundle.cuts)
        return cls._of(bundle.n, bundle.max_cut, cuts, bundle.manifest.stream)

    @classmethod
    def of_model(cls, model: Model) -> Self:
        """Measured and compiled now; takes seconds."""
        n = len(model.operators)
        stream, plan = stream_plan(model, n)
        cuts = tuple(
            CutNeed.of(k, {"tflm": _arena(model, k)} | block)
            for k, block in enumerate(plan_bytes_by_cut(plan, n + 1))
        )
        return cls._of(n, n, cuts, stream)

    @classmethod
    def _of(cls, operators: int, on_board: int, cuts: tuple[CutNeed, ...], stream: StreamEntry) -> Self:
        plan = stream.plan
        picture, lines = (None, None) if plan is None else (plan.picture_bytes, plan.line_bytes)
        return cls(operators, on_board, cuts, stream.operators, stream.why, picture, lines)


def _arena(model: Model, k: int) -> int | None:
    try:
        return arena_bytes(model.truncate(k))
    except KernelsError:  # TFLM lacks an operator
        return None
