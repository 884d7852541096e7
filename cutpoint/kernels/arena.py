"""How much tensor arena a model needs under TFLM."""

from __future__ import annotations

from cutpoint.kernels.tflm import TflmRunner, tflm_installed


def arena_bytes(model: bytes) -> int | None:
    """Bytes of arena under TFLM, or None when the `tflite-micro` wheel is not installed.

    Measured, not estimated: TFLM's recording allocator after preparing the model. On a 64-bit PC the bookkeeping part
    (pointers in nodes and tensors) is larger than on a 32-bit board, so a board needs slightly less.
    Raises KernelsError when TFLM refuses the model.
    """
    return TflmRunner(model).arena_bytes() if tflm_installed() else None
