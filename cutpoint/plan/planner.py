"""One device's planner: observations in, decisions out."""

from __future__ import annotations

from collections import Counter

from cutpoint.plan.coding import CodingEstimator
from cutpoint.plan.costs import RowGrid, cost_table
from cutpoint.plan.decision import Decision, Occasion, deadline_ms
from cutpoint.plan.detour import KNOWN_LINK_SAMPLES, Detours, Situation
from cutpoint.plan.edge import EdgeEstimator
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.figure import LONGEST_US, is_index, refusal
from cutpoint.plan.limits import Limits
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.observation import LinkSample, Observation
from cutpoint.plan.operators import OperatorEstimator
from cutpoint.plan.policies import Context, Policy, Switching, make_policy
from cutpoint.plan.prior import MachineClass
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.table import CostTable
from cutpoint.plan.variance import VarianceDetector
from cutpoint.plan.wording import milliseconds, row_name

MOST_PATIENCE = 8.0


class Planner:
    """Keeps the estimates of one device and decides its next cut and codec.

    policy              a policy or its name ("latency", "privacy:3"; see `policies.policy_names`)
    seed                of the generator that draws explorations and forced runs; equal seeds and observations
                        give equal decisions
    exploration         probability that a decision runs another row to learn from it (policies that explore)
    forced_device_only  probability that a decision runs everything the board holds, so that it is all
                        measured
    hysteresis, least_gain_us, dwell   see `Switching`
    codecs              codecs that the device can encode, `raw` always among them
    edge                shared estimator of the tails of this network; None: one of this device's own
    link                estimator to start from; None: 20 ms and 1 Mb/s until measured

    Runs that only serve to learn are drawn by `Detours`.

    Knows no clock and does no I/O; belongs to one thread. Raises PolicyError when the device cannot follow
    the policy, or a parameter is out of range.
    """

    def __init__(
        self,
        shape: NetworkShape,
        policy: Policy | str = "latency",
        *,
        seed: int,
        alpha: float = 0.2,
        exploration: float = 0.05,
        forced_device_only: float = 0.0,
        hysteresis: float = 0.1,
        least_gain_us: float = 500.0,
        dwell: int = 3,
        codecs: tuple[str, ...] = ("raw",),
        limits: Limits | None = None,
        energy: EnergyModel | None = None,
        machine_class: MachineClass | str = "esp32",
        edge: EdgeEstimator | None = None,
        link: LinkEstimator | None = None,
        report_timings: bool = True,
    ) -> None:
        self.shape = shape
        self.policy = make_policy(policy) if isinstance(policy, str) else policy
        self.operators = OperatorEstimator(shape, alpha=alpha, machine_class=machine_class)
        self.edge = EdgeEstimator(shape, alpha=alpha) if edge is None else edge
        self.link = LinkEstimator() if link is None else link
        self.coding = CodingEstimator(shape, alpha=alpha)
        self.variance = VarianceDetector()
        self._energy = energy
        self._grid = RowGrid(shape, codecs=codecs, limits=limits)
        self._grid.refresh(self.coding)
        self.policy.check(self._grid, energy)
        self._switching = Switching(hysteresis, least_gain_us, dwell)
        explored = exploration if self.policy.explores else 0.0
        self._detours = Detours(shape, seed=seed, exploration=explored, forced=forced_device_only)
        self._report_timings = report_timings
        self._current: int | None = None
        self._runs = 0
        self._switched_at = 0
        self._patience = 1.0
        self._last_run = [-1] * len(self._grid.codec)
        self.rejected: Counter[str] = Counter()

    def observe(self, seen: Observation) -> None:
        """Takes what one inference taught. Never raises: what is no figure is counted and changes nothing."""
        if not is_index(seen.cut, self.shape.n):
            self.rejected["cut"] += 1
            return
        self._runs += 1
        index = self._grid.index.get((seen.cut, seen.codec))
        if index is not None:
            self._last_run[index] = self._runs
            self._detours.seen(index)
            if self.coding.observe(
                seen.cut, seen.codec, coded_bytes=seen.coded_bytes, encode_us=seen.encode_us
            ):
                self._grid.refresh(self.coding, seen.cut, seen.codec)
        if seen.operators_us is not None:
            for operator, us in self.operators.observe(seen.first, seen.operators_us):
                self.variance.add(operator, us / 1e6)
        if seen.edge_us is not None:
            self.edge.observe(seen.cut, seen.edge_us)
        if seen.link is not None:
            self._observe_link(seen.link)

    def _observe_link(self, sample: LinkSample) -> None:
        for value in (sample.round_trip_us, sample.edge_us, sample.bytes_up, sample.bytes_down):
            reason = refusal(value, 0, LONGEST_US)
            if reason is not None:
                self.rejected[f"link {reason}"] += 1
                return
        network_us = sample.round_trip_us - sample.edge_us
        if self.link.observe(sample.bytes_up + sample.bytes_down, network_us):
            self._patience = 1.0

    def missed(self, bytes_up: int, waited_us: float) -> None:
        """Takes a deadline that passed without an answer: `bytes_up` on the wire, a wait of `waited_us`.

        Doubles the next deadline and, where the wait was longer than expected, tells the link estimate, which
        would otherwise learn nothing from a link turned poor.
        """
        self._patience = min(self._patience * 2, MOST_PATIENCE)
        self.link.observe_timeout(bytes_up + self.shape.result_bytes, waited_us)

    def explain(self) -> CostTable:
        """The cost table as the next decision would see it, for printing."""
        return cost_table(
            self._grid, operators=self.operators, edge=self.edge, link=self.link, energy=self._energy
        )

    def decide(self) -> Decision:
        """Decides the next cut and codec from everything observed so far."""
        table = self.explain()
        context = Context(self._current, self._runs - self._switched_at, self._switching)
        choice = self.policy.choose(table, context)
        if choice.index != self._current:
            self._current = choice.index
            self._switched_at = self._runs
        situation = Situation(
            table=table,
            policy=self.policy,
            chosen=choice.index,
            pending=self.variance.pending(),
            last_run=self._last_run,
            runs=self._runs,
        )
        detour = self._detours.next(situation, self.link)
        if detour is not None:
            return self._decision(table, detour.index, detour.occasion, detour.reason)
        reason = f"{row_name(int(table.cut[choice.index]), table.codec[choice.index])} {choice.why}"
        return self._decision(table, choice.index, Occasion.POLICY, reason)

    def _decision(self, table: CostTable, index: int, occasion: Occasion, reason: str) -> Decision:
        expected_us = float(table.latency_us[index])
        bytes_total = float(table.bytes_up[index]) + self.shape.result_bytes
        if occasion is not Occasion.POLICY:
            reason += f"; expects {milliseconds(expected_us)}"
        return Decision(
            cut=int(table.cut[index]),
            codec=table.codec[index],
            deadline_ms=deadline_ms(
                self.link.network_us(bytes_total),
                float(table.edge_us[index]),
                self.link.jitter_us,
                known=self.link.count >= KNOWN_LINK_SAMPLES,
                patience=self._patience,
            ),
            reason=reason,
            exploration=occasion is not Occasion.POLICY,
            report_timings=self._report_timings,
            expected_us=expected_us,
            occasion=occasion,
        )
