"""What a device tells those who watch it, and what reaches its thread."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from cutpoint.picture.input_tensor import Array
from cutpoint.wire import Command, ModelId
from host_tools.device.record import InferenceRecord


@dataclass(frozen=True, slots=True)
class StateChanged:
    """`offline`, `online` or `isolated` from now on."""

    state: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The edge's newest decision is followed from the next inference on. setting: of the codec tables; 0 for none."""

    epoch: int
    cut: int
    codec: int
    setting: int
    flags: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """The device begins another life."""

    boot: int


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command of the edge, and whether this device can obey it. `profile` is the session's own and not told."""

    command: Command
    obeyed: bool


@dataclass(frozen=True, slots=True)
class ModelsOffered:
    """The edge does not know the model on board; `offered` are ids that it has instead, the likeliest first."""

    model: ModelId
    offered: tuple[ModelId, ...]


DeviceEvent = StateChanged | PlanChanged | Restarted | CommandReceived | ModelsOffered | InferenceRecord


@dataclass(frozen=True, slots=True)
class Connected:
    life: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    life: int
    reason: str


@dataclass(frozen=True, slots=True)
class FrameArrived:
    life: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class InputGiven:
    name: str
    arrays: tuple[Array, ...] = field(repr=False)
    answer: Future[InferenceRecord] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Poked:
    """Look at the clock now, because somebody moved it."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """Say `sleeping`, and end the thread."""


Inbound = Connected | Disconnected | FrameArrived | InputGiven | Poked | Stopping
