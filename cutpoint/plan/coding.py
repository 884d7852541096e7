"""What a codec makes of the tensors of a cut: bytes and the device's time for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from statistics import median

from cutpoint.plan.ema import Ema, checked_alpha
from cutpoint.plan.figure import LONGEST_US, MOST_BYTES, is_index, refusal
from cutpoint.plan.prior import MachineClass, machine
from cutpoint.plan.setting import CodecSetting
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.state import Fields, State, plain

ENCODE_US_PER_BYTE: Mapping[str, float] = {"raw": 0.0, "bitmap": 0.02, "jpeg": 0.0}
"""Assumed until measured. `bitmap`: some five cycles a byte at 240 MHz. `jpeg`: the camera's own coder."""
UNKNOWN_CODEC_US_PER_BYTE = 0.05
INSTRUCTIONS_PER_BYTE: Mapping[str, float] = {"lowbit": 20.0, "rans": 60.0, "slicer": 90.0, "delta": 60.0}
"""Of raw tensor, on rv32imc: what codecs with tables are held to. With the machine's speed it is the time of a setting
that was never measured."""
MOST_CODECS = 16
MOST_SETTINGS = 255
_LONGEST_LABEL = 16


class CodingEstimator:
    """Moving averages of coded bytes per raw byte and of encoding time, for each (cut, codec) that was seen.

    Never seen: coded bytes equal raw bytes, because a codec may enlarge what it was not made for; a JPEG of
    the input takes `NetworkShape.expected_jpeg_bytes`. `raw` never changes size, whatever is observed.

    A setting of a calibrated codec (label `rans:12`) starts with the bytes of its calibration, and with the time that
    its instructions take on the machine. Once another setting of the codec was timed, it is expected to differ
    from that in the same proportion.
    """

    __slots__ = ("_alpha", "_encode", "_instruction_us", "_ratio", "_settings", "_shape", "rejected")

    def __init__(
        self, shape: NetworkShape, *, alpha: float = 0.2, machine_class: MachineClass | str = "esp32"
    ) -> None:
        of = machine(machine_class) if isinstance(machine_class, str) else machine_class
        self._shape = shape
        self._settings = {(setting.cut, setting.label): setting for setting in shape.settings}
        self._instruction_us = of.instruction_us
        self._alpha = checked_alpha(alpha)
        self._ratio: dict[tuple[int, str], Ema] = {}
        self._encode: dict[tuple[int, str], Ema] = {}
        self.rejected: Counter[str] = Counter()

    def observe(
        self, cut: int, codec: str, *, coded_bytes: float | None = None, encode_us: float | None = None
    ) -> bool:
        """Takes what was seen of one frame; False when nothing of it was believed."""
        if not is_index(cut, self._shape.n):
            self.rejected["range"] += 1
            return False
        taken = False
        raw = self._shape.cut_bytes[cut]
        if coded_bytes is not None and codec != "raw" and raw > 0:
            taken |= self._add(
                self._ratio, (cut, codec), coded_bytes, 0.0, min(4.0 * raw + 4096, MOST_BYTES), raw
            )
        if encode_us is not None:
            taken |= self._add(self._encode, (cut, codec), encode_us, 0.0, LONGEST_US, 1)
        return taken

    def _add(
        self,
        into: dict[tuple[int, str], Ema],
        key: tuple[int, str],
        value: float,
        low: float,
        high: float,
        unit: int,
    ) -> bool:
        reason = refusal(value, low, high)
        if reason is not None:
            self.rejected[reason] += 1
            return False
        if key not in into:
            into[key] = Ema(self._alpha)
        return into[key].add(value / unit)

    def state(self) -> State:
        """The averages of each (cut, codec) that was seen: [cut, codec, coded bytes per raw byte, encoding us]."""
        return {
            "version": 1,
            "network": self._shape.fingerprint,
            "seen": [
                [*pair, *(self._known(of.get(pair)) for of in (self._ratio, self._encode))]
                for pair in dict.fromkeys((*self._ratio, *self._encode))
            ],
        }

    @staticmethod
    def _known(average: Ema | None) -> float | None:
        return None if average is None or average.value is None else plain(average.value)

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit."""
        fields = Fields(state, "coding", ("network", "seen"))
        fields.require(fields.raw("network") == self._shape.fingerprint, "is of another network")
        n = self._shape.n
        ratios: dict[tuple[int, str], Ema] = {}
        encodes: dict[tuple[int, str], Ema] = {}
        seen = fields.records("seen", MOST_CODECS * (n + 1) + MOST_SETTINGS, (4,))
        for record in seen:
            pair = (record.whole(0, 0, n), record.text(1, _LONGEST_LABEL))
            fields.require(pair not in ratios and pair not in encodes, f"speaks of {pair} twice")
            for into, value in (
                (ratios, record.number_or_none(2, 0.0, MOST_BYTES)),
                (encodes, record.number_or_none(3, 0.0, LONGEST_US)),
            ):
                if value is not None:
                    into[pair] = Ema(self._alpha)
                    into[pair].add(value)
        self._ratio, self._encode = ratios, encodes

    def seen(self, cut: int, codec: str) -> bool:
        """Whether coded bytes of this pair were ever observed; `raw` needs no observation."""
        return codec == "raw" or (cut, codec) in self._ratio

    def coded_bytes(self, cut: int, codec: str) -> int:
        """Expected bytes of tensor data, without framing."""
        ratio = self._ratio.get((cut, codec))
        if ratio is not None and ratio.value is not None:
            return round(ratio.value * self._shape.cut_bytes[cut])
        setting = self._settings.get((cut, codec))
        if setting is not None:
            return round(setting.bytes)
        return self._shape.expected_jpeg_bytes if codec == "jpeg" else self._shape.cut_bytes[cut]

    def encode_us(self, cut: int, codec: str) -> float:
        """Expected microseconds that the device spends coding."""
        seen = self._encode.get((cut, codec))
        if seen is not None and seen.value is not None:
            return seen.value
        setting = self._settings.get((cut, codec))
        if setting is not None:
            return self._prior_us(setting) * self._pace(setting.codec)
        return ENCODE_US_PER_BYTE.get(codec, UNKNOWN_CODEC_US_PER_BYTE) * self._shape.cut_bytes[cut]

    def _prior_us(self, setting: CodecSetting) -> float:
        if setting.encode_us is not None:
            return setting.encode_us
        instructions = INSTRUCTIONS_PER_BYTE.get(setting.codec)
        per_byte = UNKNOWN_CODEC_US_PER_BYTE if instructions is None else instructions * self._instruction_us
        return per_byte * self._shape.cut_bytes[setting.cut]

    def _pace(self, codec: str) -> float:
        """Measured time over prior, the median of this codec's settings; 1 before any was measured."""
        paces = []
        for pair, average in self._encode.items():
            setting = self._settings.get(pair)
            if setting is not None and setting.codec == codec and average.value is not None:
                prior_us = self._prior_us(setting)
                if prior_us > 0:
                    paces.append(average.value / prior_us)
        return median(paces) if paces else 1.0
