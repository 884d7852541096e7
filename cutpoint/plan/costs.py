"""From estimators to the cost table."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cutpoint.plan.coding import CodingEstimator
from cutpoint.plan.edge import EdgeEstimator
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.limits import Limits
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.operators import OperatorEstimator
from cutpoint.plan.setting import CodecSetting, family
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.table import CostTable, OperatorFigures
from cutpoint.plan.wording import points


class RowGrid:
    """The rows a table will have, and all that does not change from one decision to the next.

    Order: raw at cuts 0..N, then for each other codec cuts 0..N-1 (at cut N the answer is there already and
    its few bytes are not worth coding), then, for pictures, a JPEG of the input at cut 0. The JPEG is in the
    table even when the device has no JPEG coder, as the rival that a split has to beat; it is then not
    available. Last the settings of calibrated codecs, which need no codec named: a device that cannot take one is
    told so by the setting.

    base   how many rows there are before the settings
    """

    def __init__(
        self, shape: NetworkShape, *, codecs: tuple[str, ...] = ("raw",), limits: Limits | None = None
    ) -> None:
        limits = Limits() if limits is None else limits
        n = shape.n
        settings = {(s.cut, s.label): s for s in shape.settings}
        calibrated = {s.codec for s in shape.settings}
        others = [c for c in dict.fromkeys(codecs) if c not in ("raw", "jpeg") and c not in calibrated]
        pairs = [(k, "raw") for k in range(n + 1)] + [(k, c) for c in others for k in range(n)]
        if shape.input_is_picture:
            pairs.append((0, "jpeg"))
        self.base = len(pairs)
        pairs.extend(settings)
        self.shape = shape
        self.limits = limits
        self.codec = tuple(c for _, c in pairs)
        self.cut = np.array([k for k, _ in pairs], dtype=np.intp)
        self.index = {pair: i for i, pair in enumerate(pairs)}
        self.on_device = self.cut == n
        self.ram_bytes = tuple(shape.arena_bytes[k] if shape.arena_bytes else None for k, _ in pairs)
        self._closed = tuple(self._why_not(k, c, codecs, settings.get((k, c))) for k, c in pairs)
        self._calibrated = np.array([self._loss(c, settings.get((k, c))) for k, c in pairs])
        self.lossless = np.array(
            [
                c != "jpeg" if at is None else at.lossless
                for c, at in ((c, settings.get((k, c))) for k, c in pairs)
            ]
        )
        self._drift = np.zeros(len(pairs))
        self._families: dict[str, list[int]] = {}
        for at, (_, label) in enumerate(pairs):
            self._families.setdefault(family(label) if at >= self.base else label, []).append(at)
        self._judge()
        self.bytes_up = np.zeros(len(pairs))
        self.encode_us = np.zeros(len(pairs))
        if not self.available.any():
            refused = "; ".join(dict.fromkeys(self.why_not))
            raise PolicyError(f"no cut is left for this device: {refused}")

    def drifted(self, index: int, more: float) -> None:
        """A row costs `more` points than was calibrated, as far as its answers show; closes or opens it."""
        self._drift[index] = max(more, 0.0)
        self._judge()

    def drift(self, index: int) -> float:
        """Points that a row is known to cost beyond its calibration."""
        return float(self._drift[index])

    def _judge(self) -> None:
        """Which rows are open, by what they lose: with a limit of 0 only those that change no bit."""
        most = self.limits.max_loss
        self.loss = self._calibrated + self._drift
        with np.errstate(invalid="ignore"):
            over = (self.loss > most) | (~self.lossless & ~np.isnan(self.loss) & (most == 0.0))
        self.why_not = tuple(
            why or (self._over(at) if over[at] else "") for at, why in enumerate(self._closed)
        )
        self.available = np.array([not why for why in self.why_not])

    def _over(self, at: int) -> str:
        most, drift = self.limits.max_loss, self._drift[at]
        drifted = f", {points(drift)} of them since it was calibrated" if drift > 0 else ""
        allowed = f"{points(most)} are allowed" if most else "none is allowed (max_loss)"
        return f"loses {points(self.loss[at])} points{drifted}, {allowed}"

    def _loss(self, codec: str, setting: CodecSetting | None) -> float:
        if setting is not None:
            return setting.known_loss
        if codec != "jpeg":
            return 0.0
        return np.nan if self.shape.jpeg_loss is None else self.shape.jpeg_loss

    def _why_not(self, cut: int, codec: str, codecs: tuple[str, ...], setting: CodecSetting | None) -> str:
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
        return "" if setting is None else setting.why_not

    def refresh(self, coding: CodingEstimator, index: int | None = None) -> None:
        """Takes expected bytes and encoding times from `coding`: of one row, or of all.

        A time of one setting speaks for the others of its codec too, as long as they have none of their own.
        """
        rows: Iterable[int] = range(len(self.codec))
        if index is not None:
            rows = (index,) if index < self.base else self._families[family(self.codec[index])]
        for at in rows:
            k, c = int(self.cut[at]), self.codec[at]
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
        loss=grid.loss,
        lossless=grid.lossless,
        max_loss=grid.limits.max_loss,
    )
