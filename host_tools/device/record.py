"""What became of one inference, as the device saw it."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.answer import Answer


@dataclass(frozen=True, slots=True)
class InferenceRecord:
    """One answered (or unanswered) picture. Times in microseconds; None is unknown, never zero.

    by: `edge`, `device` or `none`. reason: why it came from there. cut: the one asked for. codec: how the tensors
    travelled, with the setting of the tables where it has one (`rans:12`); a frame that would not have been smaller
    went raw all the same. None when nothing was sent before the answer. bytes_up and bytes_down count frames with
    their headers, without MQTT and TCP. device_us, encode_us: operators run here and tensors coded, modelled when
    `modelled`. edge_us, link_us, total_us are measured: the edge's stated residence; round trip less residence; from
    the input to the answer. energy_uj is modelled from the profile's currents and counts this inference alone.
    overran_us: how much longer this computer took than the board it plays (then total_us is too long). answer is None
    when nobody answered. partial: the edge made it of the chunks that had come.
    """

    sequence: int
    by: str
    reason: str
    cut: int
    bytes_up: int
    bytes_down: int
    device_us: int
    encode_us: int
    link_us: int | None
    edge_us: int | None
    total_us: int
    answer: Answer | None
    modelled: bool
    state: str
    name: str = ""
    energy_uj: float | None = None
    overran_us: int = 0
    codec: str | None = None
    partial: bool = False
