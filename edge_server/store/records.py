"""What is remembered: one value a device, an inference, a decision and a run of the server.

Times of day are whole microseconds since 1970 (UTC), since that is what both databases keep exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutpoint.errors import InternalError
from cutpoint.wire import CodecId, DeviceId, ModelId, Status

MOST_STATE_BYTES = 1 << 20
MOST_TEXT = 1024


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What continues after a restart.

    `epoch` is the newest plan that was given out or seen; `cut`, `codec` and `deadline_ms` are what that plan said,
    None while there is none; `setting` is that of a calibrated codec, 0 of another. `state` is the planner's own
    document (JSON), opaque here. `counters` count the device's answers by status and its drops by reason. `owner` is
    the replica that served it last.
    """

    device: DeviceId
    model: ModelId | None
    boot: int
    sequence: int
    epoch: int
    cut: int | None
    codec: CodecId | None
    deadline_ms: int | None
    state: str
    counters: Mapping[str, int]
    first_seen_us: int
    last_seen_us: int
    owner: str | None = None
    setting: int = 0

    def __post_init__(self) -> None:
        numbers = (self.boot, self.sequence, self.epoch, self.first_seen_us, self.last_seen_us)
        _check(self, min(*numbers, self.cut or 0, self.deadline_ms or 0))
        if len(self.state) > MOST_STATE_BYTES:
            raise InternalError(
                f"the planner's document of {self.device} has {len(self.state)} characters, most are {MOST_STATE_BYTES}"
            )


@dataclass(frozen=True, slots=True)
class InferenceRecord:
    """One inference that was answered, acknowledged or refused; (device, boot, sequence) names it.

    `inbox_us` to `reply_us` are the stages of its way through the server, None where a stage was not met; `edge_us` is
    the whole, `batch` the inferences that its invocation ran. `answer` is a short JSON text (`answer_text`). `came` is
    the share of the tensors' elements that came, of an answer from the chunks that did; None of every other.
    """

    at_us: int
    device: DeviceId
    model: ModelId
    boot: int
    sequence: int
    cut: int
    codec: CodecId
    status: Status
    acknowledged: bool
    inbox_us: int | None
    decode_us: int | None
    queue_us: int | None
    compute_us: int | None
    reply_us: int | None
    edge_us: int
    batch: int
    bytes_up: int
    bytes_down: int
    epoch: int
    answer: str | None = None
    came: float | None = None
    setting: int = 0

    def __post_init__(self) -> None:
        stages = (self.inbox_us, self.decode_us, self.queue_us, self.compute_us, self.reply_us)
        _check(
            self,
            min(self.at_us, self.boot, self.sequence, self.cut, self.edge_us, self.batch, self.epoch),
            min(self.bytes_up, self.bytes_down, *(us or 0 for us in stages)),
        )
        _check_text(self.answer)


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One plan that went out; (device, epoch) names it. `expected_us` is what the planner expected of it."""

    at_us: int
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

    def __post_init__(self) -> None:
        _check(self, min(self.at_us, self.epoch, self.cut, self.deadline_ms))
        _check_text(self.reason)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The name under which a model was on offer, for those who ask for it by that."""

    model: ModelId
    name: str

    def __post_init__(self) -> None:
        _check_text(self.name)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of one server: its counters when they were saved last."""

    run: str
    started_us: int
    saved_us: int
    counters: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self, min(self.started_us, self.saved_us))


def _check(record: object, *least: int) -> None:
    """Nothing that is remembered is negative; `least` are the smallest of a record's numbers."""
    if min(least, default=0) < 0:
        raise InternalError(f"{record!r:.400} has a number below 0")


def _check_text(text: str | None) -> None:
    if text is not None and len(text) > MOST_TEXT:
        raise InternalError(f"a text of {len(text)} characters, most are {MOST_TEXT}")
