"""The planner of one device, fed with what its activations say and asked when it is worth asking."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from cutpoint.answer import Agreed
from cutpoint.codec import label_of
from cutpoint.plan import Decision, LinkSample, Observation, Occasion, Planner, PolicyError
from cutpoint.wire import Activation, Flag, LastAnswered, Plan, setting_of
from edge_server.auditing.drift import Drift
from edge_server.batching import Key
from edge_server.catalogue.served import ServedModel
from edge_server.desk.outcome import Outcome
from edge_server.planning.epoch import newer
from edge_server.planning.overlap import Spread
from edge_server.planning.planners import Board
from edge_server.planning.remembered import Remembered

# A deadline follows the link's jitter and so never stands quite still; a plan is worth sending for a step only.
_DEADLINE_STEP = 0.25
# After so many a planner knows its link, and deadlines are no longer those of an unknown one.
_FIRST_SAMPLES = 3
# Devices that send more often than this follow the price by themselves.
_SILENT_NS = 500_000_000
_FORGIVEN_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class _Sent:
    """The last activation of the device that was served; `waited_for`: its answer was to come from the edge.

    spread   how it came, if it began to leave while its head ran
    """

    boot: int
    sequence: int
    bytes_up: int
    deadline_us: int
    waited_for: bool
    spread: Spread | None


class Planning:
    """Belongs to one device and one model. `plan` is what was published last."""

    __slots__ = (
        "_auditing",
        "_before",
        "_decide_every",
        "_decide_interval_ns",
        "_decided_ns",
        "_in_part",
        "_learn_interval_ns",
        "_learned_ns",
        "_link",
        "_since",
        "_urgent",
        "board",
        "drifts",
        "model",
        "plan",
        "planner",
        "published_ns",
        "waits_for",
    )

    def __init__(
        self,
        model: ServedModel,
        planner: Planner,
        *,
        board: Board | None,
        decide_every: int,
        decide_interval_ns: int,
        learn_interval_ns: int,
    ) -> None:
        self.model = model
        self.planner = planner
        self.board = board
        self.plan: Plan | None = None
        self.published_ns = 0
        self.waits_for: Key | None = None
        """The tail that the newest plan, not yet published, waits for."""
        self._decide_every = decide_every
        self._decide_interval_ns = decide_interval_ns
        self._learn_interval_ns = learn_interval_ns
        self._learned_ns = -learn_interval_ns
        self._decided_ns = 0
        self._since = 0
        self._urgent = True
        self._link: tuple[int, int] = (0, 0)
        self._before: _Sent | None = None
        self._auditing = False
        self.drifts: dict[tuple[int, str], Drift] = {}
        """Of each (cut, setting) that was audited."""
        self._in_part: tuple[int, int] = (0, 0)

    def remembered(self, price: object, now_s: float) -> Remembered:
        """What a restart continues from; `price` is the state of the edge's price, `now_s` seconds since 1970.

        Not in it: what was learned when, and the inference before. That the server was gone is no lesson about a link.
        """
        return Remembered(
            self.model.id,
            self.board,
            self.plan,
            self._link,
            self.planner.state(),
            self.planner.edge.state(),
            price,
            now_s,
            self.tables,
            dict(self.drifts),
        )

    def resume(self, kept: Remembered, now_ns: int) -> None:
        """Continue with the estimates, the plan and its epoch; the next decision is due like any other.

        Raises PolicyError, and changes nothing, when they are not those of such a planner.
        """
        self.planner.restore(kept.planner)
        if kept.tables == self.tables:
            self._continue(kept.drifts, now_ns)
        self._link = kept.link
        self._urgent = False
        self._decided_ns = now_ns
        if kept.plan is not None and self.planner.shape.held(kept.plan.cut) and self._stands(kept.plan):
            self.plan = kept.plan
        else:
            self._urgent = True

    def follow(self, before: Planning, now_ns: int) -> None:
        """Continue what was learned of the same device and network, whose tables or codecs have changed."""
        try:
            self.planner.restore(before.planner.state())
        except PolicyError:
            return  # Of other codecs altogether: it starts from the prior.
        self._link, self._before = before._link, before._before
        if before.tables == self.tables:
            self._continue(before.drifts, now_ns)

    @property
    def tables(self) -> int:
        """Version of the bundle's codec tables; 0 without."""
        calibration = self.model.calibration
        return 0 if calibration is None else calibration.version

    @property
    def setting(self) -> int:
        """Number of the setting that the published plan names; 0 for a codec without."""
        plan = self.plan
        named = None if plan is None or not plan.codec.calibrated else setting_of(plan.parameters)
        return 0 if named is None else named[0]

    def _continue(self, drifts: Mapping[tuple[int, str], Drift], now_ns: int) -> None:
        for (cut, label), drift in drifts.items():
            self.drifts[cut, label] = drift
            self._tell_drift(cut, label, drift, now_ns)

    def _stands(self, plan: Plan) -> bool:
        """Whether a plan of before names a setting of these tables, or none."""
        named = setting_of(plan.parameters) if plan.codec.calibrated else (0, self.tables)
        return named is not None and named[1] == self.tables

    @property
    def deadline_ms(self) -> int | None:
        """How long the device waits under the published plan; None before the first."""
        return None if self.plan is None else self.plan.deadline_ms

    def learn(self, outcome: Outcome, now_ns: int, *, at_leisure: bool = True) -> None:
        """Take what one served activation teaches; of a quick succession only now and then, and explorations.

        Not `at_leisure` only what cannot wait: explorations, the first of a link, and signs of missed deadlines.
        """
        activation, planner = outcome.activation, self.planner
        steps = planner.link.steps
        self._since += 1
        due = now_ns - self._learned_ns >= self._learn_interval_ns
        if not at_leisure:
            due &= planner.link.count < _FIRST_SAMPLES
        if due or Flag.EXPLORATION in activation.flags:
            # An audit is one frame: the plan after it goes back to the setting at once.
            self._urgent |= self._auditing and Flag.EXPLORATION in activation.flags
            self._learned_ns = now_ns
            planner.observe(self._observation(outcome))
        self._look_for_a_missed_deadline(activation)
        if self.plan is not None:
            deadline_us = 1000 * self.plan.deadline_ms
            self._look_at_a_slow_arrival(outcome, deadline_us)
            self._before = _Sent(
                activation.boot,
                activation.sequence,
                outcome.bytes_up,
                deadline_us,
                waited_for=activation.cut < self.model.n,
                spread=Spread.of(outcome, self.board),
            )
        self._urgent |= planner.link.steps != steps

    def answered_in_part(self, asked: tuple[int, int]) -> None:
        """An inference, by boot and sequence, was answered from the chunks that came: its round trip holds the wait for
        those that did not, and fewer bytes than its device states. It is no measurement of the link."""
        self._in_part = asked

    def due(self, now_ns: int, *, at_leisure: bool = True) -> bool:
        """Whether to decide now: at a step of the link or a missed deadline, and at leisure after enough inferences or
        enough time since the last decision."""
        return self._urgent or (
            at_leisure
            and (self._since >= self._decide_every or now_ns - self._decided_ns >= self._decide_interval_ns)
        )

    def decide(self, now_ns: int) -> Decision:
        """The planner's decision; the next one is due later."""
        self._decided_ns = now_ns
        self._since = 0
        self._urgent = False
        self._forgive(now_ns)
        decision = self.planner.decide(now_ns / 1e9)
        self._auditing = decision.occasion is Occasion.AUDIT
        return decision

    def audited(self, cut: int, label: str, agreed: Agreed, calibrated: float) -> Drift:
        """Take what one audit of a setting showed; a setting that lost too much is left with the next decision."""
        drift = self.drifts.get((cut, label))
        if drift is None or drift.calibrated != calibrated:
            drift = self.drifts[cut, label] = Drift(calibrated)
        drift.add(agreed)
        self._tell_drift(cut, label, drift, time.perf_counter_ns())
        return drift

    def _tell_drift(self, cut: int, label: str, drift: Drift, now_ns: int) -> None:
        if self.planner.drifted(cut, label, drift.certain):
            self._urgent = True
            drift.left_ns = now_ns if drift.certain > 0 else None

    def _forgive(self, now_ns: int) -> None:
        """A setting that was left is tried again after an hour: light and scenes change, and nothing audits it now."""
        for (cut, label), drift in self.drifts.items():
            if drift.left_ns is not None and now_ns - drift.left_ns >= _FORGIVEN_NS:
                drift.forget()
                self.planner.drifted(cut, label, 0.0)

    def load_asks(self, now_ns: int) -> bool:
        """Whether the price of the edge asks a device that has not been decided for lately for another cut."""
        return now_ns - self._decided_ns >= _SILENT_NS and self.waits_for is None and self.planner.load_asks()

    def differs(self, plan: Plan) -> bool:
        """Whether `plan`, epoch aside, says something that the published one does not."""
        old = self.plan
        return (
            old is None
            or (plan.cut, plan.codec, plan.parameters, plan.flags)
            != (old.cut, old.codec, old.parameters, old.flags)
            or abs(plan.deadline_ms - old.deadline_ms) > _DEADLINE_STEP * old.deadline_ms
        )

    def behind(self, activation: Activation) -> bool:
        """Whether the device follows an older plan than the published one."""
        return self.plan is not None and newer(self.plan.epoch, activation.plan_epoch)

    def _look_for_a_missed_deadline(self, activation: Activation) -> None:
        """The inference before was served, and yet: was its deadline over when the answer reached the device?

        It was when the device does not name it as answered, or asks again as one that is isolated.
        """
        before, timings = self._before, activation.timings
        if before is None or timings is None or activation.boot != before.boot:
            return
        answered = timings.last.sequence if timings.last is not None else 0
        unanswered = before.waited_for and answered < before.sequence
        if (unanswered or Flag.PROBE in activation.flags) and before.sequence < activation.sequence:
            self.planner.missed(before.bytes_up, before.deadline_us)
            self._urgent = True

    def _look_at_a_slow_arrival(self, outcome: Outcome, deadline_us: int) -> None:
        """The frames of one message took longer to trickle in than their device waits: say so now.

        The device has given up and cannot report a measurement; but on this machine's clock the later frames show
        how long their bytes took at least, each for itself. Where the device may have been computing in between
        they show nothing.
        """
        received = outcome.received
        if Spread.of(outcome, self.board) is not None:
            return
        first_ns = received[0][1]
        if (received[-1][1] - first_ns) // 1000 <= deadline_us:
            return
        size = received[0][0]
        for frame_bytes, at_ns in received[1:]:
            size += frame_bytes
            self.planner.link.observe_timeout(size, (at_ns - first_ns) // 1000)
        self._urgent = True

    def _link_sample(self, boot: int, last: LastAnswered) -> LinkSample | None:
        """What an answered inference says of the link; of a device that sends while it computes only of the newest."""
        if (boot, last.sequence) == self._in_part:
            return None
        before, overlaps = self._before, self.board is not None and self.board.overlap
        if overlaps and (before is None or (before.boot, before.sequence) != (boot, last.sequence)):
            return None
        if overlaps and before is not None and before.spread is not None:
            return before.spread.sample(last)
        return LinkSample(last.round_trip_us, last.edge_us, last.bytes_up, last.bytes_down)

    def _observation(self, outcome: Outcome) -> Observation:
        activation, timings = outcome.activation, outcome.activation.timings
        link = None
        if timings is not None and timings.last is not None:
            last = timings.last
            key = (activation.boot, last.sequence)
            if last.sequence and key != self._link:
                self._link = key
                link = self._link_sample(activation.boot, last)
        return Observation(
            cut=activation.cut,
            codec=label_of(activation.codec, activation.setting),
            operators_us=timings.operators_us if timings is not None and timings.operators_us else None,
            encode_us=timings.encode_us if timings is not None else None,
            coded_bytes=sum(tensor.coded_bytes or 0 for tensor in activation.tensors) or None,
            edge_us=outcome.compute_us if outcome.compute_us and activation.cut < self.model.n else None,
            link=link,
        )
