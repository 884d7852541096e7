"""A line of the table: one way to serve a picture, measured over all pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Family = Literal["device-only", "edge-only", "split", "outside"]


@dataclass(frozen=True, slots=True)
class DeviceCost:
    """What coding asks of a device for one frame.

    instructions: mean of some real tensors, rv32imc -O2; None with the reason in `why`. copying: of them, those that
    hand out a coded form that was made whole before, else 0. code_bytes: text and constants of the codec as linked;
    None where they are not known, 0 for a codec that has no code of its own. scratch_bytes: the most that coded forms
    took of it.
    """

    instructions: float | None = None
    copying: float | None = None
    code_bytes: int | None = None
    scratch_bytes: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Means are of a frame. Bytes go up, from the device; `down_bytes` is the edge's answer to it.

    data_bytes: the coded tensors alone. bytes: the message with all of its framing, MQTT's apart (`mqtt_bytes`).
    raw_share: of the tensors that went raw because the codec would not have been smaller. loss: points of the metric
    against the same cut with raw tensors; margin: half of its 95 % interval; lossless: the edge has every bit.
    ram_bytes: the Stream engine's block for the head, the picture apart. encode_ms, head_ms: modelled, by profile.
    """

    family: Family
    cut: int
    codec: str
    setting: str
    what: str
    data_bytes: float
    bytes: float
    largest_bytes: int
    frames: float
    mqtt_bytes: float
    down_bytes: float
    raw_share: float
    quality: float
    loss: float
    margin: float = 0.0
    lossless: bool = False
    table_bytes: int = 0
    ram_bytes: int | None = None
    device: DeviceCost = DeviceCost()
    encode_ms: dict[str, float | None] = field(default_factory=dict)
    head_ms: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """As plans and plots name it: `rans:12`, `jpeg q50`, `zstd`."""
        return f"{self.codec}{self.setting}"


def pareto(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Those that no other beats in bytes and loss at once, fewest bytes first.

    What answers better than raw tensors was lucky, and counts as no better. Device-only is never among them: where the
    whole network runs on the device in time, its answer is the fewest bytes there are, and there is nothing to choose.
    """
    front: list[Row] = []
    offloading = [row for row in rows if row.family != "device-only"]
    for row in sorted(offloading, key=lambda row: (row.bytes, row.loss)):
        if not front or max(row.loss, 0.0) < max(front[-1].loss, 0.0):
            front.append(row)
    return tuple(front)
