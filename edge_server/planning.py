"""The planner of one device, fed with what its activations say and asked when it is worth asking."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.plan import Decision, LinkSample, Observation, Planner
from cutpoint.wire import Activation, Flag, Plan
from edge_server.epoch import newer
from edge_server.outcome import Outcome
from edge_server.served import ServedModel

# A deadline follows the link's jitter and so never stands quite still; a plan is worth sending for a step only.
_DEADLINE_STEP = 0.25


@dataclass(frozen=True, slots=True)
class _Sent:
    """The last activation that the device sent and that an answer was due for."""

    boot: int
    sequence: int
    bytes_up: int
    deadline_us: int


class Planning:
    """Belongs to one device and one model. `plan` is what was published last."""

    __slots__ = (
        "_decide_every",
        "_decide_interval_ns",
        "_decided_ns",
        "_learn_interval_ns",
        "_learned_ns",
        "_link",
        "_open",
        "_since",
        "_urgent",
        "model",
        "plan",
        "planner",
        "published_ns",
    )

    def __init__(
        self,
        model: ServedModel,
        planner: Planner,
        *,
        decide_every: int,
        decide_interval_ns: int,
        learn_interval_ns: int,
    ) -> None:
        self.model = model
        self.planner = planner
        self.plan: Plan | None = None
        self.published_ns = 0
        self._decide_every = decide_every
        self._decide_interval_ns = decide_interval_ns
        self._learn_interval_ns = learn_interval_ns
        self._learned_ns = -learn_interval_ns
        self._decided_ns = 0
        self._since = 0
        self._urgent = True
        self._link: tuple[int, int] = (0, 0)
        self._open: _Sent | None = None

    @property
    def deadline_ms(self) -> int | None:
        """How long the device waits under the published plan; None before the first."""
        return None if self.plan is None else self.plan.deadline_ms

    def learn(self, outcome: Outcome, now_ns: int) -> None:
        """Take what one served activation teaches; of a quick succession only now and then, and explorations."""
        activation, planner = outcome.activation, self.planner
        self._look_for_a_missed_deadline(activation)
        self._since += 1
        if now_ns - self._learned_ns >= self._learn_interval_ns or Flag.EXPLORATION in activation.flags:
            self._learned_ns = now_ns
            steps = planner.link.steps
            planner.observe(self._observation(outcome))
            self._urgent |= planner.link.steps != steps
        if activation.cut < self.model.n and self.plan is not None:
            self._open = _Sent(
                activation.boot, activation.sequence, outcome.bytes_up, 1000 * self.plan.deadline_ms
            )
        else:
            self._open = None

    def due(self, now_ns: int) -> bool:
        """Whether to decide now: enough inferences or enough time since the last decision, or a step of the link."""
        return (
            self._urgent
            or self._since >= self._decide_every
            or now_ns - self._decided_ns >= self._decide_interval_ns
        )

    def decide(self, now_ns: int) -> Decision:
        """The planner's decision; the next one is due later."""
        self._decided_ns = now_ns
        self._since = 0
        self._urgent = False
        return self.planner.decide()

    def differs(self, plan: Plan) -> bool:
        """Whether `plan`, epoch aside, says something that the published one does not."""
        old = self.plan
        return (
            old is None
            or (plan.cut, plan.codec, plan.flags) != (old.cut, old.codec, old.flags)
            or abs(plan.deadline_ms - old.deadline_ms) > _DEADLINE_STEP * old.deadline_ms
        )

    def behind(self, activation: Activation) -> bool:
        """Whether the device follows an older plan than the published one."""
        return self.plan is not None and newer(self.plan.epoch, activation.plan_epoch)

    def _look_for_a_missed_deadline(self, activation: Activation) -> None:
        """The inference before was served, yet the device does not name it as answered: its deadline had passed."""
        before, timings = self._open, activation.timings
        if before is None or timings is None or activation.boot != before.boot:
            return
        answered = timings.last.sequence if timings.last is not None else 0
        if answered < before.sequence < activation.sequence:
            self.planner.missed(before.bytes_up, before.deadline_us)
            self._urgent = True

    def _observation(self, outcome: Outcome) -> Observation:
        activation, timings = outcome.activation, outcome.activation.timings
        link = None
        if timings is not None and timings.last is not None:
            last = timings.last
            key = (activation.boot, last.sequence)
            if last.sequence and key != self._link:
                self._link = key
                link = LinkSample(last.round_trip_us, last.edge_us, last.bytes_up, last.bytes_down)
        return Observation(
            cut=activation.cut,
            codec=activation.codec.name.lower(),
            operators_us=timings.operators_us if timings is not None and timings.operators_us else None,
            encode_us=timings.encode_us if timings is not None else None,
            coded_bytes=sum(tensor.coded_bytes or 0 for tensor in activation.tensors) or None,
            edge_us=outcome.compute_us if outcome.compute_us and activation.cut < self.model.n else None,
            link=link,
        )
