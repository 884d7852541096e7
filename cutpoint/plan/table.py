"""The cost of every way to split one inference, as columns and as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
import numpy.typing as npt

from cutpoint.plan.wording import milliseconds, points

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CostRow:
    """One way to split: times in microseconds, energy in microjoules; `why_not` is empty when it is
    available.

    codec   codec, and the number of its setting where it has any: `raw`, `rans:12`
    loss    points of the task's metric that the codec costs, measured drift included; None: nobody knows
    """

    cut: int
    codec: str
    latency_us: float
    device_us: float
    encode_us: float
    link_us: float
    edge_us: float
    bytes_up: int
    energy_uj: float | None
    ram_bytes: int | None
    available: bool
    why_not: str
    loss: float | None = 0.0


@dataclass(frozen=True)
class CostTable:
    """Costs in columns of one length R, because a policy weighs all rows at once and has little time.

    cut          cut of each row
    codec        codec of each row, with the number of its setting where it has any: `raw`, `rans:12`
    *_us         float64 (R,); latency_us = device_us + encode_us + link_us + edge_us
    energy_uj    float64 (R,), None when no currents were given
    why_not      empty where a row is available
    loss         points of the task's metric that the codec costs, NaN where nobody knows; 0 where lossless
    lossless     whether the edge gets each tensor as it was, bit for bit
    max_loss     points that a codec may cost
    by_operator  what SCIoT's formula wants, which knows no codecs
    Arrays are not to be written to. Rows 0..N are the raw cuts 0..N.
    """

    cut: npt.NDArray[np.intp]
    codec: tuple[str, ...]
    latency_us: Floats
    device_us: Floats
    encode_us: Floats
    link_us: Floats
    edge_us: Floats
    bytes_up: Floats
    energy_uj: Floats | None
    ram_bytes: tuple[int | None, ...]
    available: Bools
    why_not: tuple[str, ...]
    by_operator: OperatorFigures
    loss: Floats
    lossless: Bools
    max_loss: float = 0.0

    def row(self, index: int) -> CostRow:
        """One row as a plain value."""
        return CostRow(
            cut=int(self.cut[index]),
            codec=self.codec[index],
            latency_us=float(self.latency_us[index]),
            device_us=float(self.device_us[index]),
            encode_us=float(self.encode_us[index]),
            link_us=float(self.link_us[index]),
            edge_us=float(self.edge_us[index]),
            bytes_up=int(self.bytes_up[index]),
            energy_uj=None if self.energy_uj is None else float(self.energy_uj[index]),
            ram_bytes=self.ram_bytes[index],
            available=bool(self.available[index]),
            why_not=self.why_not[index],
            loss=None if isnan(self.loss[index]) else float(self.loss[index]),
        )

    @cached_property
    def rows(self) -> tuple[CostRow, ...]:
        """Every row; made when first asked for."""
        return tuple(self.row(i) for i in range(len(self)))

    def find(self, cut: int, codec: str = "raw") -> int | None:
        """Index of the row with this cut and codec."""
        for index, name in enumerate(self.codec):
            if name == codec and self.cut[index] == cut:
                return index
        return None

    def __len__(self) -> int:
        return len(self.codec)

    def __iter__(self) -> Iterator[CostRow]:
        return iter(self.rows)

    def __str__(self) -> str:
        names = "".join(f" {name:>10}" for name in ("total", "device", "encode", "link", "edge"))
        wide = max(8, *(len(label) for label in self.codec))
        lines = [f"{'cut':>4} {'codec':{wide}}{names} {'up B':>8} {'loss':>6}"]
        for r in self.rows:
            times = (r.latency_us, r.device_us, r.encode_us, r.link_us, r.edge_us)
            cells = " ".join(f"{milliseconds(us):>10}" for us in times)
            loss = "?" if r.loss is None else points(r.loss)
            lines.append(
                f"{r.cut:>4} {r.codec:{wide}} {cells} {r.bytes_up:>8} {loss:>6} {r.why_not}".rstrip()
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class OperatorFigures:
    """Per-operator microseconds and bytes, each N long, and the link's speed."""

    device_us: Floats
    edge_us: Floats
    layer_bytes: tuple[int, ...]
    bytes_per_s: float
