"""What one operator asks of a processor, as far as a cost model can know it from the graph."""

from dataclasses import dataclass
from typing import Literal

MacKind = Literal["conv_pointwise", "conv", "depthwise", "fully_connected"]

_KINDS: dict[str, MacKind] = {
    "CONV_2D": "conv",
    "TRANSPOSE_CONV": "conv",
    "CONV_3D": "conv",
    "DEPTHWISE_CONV_2D": "depthwise",
    "FULLY_CONNECTED": "fully_connected",
    "BATCH_MATMUL": "fully_connected",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """Multiply-accumulates (0 for none), the kind of loop that they run in, and bytes written."""

    macs: int
    output_bytes: int
    kind: MacKind = "conv"

    @classmethod
    def of(cls, kind: str, macs: int, output_bytes: int, kernel: tuple[int, ...] | None = None) -> "Workload":
        """From TFLite's operator name and, for convolutions, the shape of the weights (O, H, W, I)."""
        loop = _KINDS.get(kind, "conv")
        if kind == "CONV_2D" and kernel is not None and kernel[1:3] == (1, 1):
            loop = "conv_pointwise"
        return cls(macs=macs, output_bytes=output_bytes, kind=loop)
