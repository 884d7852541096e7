"""When plans are made, and that they reach their devices."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cutpoint.codec import read_label
from cutpoint.plan import Decision, PolicyError
from cutpoint.plan.load import LoadPrice
from cutpoint.wire import (
    Activation,
    DeviceId,
    Flag,
    Leaf,
    Plan,
    Presence,
    encode,
    plan_parameters,
)
from edge_server.backend import Backend
from edge_server.batching import Key, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.outcome import Outcome
from edge_server.desk.session import DeviceSession
from edge_server.events import Observer, PlanDecided
from edge_server.gateway import Gateway
from edge_server.planning.allowance import Allowance
from edge_server.planning.planners import Board, Planners
from edge_server.planning.planning import Planning
from edge_server.planning.remembered import Remembered

# A device that has not taken its plan after this long is sent it again.
_REPEAT_NS = 1_000_000_000
# A price older than this says nothing of the load now.
_PRICE_KEPT_S = 60.0
# Devices that are asked at each tick whether the price moves them: 160 a second, for some 3 % of the desk's time.
_ASKED_PER_TICK = 8


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A plan, epoch aside, that may leave once its tail is in memory."""

    session: DeviceSession
    planning: Planning
    plan: Plan
    decision: Decision


class Plans:
    """Decides for all devices, and publishes what changed.

    The tail of a planned cut is made before its plan leaves: a plan whose tail is not in memory waits until the backend
    has prepared it. Tails of one model are priced by one estimator for all devices. Learning and deciding that is not
    urgent takes no more than `planning_share` of the desk's time, whatever the number of devices.
    """

    def __init__(
        self, config: ServeConfig, backend: Backend, gateway: Gateway, counters: Counters, tell: Observer
    ) -> None:
        self._config = config
        self._backend = backend
        self._waiting: dict[Key, dict[DeviceId, _Waiting]] = {}
        self._gateway = gateway
        self._counters = counters
        self._tell = tell
        self._planners = Planners(config)
        self.price = LoadPrice(config.target_utilisation)
        self._price_resumed = False
        self._allowance = Allowance(config.planning_share, time.perf_counter_ns())
        self._to_ask: deque[DeviceSession] = deque()
        self._asked_at = 1.0

    def adopt(self, session: DeviceSession, model: ServedModel, *, ran: int = 0) -> None:
        """Plan for this model from now on, unless that is so already; the first plan goes out at once.

        A device that has not said how many operators it holds is never asked for more than the `ran` that it ran.
        """
        board, kept = Board.of(session.about), session.remembered
        if board is None and kept is not None and kept.model == model.id:
            board = kept.board
        before = session.planning
        if session.model is not None and session.board == board:
            if session.model is model:
                return
            if session.model.plans_alike(model):
                # Another version of the same network: what was learned of it stays true.
                session.model = model
                if session.planning is not None:
                    session.planning.model = model
                return
        session.model, session.board, session.planning = model, board, None
        try:
            planner = self._planners.of(session.device, model, board, ran=ran)
        except PolicyError as error:
            self._counters.note(str(session.device), "no_plan", error)
            return
        session.planning = Planning(
            model,
            planner,
            board=board,
            decide_every=self._config.decide_every,
            decide_interval_ns=1_000_000 * self._config.decide_interval_ms,
            learn_interval_ns=1_000_000 * self._config.learn_interval_ms,
        )
        if before is not None and before.model.id == model.id and _alike_but_for_codecs(before.board, board):
            session.planning.follow(before, time.perf_counter_ns())
        if not self._resume(session, session.planning):
            self._decide(session, session.planning)

    def document(self, session: DeviceSession) -> dict[str, object] | None:
        """What a store may keep of this device's planning, as JSON values; None while there is none."""
        planning = session.planning
        return None if planning is None else planning.remembered(self.price.state(), time.time()).document()

    def remember(self, session: DeviceSession, document: object) -> None:
        """Continue with what a store kept: at once, or when it is known which model the device runs.

        What does not fit is refused whole and counted, and the device starts from the prior.
        """
        try:
            kept = Remembered.read(document)
        except PolicyError as error:
            self._counters.note(str(session.device), "state_refused", error)
            return
        if kept.plan is not None:
            session.epoch.saw(kept.plan.epoch)
        session.remembered = kept
        if session.planning is not None:
            self._resume(session, session.planning)

    def _resume(self, session: DeviceSession, planning: Planning) -> bool:
        """Continue with what is remembered of the device, once, if it is about this model."""
        kept, session.remembered = session.remembered, None
        if kept is None or kept.model != planning.model.id:
            return False
        try:
            if not planning.planner.edge.measured:
                planning.planner.edge.restore(kept.edge)
            if not self._price_resumed and abs(time.time() - kept.saved_s) <= _PRICE_KEPT_S:
                self.price.restore(kept.price)
                self._planners.reprice(self.price.price, self.price.wait_us)
                self._price_resumed = True
            planning.resume(kept, time.perf_counter_ns())
        except PolicyError as error:
            self._counters.note(str(session.device), "state_refused", error)
            return False
        self._counters.count("plans_resumed")
        plan = planning.plan
        if plan is None:
            return False
        if plan.cut < planning.model.n and not self._backend.ready((planning.model.id.raw, plan.cut)):
            self._backend.prepare(planning.model, plan.cut)
        return True

    def reprice(self, sessions: Callable[[], Iterable[DeviceSession]]) -> None:
        """Tell all planners the price of the edge, and decide for those whom it moves and who send too rarely to ask.

        Some at a time: it spreads the work, and the moves. A round over all devices begins when the price has changed
        by a twentieth since the last one began.
        """
        price = self.price.price
        self._planners.reprice(price, self.price.wait_us)
        if not self._to_ask and abs(price - self._asked_at) > 0.05 * self._asked_at:
            self._asked_at = price
            self._to_ask.extend(sessions())
        now_ns = time.perf_counter_ns()
        for _ in range(min(_ASKED_PER_TICK, len(self._to_ask))):
            session = self._to_ask.popleft()
            planning = session.planning
            if planning is not None and session.state is not Presence.LOST and planning.load_asks(now_ns):
                self._counters.count("load_moves")
                self._decide(session, planning)

    def forget(self, session: DeviceSession) -> None:
        """The device runs a model that is not on offer: plans of the one before mean nothing to it."""
        session.model, session.board, session.planning = None, None, None

    def end(self, session: DeviceSession) -> None:
        """The session is forgotten: whoever serves the device from now on plans for it, and no plan of here follows."""
        session.ended = True
        self.forget(session)

    def learn(self, session: DeviceSession, outcome: Outcome) -> None:
        """Take what an activation taught, and plan anew where that is due."""
        if session.ended:
            return
        foreign = session.epoch.saw(outcome.activation.plan_epoch)
        if session.model is not outcome.model:
            self.adopt(session, outcome.model, ran=_ran(outcome.activation))
        planning = session.planning
        if planning is None:
            return
        now_ns, began_ns = time.perf_counter_ns(), time.thread_time_ns()
        at_leisure = self._allowance.has_any(now_ns)
        if not at_leisure:
            self._counters.count("planning_put_off")
        planning.learn(outcome, now_ns, at_leisure=at_leisure)
        if foreign or planning.due(now_ns, at_leisure=at_leisure):
            self._decide(session, planning, anew=foreign)
        elif planning.behind(outcome.activation) and now_ns - planning.published_ns > _REPEAT_NS:
            self._counters.count("plans_repeated")
            self._publish(session, planning)
        self._allowance.spend(time.thread_time_ns() - began_ns)

    def greet(self, session: DeviceSession) -> None:
        """A device was born: it starts without a plan of its own, so it gets a new one."""
        if session.planning is not None:
            self._decide(session, session.planning, anew=True)

    def renew(self, sessions: Iterable[DeviceSession]) -> None:
        """The broker may have forgotten what was retained: publish every plan again as it was."""
        for session in sessions:
            if session.planning is not None:
                self._publish(session, session.planning)

    def _decide(self, session: DeviceSession, planning: Planning, *, anew: bool = False) -> None:
        decision = planning.decide(time.perf_counter_ns())
        self._counters.count("decisions")
        planning.waits_for = None
        flags = Flag(0)
        if self._config.hedged:
            flags |= Flag.HEDGED
        if decision.report_timings:
            flags |= Flag.TIMINGS
        if decision.exploration:
            flags |= Flag.EXPLORATION
        deadline_ms = self._config.deadline_ms or decision.deadline_ms
        codec, setting = read_label(decision.codec)
        parameters = plan_parameters(setting, planning.tables) if setting else b""
        plan = Plan(
            planning.model.id, session.epoch.last, decision.cut, codec, flags, deadline_ms, parameters
        )
        if not anew and not planning.differs(plan):
            return
        key = (planning.model.id.raw, decision.cut)
        waiting = _Waiting(session, planning, plan, decision)
        if decision.cut == planning.model.n or self._backend.ready(key):
            self._send(waiting)
            return
        others = self._waiting.setdefault(key, {})
        if not others:
            self._backend.prepare(planning.model, decision.cut)
        others[session.device] = waiting
        planning.waits_for = key

    def prepared(self, prepared: Prepared) -> None:
        """A tail is in memory, or cannot be made: the plans that wait for it leave, or end."""
        for waiting in self._waiting.pop(prepared.key, {}).values():
            session, planning = waiting.session, waiting.planning
            if session.planning is not planning or planning.waits_for != prepared.key:
                continue
            if prepared.error is not None:
                planning.waits_for = None
                # Better no plan than one whose tensors nobody can use.
                self._counters.note(str(session.device), "no_tail", prepared.error)
                continue
            self._send(waiting)

    def _send(self, waiting: _Waiting) -> None:
        session, planning, decision = waiting.session, waiting.planning, waiting.decision
        planning.waits_for = None
        planning.plan = replace(waiting.plan, epoch=session.epoch.next())
        self._publish(session, planning)
        self._tell(
            PlanDecided(
                session.device,
                planning.model.id,
                planning.plan.epoch,
                decision.cut,
                planning.plan.codec,
                planning.plan.deadline_ms,
                decision.reason,
                decision.exploration,
                decision.expected_us,
                planning.setting,
            )
        )

    def _publish(self, session: DeviceSession, planning: Planning) -> None:
        if planning.plan is None:
            return
        planning.published_ns = time.perf_counter_ns()
        for frame in encode(planning.plan, chunk_bytes=self._config.frame_bytes):
            self._gateway.send(session.device, Leaf.PLAN, frame)
        self._counters.count("plans_published")


def _alike_but_for_codecs(before: Board | None, now: Board | None) -> bool:
    return before is not None and now is not None and replace(before, coder=now.coder) == now


def _ran(activation: Activation) -> int:
    """Operators that the device has shown to hold: before the cut, or more when it timed the rest as well."""
    timings = activation.timings
    return max(activation.cut, len(timings.operators_us) if timings is not None else 0)
