"""What is kept of a device's planning over a restart of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cutpoint.plan import PolicyError
from cutpoint.plan.state import Fields, State
from cutpoint.wire import Flag, IdError, ModelId, Plan, parse_cuts
from cutpoint.wire.cuts import MOST_CHARACTERS
from edge_server.planning.planners import CODECS, Board

_FIELDS = ("model", "board", "plan", "link", "planner", "edge", "price", "saved_s")
_MOST = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """A document that a store kept, read and checked down to the parts that a planner checks itself.

    board     what the device had said of itself
    plan      the plan that was published last
    link      boot and sequence of the newest link sample, so that none is learned from twice
    planner   state of its planner
    edge      state of the estimator that it shares with all devices of the model
    price     state of the price of the edge's load, as of `saved_s` (seconds since 1970)
    """

    model: ModelId
    board: Board | None
    plan: Plan | None
    link: tuple[int, int]
    planner: object
    edge: object
    price: object
    saved_s: float

    def document(self) -> State:
        """JSON values; `read` takes them back."""
        plan, board = self.plan, self.board
        return {
            "version": 1,
            "model": self.model.hex,
            "board": None if board is None else _board_record(board),
            "plan": None
            if plan is None
            else [plan.epoch, plan.cut, plan.codec.name.lower(), int(plan.flags), plan.deadline_ms],
            "link": list(self.link),
            "planner": self.planner,
            "edge": self.edge,
            "price": self.price,
            "saved_s": round(self.saved_s),
        }

    @classmethod
    def read(cls, document: object) -> Self:
        """Raises PolicyError for anything that `document` did not write."""
        fields = Fields(document, "planning", _FIELDS)
        model = _model(fields.text("model", 8))
        boot, sequence = fields.wholes("link", 2, 2, 0, _MOST)
        plan, at = None, fields.record("plan", 5)
        if at is not None:
            codec, flags = at.text(2, 16), at.whole(3, 0, 0xFF)
            fields.require(codec in CODECS, "names a codec that is not known")
            plan = Plan(
                model,
                at.whole(0, 1, _MOST),
                at.whole(1, 0, 0xFFFF),
                CODECS[codec],
                Flag(flags),
                at.whole(4, 1, _MOST),
            )
        return cls(
            model,
            _board(fields),
            plan,
            (boot, sequence),
            fields.raw("planner"),
            fields.raw("edge"),
            fields.raw("price"),
            fields.number("saved_s", 0.0, 1e12),
        )


def _board_record(board: Board) -> list[object]:
    said: list[object] = [board.operators, list(board.codecs), board.chip]
    # Most boards say nothing of this, and what an older server wrote has nothing of it.
    flags = int(board.overlap) | int(board.streams) << 1
    return [*said, board.cuts, flags] if board.cuts is not None or flags else said


def _board(fields: Fields) -> Board | None:
    at = fields.record("board", 3, 5)
    if at is None:
        return None
    chip = None if at.raw(2) is None else at.text(2, 64)
    codecs = at.raw(1)
    if not isinstance(codecs, list) or len(codecs) > 16 or not all(isinstance(c, str) for c in codecs):
        raise PolicyError("state of planning has a board whose codecs are no names; start without it")
    cuts, flags = None, 0
    if len(at) == 5:
        flags = at.whole(4, 0, 3)
        if at.raw(3) is not None:
            cuts = at.text(3, MOST_CHARACTERS)
            try:
                parse_cuts(cuts)
            except ValueError as error:
                raise PolicyError(f"state of planning has a board whose {error}; start without it") from error
    names = tuple(codec[:16] for codec in codecs)
    return Board(at.whole(0, 0, 0xFFFF), names, chip, cuts, bool(flags & 1), bool(flags & 2))


def _model(text: str) -> ModelId:
    try:
        return ModelId.of_hex(text)
    except IdError as error:
        raise PolicyError(
            f"state of planning is of model {text!r}, which is no id; start without it"
        ) from error
