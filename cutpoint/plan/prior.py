"""What an operator costs before anyone has run it: a figure from its work and the kind of machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.robust import slope_and_intercept
from cutpoint.plan.shape import NetworkShape


@dataclass(frozen=True, slots=True)
class MachineClass:
    """Default speed of a machine, used until something has been measured on it.

    mac_us       microseconds for each multiply-accumulate
    byte_us      microseconds for each byte written by an operator that has no MACs
    overhead_us  microseconds to start an operator
    source       where `mac_us` comes from; `byte_us` and `overhead_us` are assumptions of the same order as
                 reference kernels show, and give way to the first measurement
    instruction_us  microseconds for each instruction of rv32imc that plain integer code takes, such as a codec's;
                 of the boards derived from the CoreMark score of the datasheet (docs/device.md)
    """

    name: str
    mac_us: float
    byte_us: float
    overhead_us: float
    source: str
    instruction_us: float = 1.610 / 240

    def operator_us(self, macs: int, written_bytes: int) -> float:
        """Expected time of one operator, microseconds."""
        return self.overhead_us + (self.mac_us * macs if macs else self.byte_us * written_bytes)


MACHINES: Mapping[str, MachineClass] = {
    m.name: m
    for m in (
        MachineClass("esp32", 12.7 / 240, 0.10, 20.0, "7.2 M MAC person detection in 380 ms, ESP-NN README"),
        MachineClass(
            "esp32-s3",
            1.8 / 240,
            0.05,
            20.0,
            "7.2 M MAC person detection in 54 ms, ESP-NN README",
            1.324 / 240,
        ),
        MachineClass(
            "esp32-c3",
            9.5 / 160,
            0.12,
            25.0,
            "7.2 M MAC person detection in 426 ms, ESP-NN README",
            1.331 / 160,
        ),
        MachineClass(
            "host", 18_000 / 5.9e6, 2e-3, 1.0, "FOMO 5.9 M MAC in 18 ms, TFLM reference kernels, one PC", 2e-4
        ),
        MachineClass(
            "edge", 340 / 5.9e6, 1e-4, 1.0, "FOMO 5.9 M MAC in 0.34 ms, LiteRT XNNPACK, one PC", 2e-4
        ),
    )
}


def machine(name: str) -> MachineClass:
    """Looks a machine class up; raises PolicyError with the list when there is none of that name."""
    if name not in MACHINES:
        raise PolicyError(f"no machine class {name!r}; known: {', '.join(MACHINES)}")
    return MACHINES[name]


def default_us(shape: NetworkShape, of: MachineClass) -> list[float]:
    """Microseconds of each operator by the machine's defaults alone."""
    return [of.operator_us(m, b) for m, b in zip(shape.macs, shape.written_bytes, strict=True)]


def fitted_us(shape: NetworkShape, defaults: list[float], measured: Mapping[int, float]) -> list[float]:
    """Microseconds of each operator, its kind fitted to those of `measured` (index -> microseconds).

    For each operator kind: with three or more measured operators of different work, the Theil-Sen line
    us = overhead + rate x work, where both came out positive; else the defaults times the median ratio of
    measured to default. A kind never measured takes the median ratio over everything measured.
    Work is MACs, or bytes written where an operator has none.
    """
    if not measured:
        return list(defaults)
    overall = median(us / defaults[i] for i, us in measured.items())
    kinds = shape.kinds or tuple("mac" if m else "byte" for m in shape.macs)
    work = [m or b for m, b in zip(shape.macs, shape.written_bytes, strict=True)]
    groups: dict[tuple[str, bool], list[int]] = {}
    for i, kind in enumerate(kinds):
        groups.setdefault((kind, shape.macs[i] > 0), []).append(i)
    figures = [0.0] * shape.n
    for members in groups.values():
        known = [i for i in members if i in measured]
        ratio = median(measured[i] / defaults[i] for i in known) if known else overall
        rate = overhead = 0.0
        if len({work[i] for i in known}) >= 3:
            x, y = np.array([float(work[i]) for i in known]), np.array([measured[i] for i in known])
            rate, overhead = slope_and_intercept(x, y)
        for i in members:
            figures[i] = overhead + rate * work[i] if rate > 0 and overhead >= 0 else defaults[i] * ratio
    return figures
