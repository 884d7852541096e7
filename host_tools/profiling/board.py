"""From measured operators to a board's profile: cycles per MAC, per byte, overhead, jitter, and the planner's prior."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.errors import UsageError
from host_tools.device.profile import (
    Basis,
    Clock,
    CyclesPerMac,
    Elementwise,
    Jitter,
    Overhead,
    PlannerPrior,
    Profile,
)
from host_tools.device.workload import MacKind, Workload
from host_tools.profiling.figures import Sweep

KINDS: tuple[MacKind, ...] = ("conv_pointwise", "conv", "depthwise", "fully_connected")
LEAST_OPERATORS = 3
STAND_IN_MHZ = 1000.0
"""Of a device that does not tell its clock: a cycle is then a nanosecond, and only the product is measured."""


@dataclass(frozen=True, slots=True)
class MeasuredBoard:
    """A profile, and a sentence for each of its tables that was measured or kept."""

    profile: Profile
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    error: float
    """Median of |fitted - measured| / measured over the operators."""


def fit_board(
    sweep: Sweep, workloads: Sequence[Workload], base: Profile, *, name: str, when: str
) -> MeasuredBoard:
    """The profile of the board that was swept. `base` gives what a sweep cannot see: currents, wake, memory.

    us = overhead + rate x work for each kind of loop, by least squares on the relative error with no rate below zero;
    work is MACs, or bytes written where an operator has none. A kind that this model does not have, or whose rate
    came out as nothing, keeps the base's cycles, scaled by the median of fitted to base over the kinds that were
    measured. Raises UsageError with fewer than three timed operators, or for times that were modelled.
    """
    if sweep.modelled:
        raise UsageError(
            f"{sweep.device} models its operators' times (a PC with a board's profile); "
            "a profile is made of measured ones"
        )
    timed = [
        (work, us)
        for work, us in zip(workloads, sweep.operators_us, strict=False)
        if us is not None and us > 0
    ]
    if len(timed) < LEAST_OPERATORS:
        raise UsageError(
            f"{len(timed)} operators took a microsecond or more; a profile needs {LEAST_OPERATORS}: sweep larger cuts"
        )
    rates, byte_us, overhead_us, error = _fit(timed)
    mhz, clock = _clock(sweep, base)
    source = (
        f"cutpoint profile, {when}: {sweep.device} ({sweep.chip}, {sweep.firmware}, engine {sweep.engine}), model "
        f"{sweep.model}, medians of {len(timed)} operators, median error of the fit {100 * error:.0f} %"
    )
    cycles, missing = _cycles(rates, mhz, base)
    update: dict[str, object] = {
        "name": name,
        "chip": sweep.chip,
        "title": f"{sweep.device}, measured" if base.title == "" else base.title,
        "clock": clock,
        "cycles_per_mac": CyclesPerMac(
            **cycles,
            basis=Basis.MEASURED,
            source=source + (f"; {missing}" if missing else ""),
        ),
        "elementwise": Elementwise(
            cycles_per_output_byte=byte_us * mhz,
            basis=Basis.MEASURED,
            source=source + ", operators without MACs",
        ),
        "overhead": Overhead(
            operator_us=overhead_us, basis=Basis.MEASURED, source=source + ", intercept of the fit"
        ),
        "planner": PlannerPrior(
            mac_us=_mean_rate(timed, rates),
            byte_us=byte_us,
            overhead_us=overhead_us,
            basis=Basis.MEASURED,
            source=source + ", all MACs together",
        ),
    }
    changed = ["clock", "cycles_per_mac", "elementwise", "overhead", "planner"]
    if sweep.spread is not None:
        update["jitter"] = Jitter(
            shape="lognormal",
            sigma=round(sweep.spread, 4),
            basis=Basis.MEASURED,
            source=source + ", 1.4826 x median absolute deviation of ln(time / median)",
        )
        changed.append("jitter")
    kept = tuple(
        t
        for t in ("coding", "jitter", "memory", "current", "wake")
        if t not in update and getattr(base, t) is not None
    )
    return MeasuredBoard(base.model_copy(update=update), tuple(changed), kept, error)


def profile_toml(profile: Profile) -> str:
    """The profile as TOML, readable by `Profile.load`: tables in the order of its fields."""
    lines, tables = [], []
    for field, value in profile.model_dump(mode="json", exclude_none=True).items():
        if field == "name":
            continue  # The file's own.
        if isinstance(value, dict):
            tables.append(
                f"\n[{field}]\n" + "".join(f"{key} = {_toml(item)}\n" for key, item in value.items())
            )
        else:
            lines.append(f"{field} = {_toml(value)}\n")
    return "".join(lines + tables)


def _toml(value: object) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's; only DEL has to be written out as well.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _fit(timed: Sequence[tuple[Workload, float]]) -> tuple[dict[MacKind, float], float, float, float]:
    """Microseconds per MAC by kind, per byte, per operator, and the median relative error."""
    columns: list[MacKind | str] = [
        kind for kind in KINDS if any(w.macs and w.kind == kind for w, _ in timed)
    ]
    if any(not work.macs for work, _ in timed):
        columns.append("byte")
    matrix = np.zeros((len(timed), len(columns) + 1))
    taken = np.array([us for _, us in timed])
    for row, (work, _) in enumerate(timed):
        matrix[row, columns.index(work.kind if work.macs else "byte")] = work.macs or work.output_bytes
        matrix[row, -1] = 1.0
    found = _not_negative(matrix / taken[:, None], np.ones(len(timed)))
    error = float(np.median(np.abs(matrix @ found - taken) / taken))
    by_name = dict(zip(columns, found, strict=False))
    rates: dict[MacKind, float] = {kind: float(by_name[kind]) for kind in KINDS if by_name.get(kind, 0) > 0}
    return rates, float(by_name.get("byte", 0.0)), float(found[-1]), error


def _not_negative(
    matrix: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Least squares with no coefficient below zero: the most negative one is dropped until none is."""
    used = list(range(matrix.shape[1]))
    found = np.zeros(matrix.shape[1])
    while used:
        solution = np.linalg.lstsq(matrix[:, used], wanted, rcond=None)[0]
        if solution.min() >= 0:
            found[used] = solution
            return found
        used.pop(int(solution.argmin()))
    return found


