"""Interpreters that are kept ready: LiteRT and TFLM behind one port."""

from cutpoint.kernels.arena import arena_bytes
from cutpoint.kernels.runner import Kernels, Runner, available, open_runner
from cutpoint.kernels.spec import Array, TensorSpec

__all__ = ["Array", "Kernels", "Runner", "TensorSpec", "arena_bytes", "available", "open_runner"]
