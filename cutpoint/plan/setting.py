"""What a calibration knows of one way to code the tensors of a cut."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, MOST_BYTES, refusal

MOST_POINTS = 100.0
"""A loss is given in points of the task's metric, of which there are a hundred."""


@dataclass(frozen=True, slots=True)
class CodecSetting:
    """One setting of a network's codec tables: a row of the cost table.

    number     in the tables, from 1 up
    cut        where it codes
    codec      by name, as devices announce it
    bytes      mean bytes of tensor data, without framing
    encode_us  microseconds on the device, where somebody knows them; None: by its machine's speed
    loss       points of the task's metric that it costs; below 0 where it came out better
    lossless   whether what comes out is what went in, bit for bit
    why_not    why this device cannot take it, in a clause; empty where it can
    """

    number: int
    cut: int
    codec: str
    bytes: float
    encode_us: float | None = None
    loss: float = 0.0
    lossless: bool = False
    why_not: str = ""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("number", 1, 255),
            ("cut", 0, 1 << 16),
            ("bytes", 0.0, MOST_BYTES),
            ("loss", -MOST_POINTS, MOST_POINTS),
        ):
            value = getattr(self, name)
            if refusal(value, low, high) is not None:
                raise PolicyError(f"{name} of a codec setting is {value!r}; expected {low:g} to {high:g}")
        if self.encode_us is not None and refusal(self.encode_us, 0.0, LONGEST_US) is not None:
            raise PolicyError(f"encode_us of a codec setting is {self.encode_us!r}; expected microseconds")

    @property
    def label(self) -> str:
        """Codec and number, as rows and decisions name it: `rans:12`."""
        return f"{self.codec}:{self.number}"

    @property
    def known_loss(self) -> float:
        """The loss that counts: none where nothing changes."""
        return 0.0 if self.lossless else self.loss


def family(label: str) -> str:
    """The codec of a label: `rans` of `rans:12`, `raw` of `raw`."""
    return label.partition(":")[0]
