"""One device's planner: observations in, decisions out."""

from __future__ import annotations

from collections import Counter
from math import isnan

import numpy as np
import numpy.typing as npt

from cutpoint.plan.coding import CodingEstimator
from cutpoint.plan.costs import RowGrid, cost_table
from cutpoint.plan.decision import Decision, Occasion, deadline_ms
from cutpoint.plan.detour import KNOWN_LINK_SAMPLES, Detours, Situation
from cutpoint.plan.edge import EdgeEstimator
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import LONGEST_US, is_index, refusal
from cutpoint.plan.limits import Limits
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.observation import LinkSample, Observation
from cutpoint.plan.operators import OperatorEstimator
from cutpoint.plan.policies import Context, Policy, Switching, make_policy
from cutpoint.plan.prior import MachineClass
from cutpoint.plan.setting import MOST_POINTS
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.shift import Shift
from cutpoint.plan.state import MOST_COUNTED, Fields, State, plain
from cutpoint.plan.table import CostTable
from cutpoint.plan.upgrade import upgraded
from cutpoint.plan.variance import VarianceDetector
from cutpoint.plan.wording import milliseconds, points, row_name

MOST_PATIENCE = 8.0
MOST_POLICY = 256
Floats = npt.NDArray[np.float64]
_FIELDS = (
    *("network", "codecs", "tables", "policy", "row", "runs", "switched_at", "patience", "last_run"),
    *("operators", "coding", "variance", "link", "detours", "shift", "edge"),
)