def _clock(sweep: Sweep, base: Profile) -> tuple[float, Clock]:
    if sweep.clock_mhz is not None:
        source = f"stated by {sweep.device} in its telemetry"
        return float(sweep.clock_mhz), Clock(mhz=sweep.clock_mhz, basis=Basis.MEASURED, source=source)
    if base.clock is not None:
        return base.clock.mhz, base.clock
    source = "assumed: the device does not tell its clock; a cycle of this profile is a nanosecond"
    return STAND_IN_MHZ, Clock(mhz=STAND_IN_MHZ, basis=Basis.ASSUMED, source=source)


def _cycles(rates: dict[MacKind, float], mhz: float, base: Profile) -> tuple[dict[str, float], str]:
    """Cycles per MAC of every kind, and a clause about those that were not measured."""
    cycles: dict[str, float] = {kind: rate * mhz for kind, rate in rates.items()}
    missing = [kind for kind in KINDS if kind not in cycles]
    if not missing:
        return cycles, ""
    reference = base.cycles_per_mac
    ratios = [cycles[kind] / getattr(reference, kind) for kind in cycles] if reference is not None else []
    scale = float(np.median(ratios)) if ratios else 1.0
    mean = float(np.mean(list(cycles.values()))) if cycles else 1.0
    for kind in missing:
        cycles[kind] = scale * getattr(reference, kind) if reference is not None else mean
    how = f"{scale:.3g} x the profile before" if reference is not None else "the mean of the others"
    return cycles, f"not in this model: {', '.join(missing)}, which got {how}"


def _mean_rate(timed: Sequence[tuple[Workload, float]], rates: dict[MacKind, float]) -> float:
    """Microseconds per MAC over the model's own mix of kinds."""
    macs = sum(work.macs for work, _ in timed)
    spent = sum(work.macs * rates.get(work.kind, 0.0) for work, _ in timed)
    if not macs or not spent:
        raise UsageError(
            "no operator with multiply-accumulates took time; this model says nothing of the board's speed"
        )
    return spent / macs
