"""What a bundle keeps of the Stream engine: the plan for its operators on board, or why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from cutpoint.errors import ModelError
from cutpoint.graph.manifest import CutEntry, PlanEntry, StreamEntry
from cutpoint.graph.model import Model
from cutpoint.graph.stream import PlanFile, compile_stream, read_plan_file, streamable

HEAD = "stream"
"""Key of `CutEntry.arena_bytes`: the engine's block for a head [0, k)."""
HEAD_AND_ON = "stream_on"
"""The same with what going on from k to N takes; only where the plan has the whole network."""


def stream_plan(model: Model, on_board: int) -> tuple[StreamEntry, bytes | None]:
    """Compile operators [0, on_board), or as many of them as can be streamed; the plan file, None for none."""
    largest, why = streamable(model)
    operators = min(largest, on_board)
    if on_board <= largest:
        why = None
    plan = None
    if operators:
        try:
            plan = compile_stream(model, operators).encode()
        except ModelError as error:
            operators, why = 0, str(error)
    return StreamEntry(operators=operators, why=why, plan=None if plan is None else _entry(plan)), plan


def plan_bytes_by_cut(plan: bytes | None, cuts: int) -> list[dict[str, int | None]]:
    """For each of so many cuts what the engine needs, under `HEAD` and `HEAD_AND_ON`; None above the plan's K."""
    unknown: dict[str, int | None] = {HEAD: None, HEAD_AND_ON: None}
    if plan is None:
        return [unknown] * cuts
    file = read_plan_file(plan)
    goes_on = file.on_board == file.operators
    known: list[dict[str, int | None]] = [
        {HEAD: head, HEAD_AND_ON: block if goes_on else None}
        for head, block in zip(file.head_bytes, file.block_bytes, strict=True)
    ]
    return [*known, *[unknown] * (cuts - len(known))]


def stream_bytes(arena_bytes: Mapping[str, int | None]) -> int | None:
    """What a device needs at a cut to take it, of `CutEntry.arena_bytes`: going on included where it would go on."""
    on = arena_bytes.get(HEAD_AND_ON)
    return arena_bytes.get(HEAD) if on is None else on


def tflm_bytes(arena_bytes: Mapping[str, int | None]) -> int | None:
    """What a device with TFLM needs at a cut."""
    return arena_bytes.get("tflm")


def check_plan_file(entry: StreamEntry, cuts: Sequence[CutEntry], model_id: bytes, plan: bytes) -> None:
    """Raise ModelError unless the plan is that of the model, and says what its entry and the cuts say."""
    file = read_plan_file(plan)
    if (file.model_id, file.operators, file.on_board) != (model_id, len(cuts) - 1, entry.operators):
        raise ModelError(
            f"the plan is for operators [0, {file.on_board}) of {file.operators} of model {file.model_id.hex()}, "
            f"the manifest states [0, {entry.operators}) of {len(cuts) - 1} of {model_id.hex()}"
        )
    said = [{key: cut.arena_bytes.get(key) for key in (HEAD, HEAD_AND_ON)} for cut in cuts]
    if said != plan_bytes_by_cut(plan, len(cuts)) or entry.plan != _entry(plan, file):
        raise ModelError("the plan needs other memory than the manifest states")


def _entry(plan: bytes, file: PlanFile | None = None) -> PlanEntry:
    file = file or read_plan_file(plan)
    return PlanEntry(
        bytes=len(plan),
        sha256=hashlib.sha256(plan).hexdigest(),
        picture_bytes=file.picture_bytes,
        line_bytes=file.line_bytes,
    )
