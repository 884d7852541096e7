"""Windows over a picture: padding by the rules of TensorFlow, and the rows that a window needs."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.graph.stream.lines import Reading

SAME = 0
"""schema.fbs, Padding."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A window along one axis: `kernel` taps `dilation` apart, every `stride`, `pad` positions before the first."""

    kernel: int
    stride: int
    dilation: int
    pad: int

    @classmethod
    def of(cls, size: int, out: int, kernel: int, stride: int, dilation: int, padding: int) -> Axis:
        """The axis of an input of `size` and an output of `out` positions (`ComputePaddingWithOffset`)."""
        reach = (kernel - 1) * dilation + 1
        total = max(0, (out - 1) * stride + reach - size) if padding == SAME else 0
        return cls(kernel, stride, dilation, total // 2)

    def reading(self, tensor: int) -> Reading:
        """Rows that unit u of a windowed operator needs."""
        return Reading(tensor, self.stride, 1, -self.pad, -self.pad + (self.kernel - 1) * self.dilation + 1)
