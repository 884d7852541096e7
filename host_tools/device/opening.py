"""Which engine a device has, by its name."""

from __future__ import annotations

from cutpoint.errors import UsageError
from cutpoint.graph import Model
from cutpoint.kernels import available
from host_tools.device.engine import EngineName, OperatorEngine
from host_tools.device.stream_engine import StreamEngine

DeviceEngine = OperatorEngine | StreamEngine
NAMES = ("auto", "tflm", "litert", "stream")


def open_engine(
    model: Model,
    engine: str = "auto",
    *,
    on_board: int | None = None,
    plan: bytes | None = None,
    block_bytes: int | None = None,
) -> DeviceEngine:
    """`tflm`, `litert`, `stream`, or `auto`: TFLM where its wheel is installed, else LiteRT's reference kernels.

    on_board limits the operators that run one by one; what `stream` runs is in its plan, and block_bytes is the memory
    that it may take. The engine's `name` says which it became. Raises UsageError, also for `stream` without a plan.
    """
    if engine not in NAMES:
        raise UsageError(f"engine {engine!r} is unknown; known are {', '.join(NAMES)}")
    if engine == "stream":
        if plan is None:
            raise UsageError("the Stream engine needs a plan, and there is none")
        return StreamEngine(model, plan, block_bytes=block_bytes)
    chosen: EngineName = (
        "tflm" if engine == "tflm" or (engine == "auto" and "tflm" in available()) else "litert"
    )
    return OperatorEngine(model, chosen, on_board=on_board)


def stand_in_reason(engine: DeviceEngine) -> str | None:
    """Why the engine is not the device's own kernels; None when it is."""
    if engine.name != "litert":
        return None
    if "tflm" in available():
        return "LiteRT's reference kernels run the head, as asked; the tflite-micro wheel is installed"
    return "LiteRT's reference kernels stand in for TFLM: the tflite-micro wheel is not installed here"
