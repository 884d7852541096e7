"""When plans are made, and that they reach their devices."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cutpoint.plan import Decision, EdgeEstimator, EnergyModel, Planner, PolicyError
from cutpoint.wire import Activation, CodecId, DeviceId, Flag, Leaf, Plan, encode
from edge_server.backend import Backend
from edge_server.batching import Key, Prepared
from edge_server.catalogue.served import ServedModel
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.outcome import Outcome
from edge_server.desk.session import DeviceSession
from edge_server.errors import ConfigError
from edge_server.events import Observer, PlanDecided
from edge_server.gateway import Gateway
from edge_server.planning.machines import machine_classes
from edge_server.planning.planning import Planning

# A device that has not taken its plan after this long is sent it again.
_REPEAT_NS = 1_000_000_000
_UNKNOWN_CHIP = "esp32"
_CODECS = {codec.name.lower(): codec for codec in CodecId}


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
    has prepared it. Tails of one model are priced by one estimator for all devices.
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
        self._codecs = _allowed(config)
        self._edges: dict[bytes, EdgeEstimator] = {}
        self._machines = machine_classes(config.machines)

    def adopt(self, session: DeviceSession, model: ServedModel, *, ran: int = 0) -> None:
        """Plan for this model from now on, unless that is so already; the first plan goes out at once.

        A device that has not said how many operators it holds is never asked for more than the `ran` that it ran.
        """
        about = session.about
        board = (about.operators, about.codecs, about.chip) if about is not None else None
        if session.model is model and session.board == board:
            return
        session.model, session.board, session.planning = model, board, None
        try:
            planner = self._planner(session, model, ran)
        except PolicyError as error:
            self._counters.note(str(session.device), "no_plan", error)
            return
        session.planning = Planning(
            model,
            planner,
            decide_every=self._config.decide_every,
            decide_interval_ns=1_000_000 * self._config.decide_interval_ms,
            learn_interval_ns=1_000_000 * self._config.learn_interval_ms,
        )
        self._decide(session, session.planning)

    def forget(self, session: DeviceSession) -> None:
        """The device runs a model that is not on offer: plans of the one before mean nothing to it."""
        session.model, session.board, session.planning = None, None, None

    def learn(self, session: DeviceSession, outcome: Outcome) -> None:
        """Take what an activation taught, and plan anew where that is due."""
        foreign = session.epoch.saw(outcome.activation.plan_epoch)
        if session.model is not outcome.model:
            self.adopt(session, outcome.model, ran=_ran(outcome.activation))
        planning = session.planning
        if planning is None:
            return
        now_ns = time.perf_counter_ns()
        planning.learn(outcome, now_ns)
        if foreign or planning.due(now_ns):
            self._decide(session, planning, anew=foreign)
        elif planning.behind(outcome.activation) and now_ns - planning.published_ns > _REPEAT_NS:
            self._counters.count("plans_repeated")
            self._publish(session, planning)

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
        codec = _CODECS[decision.codec]
        plan = Plan(planning.model.id, session.epoch.last, decision.cut, codec, flags, deadline_ms)
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
            )
        )

    def _publish(self, session: DeviceSession, planning: Planning) -> None:
        if planning.plan is None:
            return
        planning.published_ns = time.perf_counter_ns()
        for frame in encode(planning.plan, chunk_bytes=self._config.frame_bytes):
            self._gateway.send(session.device, Leaf.PLAN, frame)
        self._counters.count("plans_published")

    def _planner(self, session: DeviceSession, model: ServedModel, ran: int) -> Planner:
        config, about = self._config, session.about
        key = bytes(model.id)
        shape = model.shape(ran if about is None else about.operators)
        edge = self._edges.get(key)
        if edge is None:
            edge = self._edges[key] = EdgeEstimator(shape)
        spoken = about.codecs if about is not None else ()
        chip = about.chip if about is not None else None
        return Planner(
            shape,
            config.policy,
            seed=config.seed ^ zlib.crc32(str(session.device).encode()),
            exploration=config.exploration,
            forced_device_only=config.forced_device_only,
            codecs=("raw", *(codec for codec in spoken if codec in self._codecs and codec != "raw")),
            energy=energy_model(config),
            machine_class=self._machines.get(chip or _UNKNOWN_CHIP, self._machines[_UNKNOWN_CHIP]),
            edge=edge,
        )


def _ran(activation: Activation) -> int:
    """Operators that the device has shown to hold: before the cut, or more when it timed the rest as well."""
    timings = activation.timings
    return max(activation.cut, len(timings.operators_us) if timings is not None else 0)


def _allowed(config: ServeConfig) -> tuple[str, ...]:
    """Codecs that plans may name."""
    return tuple(name for name in _CODECS if name != "jpeg" or config.jpeg)


def check_policy(config: ServeConfig, models: Iterable[ServedModel]) -> None:
    """Raise PolicyError when the policy is unknown, or no model on offer could follow it on any board.

    ConfigError when the policy is `energy` and there are no currents.
    """
    if config.policy.strip() == "energy" and config.currents is None:
        raise ConfigError(
            "policy energy needs the currents of the boards: a [currents] table in the settings file, with cpu_ma, "
            "rx_ma, tx_ma and volts (cutpoint serve --config FILE.toml)"
        )
    refused: PolicyError | None = None
    for model in models:
        try:
            shape, codecs = model.shape(model.n), _allowed(config)
            Planner(shape, config.policy, seed=0, codecs=codecs, energy=energy_model(config))
        except PolicyError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def energy_model(config: ServeConfig) -> EnergyModel | None:
    """The currents of the boards as the config states them."""
    currents = config.currents
    return None if currents is None else EnergyModel(**currents.model_dump())
