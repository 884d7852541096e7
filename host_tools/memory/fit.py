"""Which boards have the memory for a network, under each engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from host_tools.memory.boards import BoardMemory
from host_tools.memory.need import NetworkNeed

Place = Literal["internal", "psram"]


@dataclass(frozen=True, slots=True)
class EngineFit:
    """How much of a network an engine can hold on a board.

    operators: the largest K on board, 0 for none; place: where it then lies; cuts: those that it can take in internal
    RAM (place "internal") or at all.
    """

    operators: int
    place: Place | None = None
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BoardFit:
    """A board, and what each engine makes of it."""

    board: BoardMemory
    tflm: EngineFit
    stream: EngineFit


def fit(need: NetworkNeed, board: BoardMemory) -> BoardFit:
    """TFLM has one arena for all operators on board, and then takes every cut. Stream takes the cuts whose block fits.

    Stream's picture is counted with its block, whole, as in TFLM's arena: what one block of RAM must hold.
    """
    return BoardFit(board, _tflm(need, board), _stream(need, board))


def _tflm(need: NetworkNeed, board: BoardMemory) -> EngineFit:
    known = [cut for cut in need.cuts[1 : need.on_board + 1] if cut.tflm is not None]
    for place, there in _places(board):
        fits = [cut.k for cut in known if cut.tflm is not None and cut.tflm <= there]
        # A larger block that holds no more than a smaller one is not worth its slowness.
        if fits and (fits[-1] == known[-1].k or place == _places(board)[-1][0]):
            return EngineFit(fits[-1], place, tuple(range(fits[-1] + 1)))
    return EngineFit(0)


def _stream(need: NetworkNeed, board: BoardMemory) -> EngineFit:
    picture = need.picture_bytes
    if picture is None:
        return EngineFit(0)
    heads = need.cuts[: need.streamed + 1]
    for place, there in _places(board):
        largest = max(
            (cut.k for cut in heads[1:] if cut.stream is not None and cut.stream + picture <= there),
            default=0,
        )
        if largest == need.streamed or (largest and place == _places(board)[-1][0]):
            # With fewer operators on board than in the plan nothing goes on behind a cut.
            whole = largest == need.streamed
            needed = [cut.streamed if whole else cut.stream for cut in heads[: largest + 1]]
            cuts = tuple(k for k, size in enumerate(needed) if size is not None and size + picture <= there)
            return EngineFit(largest, place, cuts)
    return EngineFit(0)


def _places(board: BoardMemory) -> list[tuple[Place, int]]:
    places: list[tuple[Place, int]] = [("internal", board.block_bytes)]
    if board.psram_bytes:
        places.append(("psram", board.psram_bytes))
    return places
