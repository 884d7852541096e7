"""From estimators to the cost table."""

from __future__ import annotations

import numpy as np

from cutpoint.plan.coding import CodingEstimator
from cutpoint.plan.edge import EdgeEstimator
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.limits import Limits
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.operators import OperatorEstimator
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.table import CostTable, OperatorFigures


class RowGrid:
    """The rows a table will have, and all that does not change from one decision to the next.

    Order: raw at cuts 0..N, then for each other codec cuts 0..N-1 (at cut N the answer is there already and
    its few bytes are not worth coding), then, for pictures, a JPEG of the input at cut 0. The JPEG is in the
    table even when the device has no JPEG coder, as the rival that a split has to beat; it is then not
    available.
    """

    def __init__(
        self, shape: NetworkShape, *, codecs: tuple[str, ...] = ("raw",), limits: Limits | None = None
    ) -> None:
        limits = Limits() if limits is None else limits
        n = shape.n
        others = [c for c in dict.fromkeys(codecs) if c not in ("raw", "jpeg")]
        pairs = [(k, "raw") for k in range(n + 1)] + [(k, c) for c in others for k in range(n)]
        if shape.input_is_picture:
            pairs.append((0, "jpeg"))
        self.shape = shape
        self.limits = limits
        self.codec = tuple(c for _, c in pairs)
        self.cut = np.array([k for k, _ in pairs], dtype=np.intp)
        self.index = {pair: i for i, pair in enumerate(pairs)}
        self.on_device = self.cut == n
        self.ram_bytes = tuple(shape.arena_bytes[k] if shape.arena_bytes else None for k, _ in pairs)
        self.why_not = tuple(self._why_not(k, c, codecs) for k, c in pairs)
        self.available = np.array([not why for why in self.why_not])
        self.bytes_up = np.zeros(len(pairs))
        self.encode_us = np.zeros(len(pairs))
        if not self.available.any():
            refused = "; ".join(dict.fromkeys(self.why_not))
            raise PolicyError(f"no cut is left for this device: {refused}")

    def _why_not(self, cut: int, codec: str, codecs: tuple[str, ...]) -> str:
        ram = self.shape.arena_bytes[cut] if self.shape.arena_bytes else None
        if cut > self.shape.deepest_cut:
            return f"the board holds operators up to {self.shape.deepest_cut}"
        if not self.shape.held(cut):
            return "the board's engine has no memory for this cut"
        if cut < self.limits.smallest_cut:
            return f"privacy keeps everything before cut {self.limits.smallest_cut} on the device"
        if cut in self.shape.unsendable:
            return "more tensors are alive there than a message carries"
        if codec == "jpeg" and "jpeg" not in codecs:
            return "the device has no JPEG coder"
        if ram is not None and self.limits.ram_bytes is not None and ram > self.limits.ram_bytes:
            return f"needs {ram} B of RAM, {self.limits.ram_bytes} B are free"
        return ""

    def refresh(self, coding: CodingEstimator, cut: int | None = None, codec: str | None = None) -> None:
        """Takes expected bytes and encoding times from `coding`: of one row, or of all."""
        pairs = self.index if cut is None or codec is None else {(cut, codec): self.index.get((cut, codec))}
        for (k, c), at in pairs.items():
            if at is not None:
                self.bytes_up[at] = self.shape.frame_bytes(k, coding.coded_bytes(k, c))
                self.encode_us[at] = coding.encode_us(k, c)


def cost_table(
    grid: RowGrid,
    *,
    operators: OperatorEstimator,
    edge: EdgeEstimator,
    link: LinkEstimator,
    energy: EnergyModel | None = None,
    toll: float = 0.0,
) -> CostTable:
    """Prices every row of `grid`, whose bytes were brought up to date by `RowGrid.refresh`.

    latency = device + encode + link + edge. At cut N the device has its answer before it sends anything, so
    link and edge add nothing to its latency, though the bytes that it sends afterwards still cost energy.
    link = round trip + (bytes up + usual answer) / bandwidth. edge = tail. What a busy edge makes of it is no time
    and not in here, except for SCIoT's formula, whose only way to hear of it is its edge times.

    toll   what a microsecond of edge compute weighs beyond itself, 0 for an idle edge
    """
    device_us = operators.prefix_us[grid.cut]
    tails_us = edge.tails_us
    edge_us = tails_us[grid.cut]
    us_per_byte = 1e6 / link.bytes_per_s
    transmit_us = grid.bytes_up * us_per_byte
    link_us = transmit_us + (link.round_trip_us + grid.shape.result_bytes * us_per_byte)
    link_us[grid.on_device] = 0.0
    latency_us = device_us + grid.encode_us + link_us + edge_us
    available, why_not = grid.available, grid.why_not
    most = grid.limits.latency_us
    if most is not None:
        late = latency_us > most
        if (available & ~late).any():
            why_not = tuple(
                why or (f"expected above the limit of {most / 1000:g} ms" if slow else "")
                for why, slow in zip(why_not, late, strict=True)
            )
            available = available & ~late
    energy_uj = None
    if energy is not None:
        wait_us = np.where(grid.on_device, 0.0, np.maximum(link_us - transmit_us, 0.0) + edge_us)
        energy_uj = energy.inference_uj(device_us + grid.encode_us, transmit_us, wait_us)
    figures = OperatorFigures(
        device_us=operators.figures_us,
        edge_us=(tails_us[:-1] - tails_us[1:]) * (1.0 + toll),
        layer_bytes=grid.shape.cut_bytes[1:],
        bytes_per_s=link.bytes_per_s,
    )
    return CostTable(
        cut=grid.cut,
        codec=grid.codec,
        latency_us=latency_us,
        device_us=device_us,
        encode_us=grid.encode_us.copy(),
        link_us=link_us,
        edge_us=edge_us,
        bytes_up=grid.bytes_up.copy(),
        energy_uj=energy_uj,
        ram_bytes=grid.ram_bytes,
        available=available,
        why_not=why_not,
        by_operator=figures,
    )
