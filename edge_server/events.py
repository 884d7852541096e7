"""What an observer of the server is told: plain values, in the order in which they happened per device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.answer import Agreed, Answer
from cutpoint.codec import label_of
from cutpoint.wire import About, CodecId, DeviceId, ModelId, Note, Presence, Status, Telemetry


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """A device was heard of for the first time, or was born anew, or died; `state` as it said itself."""

    device: DeviceId
    state: Presence
    boot: int


@dataclass(frozen=True, slots=True)
class PlanDecided:
    """A plan went out. `expected_us` is what the planner expects of it, `setting` that of a calibrated codec."""

    device: DeviceId
    model: ModelId
    epoch: int
    cut: int
    codec: CodecId
    deadline_ms: int
    reason: str
    exploration: bool
    expected_us: float
    setting: int = 0

    @property
    def label(self) -> str:
        """Codec and setting: `rans:12`."""
        return label_of(self.codec, self.setting)


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the residence of one inference in the edge went, in microseconds.

    inbox    from the gateway to the desk
    decode   frame to tensors, and what is checked of them
    queue    from the desk to a thread that runs the tail; 0 without a tail to run
    compute  its share of the kernels' time
    reply    the rest: back to the desk, outputs to an answer, the answer to frames
    """

    inbox: int = 0
    decode: int = 0
    queue: int = 0
    compute: int = 0
    reply: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """An inference was answered, acknowledged (`answer` is then what the device itself said) or refused.

    `edge_us` is the residence in the edge, `compute_us` the kernels' part of it; `bytes_up` is the whole
    activation message, `bytes_down` the result, headers included; `batch` how many inferences its invocation ran,
    0 where nothing was run; `plan_epoch` the plan that the device follows; `codec` how its tensors travelled, with its
    `setting` of the codec tables.
    `came` is None, or of an answer from the chunks that came the share of the tensors' elements that did: `bytes_up`
    are those chunks then, and the wait for the others is in the stage `inbox`.
    """

    device: DeviceId
    model: ModelId
    boot: int
    sequence: int
    cut: int
    status: Status
    acknowledged: bool
    edge_us: int
    compute_us: int
    bytes_up: int
    bytes_down: int
    answer: Answer | None
    stages: Stages = Stages()
    batch: int = 0
    plan_epoch: int = 0
    codec: CodecId = CodecId.RAW
    came: float | None = None
    setting: int = 0


@dataclass(frozen=True, slots=True)
class TelemetrySeen:
    """A device reported on itself."""

    device: DeviceId
    telemetry: Telemetry


@dataclass(frozen=True, slots=True)
class AboutSeen:
    """A device said what it is: at its birth, and whenever that changed, as with a new model."""

    device: DeviceId
    about: About


@dataclass(frozen=True, slots=True)
class NoteSeen:
    """A device had something to say: an `UpdateNote`, or a `Note` of another sort."""

    device: DeviceId
    note: Note


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message was dropped or refused; `reason` is the name of its counter."""

    device: DeviceId
    reason: str


@dataclass(frozen=True, slots=True)
class Audited:
    """One exact frame showed what a lossy setting makes of it: `agreed` with the exact answer.

    `calibrated` is the agreement that the setting's calibration found, `drift` how many points the device's own is
    under it, over its last audits; None while they are too few to say.
    """

    device: DeviceId
    model: ModelId
    cut: int
    codec: CodecId
    setting: int
    agreed: Agreed
    calibrated: float
    drift: float | None

    @property
    def label(self) -> str:
        """Codec and setting: `rans:12`."""
        return label_of(self.codec, self.setting)


Event = DeviceSeen | PlanDecided | Answered | Audited | TelemetrySeen | AboutSeen | NoteSeen | Dropped
Observer = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """The observer of a server that nobody watches."""
