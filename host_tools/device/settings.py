"""How a device behaves, apart from what it is: cut, deadlines, probing, telemetry."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.errors import UsageError

LEAST_CHUNK_BYTES = 192
"""Of a whole plain frame: telemetry is never cut into chunks (kMinSessionChunkBytes of the core)."""


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Values that hold until a plan replaces them, and the limits of the session; checked when made.

    cut: None is N on a device that holds the whole model, else K. on_board: K, None for all that the bundle's
    device model holds. telemetry_s: seconds between telemetry frames, 0 for none. seed: of jitter and of the link.
    update: which updates over MQTT are taken, off, model or all. slot_bytes: the room for a new model, header and
    all, a multiple of 4,096.
    jpeg: quality of the camera's JPEG, 1 to 95; None for a camera that gives pixels.
    history: bytes of tensors that codec delta remembers, 0 for no such codec.
    """

    root: str = "cutpoint/1"
    cut: int | None = None
    on_board: int | None = None
    deadline_ms: int = 1000
    isolate_after: int = 3
    probe_first_ms: int = 1000
    probe_max_ms: int = 60_000
    chunk_bytes: int = 4096
    telemetry_s: float = 5.0
    seed: int = 0
    update: str = "model"
    slot_bytes: int = 1 << 20
    jpeg: int | None = None
    history: int = 8192

    def __post_init__(self) -> None:
        for name, least, most in (
            ("deadline_ms", 1, 600_000),
            ("isolate_after", 1, 255),
            ("probe_first_ms", 1, self.probe_max_ms),
            ("chunk_bytes", LEAST_CHUNK_BYTES, 1 << 20),
            ("telemetry_s", 0, 86_400),
            ("seed", 0, 1 << 63),
            ("slot_bytes", 8192, 1 << 26),
            ("history", 0, 1 << 24),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise UsageError(f"{name} is {value}; give {least} to {most}")
        if self.slot_bytes % 4096:
            raise UsageError(f"slot_bytes is {self.slot_bytes}; give a multiple of 4096")
        if self.update not in ("off", "model", "all"):
            raise UsageError(f"update is {self.update!r}; give off, model or all")
