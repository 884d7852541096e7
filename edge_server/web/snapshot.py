"""The fleet as rows, made in slices so that the desk never waits long for the interpreter's lock."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cutpoint.codec import label_of
from cutpoint.wire import Plan, setting_of
from edge_server.events import PlanDecided
from edge_server.web.device_figures import DeviceFigures
from edge_server.web.view import FleetView

MOST_ROWS = 1000
# The interpreter's lock is held for this long at a time, and then handed over for certain: sleep(0) may take it back
# before another thread wakes, and without any sleep the desk waits for 5 ms.
_WORK_S = 0.0003
_PAUSE_S = 0.0005
_LOOK_EVERY = 8
_SORT_EVERY = 256


class Sort(StrEnum):
    """What comes first."""

    RATE = "rate"
    P99 = "p99"
    DROPS = "drops"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which devices, in which order, at most how many. `match` is part of an id, a model id, a codec or a note."""

    limit: int = 100
    sort: Sort = Sort.ID
    state: str | None = None
    match: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device as it is shown. `rate` is answers a second, `partial` of the answers those from the chunks that came;
    times in milliseconds; None is what is not known.

    `codec` is with its setting (`rans:12`), `drift` the points that a lossy one costs beyond its calibration.
    `p50_ms` and `p99_ms` are of the residence in the edge over the last 128 answers; `seen_s` is seconds ago.
    """

    id: str
    state: str
    boot: int
    model: str | None
    name: str | None
    cut: int | None
    codec: str | None
    deadline_ms: int | None
    reason: str | None
    exploration: bool | None
    rate: float
    p50_ms: float | None
    p99_ms: float | None
    answered: int
    partial: int
    refused: int
    drops: int
    drift: float | None
    seen_s: float
    note: str

    def json(self) -> str:
        """The row as an object of JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class Page:
    """The rows that were wanted, each as JSON, out of `matching` that fit."""

    rows: tuple[str, ...]
    matching: int


class Snapshots:
    """Makes one snapshot at a time, whoever asks, so that many askers cost the desk no more than one."""

    def __init__(self, view: FleetView) -> None:
        self._view = view
        self._one = asyncio.Lock()

    async def page(self, wanted: Wanted, names: Mapping[str, str]) -> Page:
        """The fleet as it is now; `names` are the models' by id."""
        async with self._one:
            view, now_s, key = self._view, self._view.fleet.now_s(), _KEYS[wanted.sort]
            matching = 0
            first: list[tuple[float, str, DeviceFigures]] = []
            async for figures in _in_slices(view.fleet.devices()):
                if not _fits(figures, wanted, view):
                    continue
                matching += 1
                # Ids differ, so that figures are never compared.
                first.append((key(figures, now_s), str(figures.device), figures))
                if len(first) >= wanted.limit + _SORT_EVERY:
                    first = sorted(first)[: wanted.limit]
            first = sorted(first)[: wanted.limit]
            rows = [
                row_of(figures, view, now_s, names).json()
                async for figures in _in_slices([figures for _, _, figures in first])
            ]
            return Page(tuple(rows), matching)


async def _in_slices(items: Sequence[DeviceFigures]) -> AsyncIterator[DeviceFigures]:
    """One after the other, with a pause whenever the work on them has taken its time."""
    began_s = time.perf_counter()
    for number, item in enumerate(items, 1):
        yield item
        if number % _LOOK_EVERY == 0 and time.perf_counter() - began_s > _WORK_S:
            await asyncio.sleep(_PAUSE_S)
            began_s = time.perf_counter()


def _fits(figures: DeviceFigures, wanted: Wanted, view: FleetView) -> bool:
    if wanted.state is not None and _state(figures) != wanted.state:
        return False
    if wanted.match is None:
        return True
    plan = _plan(figures, view)
    said = (
        str(figures.device),
        _state(figures),
        figures.model.hex if figures.model is not None else "",
        plan_label(plan) if plan is not None else "",
        _note(figures, view.remark(figures.device)),
    )
    return any(wanted.match in text for text in said)


def _slowest(figures: DeviceFigures, _now_s: float) -> float:
    percentiles = figures.percentiles_us(0.99)
    return 0.0 if percentiles is None else -percentiles[0]


_KEYS: dict[Sort, Callable[[DeviceFigures, float], float]] = {
    Sort.RATE: lambda figures, now_s: -figures.rate.per_second(now_s),
    Sort.P99: _slowest,
    Sort.DROPS: lambda figures, _now_s: -figures.drops,
    Sort.ID: lambda _figures, _now_s: 0.0,
}


def row_of(figures: DeviceFigures, view: FleetView, now_s: float, names: Mapping[str, str]) -> DeviceRow:
    """One device as it is shown; `names` are the models' by id."""
    decided, plan, model = figures.plan, _plan(figures, view), figures.model
    percentiles = figures.percentiles_us(0.5, 0.99)
    p50, p99 = (None, None) if percentiles is None else (us / 1000 for us in percentiles)
    return DeviceRow(
        id=str(figures.device),
        state=_state(figures),
        boot=figures.boot,
        model=None if model is None else model.hex,
        name=None if model is None else names.get(model.hex),
        cut=None if plan is None else plan.cut,
        codec=None if plan is None else plan_label(plan),
        deadline_ms=None if plan is None else plan.deadline_ms,
        reason=None if decided is None else decided.reason,
        exploration=None if decided is None else decided.exploration,
        rate=round(figures.rate.per_second(now_s), 1),
        p50_ms=p50,
        p99_ms=p99,
        answered=figures.answered,
        partial=figures.partial,
        refused=figures.refused,
        drops=figures.drops,
        drift=None if figures.drift is None else round(figures.drift, 2),
        seen_s=round(max(0.0, now_s - figures.seen_s), 1),
        note=_note(figures, view.remark(figures.device)),
    )


def _plan(figures: DeviceFigures, view: FleetView) -> Plan | PlanDecided | None:
    return view.plan(figures.device) or figures.plan


def plan_label(plan: Plan | PlanDecided) -> str:
    """Codec and setting of a plan: `rans:12`."""
    if isinstance(plan, PlanDecided):
        return plan.label
    named = setting_of(plan.parameters) if plan.codec.calibrated else None
    return label_of(plan.codec, 0 if named is None else named[0])


def _state(figures: DeviceFigures) -> str:
    return "unknown" if figures.state is None else figures.state.value


def _note(figures: DeviceFigures, remark: str) -> str:
    return "; ".join(filter(None, (remark, "safe mode" if figures.safe_mode else "", figures.note)))