class Planner:
    """Keeps the estimates of one device and decides its next cut and codec.

    policy              a policy or its name ("latency", "privacy:3"; see `policies.policy_names`)
    audit_every         inferences after which a device with a lossy setting is asked for a lossless frame; 0: never
    seed                of the generator that draws explorations and forced runs; equal seeds and observations
                        give equal decisions
    exploration         probability that a decision runs another row to learn from it (policies that explore)
    forced_device_only  probability that a decision runs everything the board holds, so that it is all
                        measured
    hysteresis, least_gain_us, dwell   see `Switching`
    codecs              codecs without tables that the device can encode, `raw` always among them; those with tables
                        are in the shape's settings
    limits              what no decision may do
    edge                shared estimator of the tails of this network; None: one of this device's own
    link                estimator to start from; None: 20 ms and 1 Mb/s until measured
    load_share          how much of the price of a busy edge this device feels (`shift.load_share`)

    Runs that only serve to learn are drawn by `Detours`; `Shift` follows the price of a busy edge.

    Knows no clock but the one that `decide` is handed, and does no I/O; belongs to one thread. Raises PolicyError
    when the device cannot follow the policy, or a parameter is out of range.
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
        load_share: float = 1.0,
        audit_every: int = 0,
    ) -> None:
        self.shape = shape
        self.policy = make_policy(policy) if isinstance(policy, str) else policy
        self.operators = OperatorEstimator(shape, alpha=alpha, machine_class=machine_class)
        self.edge = EdgeEstimator(shape, alpha=alpha) if edge is None else edge
        self._owns_edge = edge is None
        self.link = LinkEstimator() if link is None else link
        self.coding = CodingEstimator(shape, alpha=alpha, machine_class=machine_class)
        self.variance = VarianceDetector(operators=shape.n)
        self._energy = energy
        self._grid = RowGrid(shape, codecs=codecs, limits=limits)
        self._grid.refresh(self.coding)
        self.policy.check(self._grid, energy)
        self._switching = Switching(hysteresis, least_gain_us, dwell)
        explored = exploration if self.policy.explores else 0.0
        rows = len(self._grid.codec)
        self._detours = Detours(
            shape,
            rows=rows,
            seed=seed,
            exploration=explored,
            forced=forced_device_only,
            audit_every=audit_every,
        )
        self._shift = Shift(rows, load_share)
        self._load_seen = self.edge.load
        self._report_timings = report_timings
        self._current: int | None = None
        self._followed: int | None = None
        self._runs = 0
        self._switched_at = 0
        self._patience = 1.0
        self._last_run = [-1] * rows
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
                self._grid.refresh(self.coding, index)
        if seen.operators_us is not None:
            for operator, us in self.operators.observe(seen.first, seen.operators_us):
                self.variance.add(operator, us)
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

    def state(self) -> State:
        """All that the planner remembers, as JSON values: 1 KB for a new one, some 6 KB for a well known device.

        The edge's tails are in it only when the estimator is this planner's own.
        """
        return {
            "version": 2,
            "network": self.shape.fingerprint,
            "codecs": self._codecs(),
            "tables": self.shape.tables_mark,
            "policy": self.policy.name,
            "row": self._current,
            "runs": self._runs,
            "switched_at": self._switched_at,
            "patience": plain(self._patience),
            "last_run": list(self._last_run),
            "operators": self.operators.state(),
            "coding": self.coding.state(),
            "variance": self.variance.state(),
            "link": self.link.state(),
            "detours": self._detours.state(),
            "shift": self._shift.state(),
            "edge": self.edge.state() if self._owns_edge else None,
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit.

        It fits a planner for the same network and the same codecs. Under another policy the estimates are taken, and
        the row is not: it was the other policy's. Of a planner with other codec tables, or from before there were any,
        all is taken but what was learned of their settings.
        """
        before = self.state()
        try:
            self._restore(state)
        except PolicyError:
            self._restore(before)
            raise

    def _restore(self, state: object) -> None:
        state = upgraded(state, base=self._grid.base, rows=len(self._last_run), tables=self.shape.tables_mark)
        fields = Fields(state, "planner", _FIELDS, version=2)
        fields.require(fields.raw("network") == self.shape.fingerprint, "is of another network")
        fields.require(fields.raw("codecs") == self._codecs(), "is of a device with other codecs")
        rows = len(self._last_run)
        row = fields.row("row", rows)
        runs = fields.whole("runs", 0, MOST_COUNTED)
        switched_at = fields.whole("switched_at", 0, runs)
        patience = fields.number("patience", 1.0, MOST_PATIENCE)
        last_run = fields.wholes("last_run", rows, rows, -1, runs)
        same_policy = fields.text("policy", MOST_POLICY) == self.policy.name
        for name, part in (
            ("operators", self.operators),
            ("coding", self.coding),
            ("variance", self.variance),
            ("link", self.link),
            ("detours", self._detours),
            ("shift", self._shift),
        ):
            part.restore(fields.raw(name))
        if self._owns_edge and fields.raw("edge") is not None:
            self.edge.restore(fields.raw("edge"))
        if not same_policy:
            row, self._shift.row = None, None
        self._current = row
        self._runs, self._switched_at, self._patience = runs, switched_at, patience
        self._last_run = last_run
        self._followed = None
        self._grid.refresh(self.coding)

    def _codecs(self) -> list[str]:
        """Codecs of the cost table without tables, in the order of its rows."""
        return list(dict.fromkeys(self._grid.codec[: self._grid.base]))

    @property
    def lossy(self) -> tuple[int, str] | None:
        """Cut and codec that the device follows, detours apart, where they change what the edge gets."""
        at = self._followed
        if at is None or self._grid.lossless[at]:
            return None
        return int(self._grid.cut[at]), self._grid.codec[at]

    def drifted(self, cut: int, codec: str, more: float) -> bool:
        """A setting is known to cost `more` points than was calibrated; True when that opened or closed its row.

        Not in the state: whoever measured it tells the next planner too. Raises PolicyError for what is no figure; of a
        row that is not there nothing is kept.
        """
        if refusal(more, -MOST_POINTS, MOST_POINTS) is not None:
            raise PolicyError(f"drift of {codec} is {more!r}; expected points from -100 to 100")
        index = self._grid.index.get((cut, codec))
        if index is None:
            return False
        before = bool(self._grid.available[index])
        self._grid.drifted(index, more)
        return bool(self._grid.available[index]) != before

    def explain(self) -> CostTable:
        """The cost table as the next decision would see it, for printing."""
        return cost_table(
            self._grid,
            operators=self.operators,
            edge=self.edge,
            link=self.link,
            energy=self._energy,
            toll=self._toll,
        )

    @property
    def _toll(self) -> float:
        """What a microsecond of edge compute weighs for this device beyond itself."""
        return max(self.edge.load - 1.0, 0.0) * self._shift.share

    def _priced(self, table: CostTable) -> tuple[Floats, Floats]:
        """Price of each row on an idle edge, and how much a toll of 1 adds to it."""
        price = self.policy.objective(table)
        with np.errstate(invalid="ignore"):
            slope = np.where(table.available, price * table.edge_us / table.latency_us, np.inf)
        return price, slope

    def load_asks(self) -> bool:
        """Whether the price of the edge has changed since the last decision, and asks for another row than that took.

        Draws nothing and changes nothing: whoever is told so may decide.
        """
        at = self._current
        if at is None or not self.policy.yields or self.edge.load == self._load_seen:
            return False
        price, slope = self._priced(self.explain())
        now = at if self._shift.row is None else self._shift.row
        return self._shift.asked(at, price, slope, self._toll) != now

    def decide(self, now_s: float | None = None) -> Decision:
        """Decides the next cut and codec from everything observed so far.

        now_s   seconds on any steady clock, for moves that the load of the edge causes; None: they are not held back
        """
        table = self.explain()
        context = Context(self._current, self._runs - self._switched_at, self._switching)
        choice = self.policy.choose(table, context)
        if choice.index != self._current:
            self._current = choice.index
            self._switched_at = self._runs
        row, price = choice.index, None
        self._load_seen = self.edge.load
        if self.policy.yields and (self._load_seen > 1.0 or self._shift.row is not None):
            price, slope = self._priced(table)
            row = self._shift.choose(choice.index, price, slope, self._toll, now_s)
            with np.errstate(invalid="ignore"):
                price = np.where(np.isfinite(price), price + self._toll * slope, np.inf)
        self._followed = row
        situation = Situation(
            table=table,
            policy=self.policy,
            price=price,
            chosen=row,
            pending=self.variance.pending(),
            last_run=self._last_run,
            runs=self._runs,
        )
        detour = self._detours.next(situation, self.link)
        if detour is not None:
            return self._decision(table, detour.index, detour.occasion, detour.reason)
        if row != choice.index:
            return self._decision(table, row, Occasion.LOAD, self._yielding(table, row, choice.index))
        reason = f"{row_name(int(table.cut[row]), table.codec[row])} {choice.why}"
        return self._decision(table, row, Occasion.POLICY, reason)

    def _yielding(self, table: CostTable, row: int, home: int) -> str:
        here, there = (row_name(int(table.cut[at]), table.codec[at]) for at in (row, home))
        return f"{here} instead of {there}: the edge is busy, its time weighs {1.0 + self._toll:.3g} times"

    def _decision(self, table: CostTable, index: int, occasion: Occasion, reason: str) -> Decision:
        wait_us = self.edge.wait_us if table.cut[index] < self.shape.n else 0.0
        expected_us = float(table.latency_us[index]) + wait_us
        bytes_total = float(table.bytes_up[index]) + self.shape.result_bytes
        if occasion is not Occasion.POLICY:
            reason += f"; expects {milliseconds(expected_us)}"
        if not table.lossless[index]:
            lost = float(table.loss[index])
            reason += "; nobody knows its loss" if isnan(lost) else f"; loses {points(max(lost, 0.0))} points"
        return Decision(
            cut=int(table.cut[index]),
            codec=table.codec[index],
            deadline_ms=deadline_ms(
                self.link.network_us(bytes_total),
                float(table.edge_us[index]) + wait_us,
                self.link.jitter_us,
                known=self.link.count >= KNOWN_LINK_SAMPLES,
                patience=self._patience,
            ),
            reason=reason,
            exploration=occasion not in (Occasion.POLICY, Occasion.LOAD),
            report_timings=self._report_timings,
            expected_us=expected_us,
            occasion=occasion,
        )
