"""What is kept of a device's planning over a restart of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cutpoint.codec import CodecError, label_of, read_label
from cutpoint.plan import PolicyError
from cutpoint.plan.state import Fields, State
from cutpoint.wire import Flag, IdError, ModelId, Plan, parse_cuts, plan_parameters, setting_of
from cutpoint.wire.cuts import MOST_CHARACTERS
from edge_server.auditing.drift import Drift
from edge_server.catalogue.calibration import Coder
from edge_server.planning.planners import Board

_FIELDS = ("model", "board", "plan", "link", "planner", "edge", "price", "saved_s", "tables", "drifts")
_VERSION = 2
_MOST_SETTINGS = 255
_MOST_CODECS = 16
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
    tables    version of the codec tables that plan and drifts speak of; 0 without
    drifts    what audits found, by cut and setting
    """

    model: ModelId
    board: Board | None
    plan: Plan | None
    link: tuple[int, int]
    planner: object
    edge: object
    price: object
    saved_s: float
    tables: int = 0
    drifts: Mapping[tuple[int, str], Drift] = field(default_factory=dict)

    def document(self) -> State:
        """JSON values; `read` takes them back."""
        plan, board = self.plan, self.board
        return {
            "version": _VERSION,
            "model": self.model.hex,
            "board": None if board is None else _board_record(board),
            "plan": None
            if plan is None
            else [plan.epoch, plan.cut, _label(plan), int(plan.flags), plan.deadline_ms],
            "link": list(self.link),
            "planner": self.planner,
            "edge": self.edge,
            "price": self.price,
            "saved_s": round(self.saved_s),
            "tables": self.tables,
            "drifts": [[cut, label, drift.state()] for (cut, label), drift in self.drifts.items()],
        }

    @classmethod
    def read(cls, document: object) -> Self:
        """Raises PolicyError for anything that `document` did not write.

        Version 1 is from before there were codec tables.
        """
        fields = Fields(_upgraded(document), "planning", _FIELDS, version=_VERSION)
        model = _model(fields.text("model", 8))
        boot, sequence = fields.wholes("link", 2, 2, 0, _MOST)
        tables = fields.whole("tables", 0, _MOST)
        plan, at = None, fields.record("plan", 5)
        if at is not None:
            label, flags = at.text(2, 16), at.whole(3, 0, 0xFF)
            try:
                codec, setting = read_label(label)
            except CodecError as error:
                raise PolicyError(f"state of planning has a plan whose {error}; start without it") from error
            fields.require((setting > 0) == codec.calibrated, "has a plan whose codec lacks its setting")
            plan = Plan(
                model,
                at.whole(0, 1, _MOST),
                at.whole(1, 0, 0xFFFF),
                codec,
                Flag(flags),
                at.whole(4, 1, _MOST),
                plan_parameters(setting, tables) if setting else b"",
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
            tables,
            _drifts(fields),
        )


def _upgraded(document: object) -> object:
    if isinstance(document, dict) and type(document.get("version")) is int and document["version"] == 1:
        return {"tables": 0, "drifts": []} | document | {"version": _VERSION}
    return document


def _label(plan: Plan) -> str:
    named = setting_of(plan.parameters) if plan.codec.calibrated else None
    return label_of(plan.codec, 0 if named is None else named[0])


def _drifts(fields: Fields) -> dict[tuple[int, str], Drift]:
    return {
        (one.whole(0, 0, 0xFFFF), one.text(1, 16)): Drift.of_state(one.raw(2))
        for one in fields.records("drifts", _MOST_SETTINGS, (3,))
    }


def _board_record(board: Board) -> list[object]:
    coder = board.coder
    said: list[object] = [board.operators, list(coder.codecs), board.chip]
    # Most boards say nothing of this, and what an older server wrote has nothing of it.
    flags = int(board.overlap) | int(board.streams) << 1
    tables: list[object] = [coder.tables, coder.history, coder.jpeg_quality]
    if coder != Coder(coder.codecs):
        return [*said, board.cuts, flags, *tables]
    return [*said, board.cuts, flags] if board.cuts is not None or flags else said


def _board(fields: Fields) -> Board | None:
    at = fields.record("board", 3, 5, 8)
    if at is None:
        return None
    chip = None if at.raw(2) is None else at.text(2, 64)
    codecs = at.raw(1)
    if (
        not isinstance(codecs, list)
        or len(codecs) > _MOST_CODECS
        or not all(isinstance(c, str) for c in codecs)
    ):
        raise PolicyError("state of planning has a board whose codecs are no names; start without it")
    cuts, flags = None, 0
    if len(at) >= 5:
        flags = at.whole(4, 0, 3)
        if at.raw(3) is not None:
            cuts = at.text(3, MOST_CHARACTERS)
            try:
                parse_cuts(cuts)
            except ValueError as error:
                raise PolicyError(f"state of planning has a board whose {error}; start without it") from error
    coder = Coder(tuple(codec[:64] for codec in codecs))
    if len(at) == 8:
        tables = None if at.raw(5) is None else at.whole(5, 0, _MOST)
        quality = None if at.raw(7) is None else at.whole(7, 1, 100)
        coder = Coder(coder.codecs, tables, at.whole(6, 0, _MOST), quality)
    return Board(at.whole(0, 0, 0xFFFF), coder, chip, cuts, bool(flags & 1), bool(flags & 2))


def _model(text: str) -> ModelId:
    try:
        return ModelId.of_hex(text)
    except IdError as error:
        raise PolicyError(
            f"state of planning is of model {text!r}, which is no id; start without it"
        ) from error
