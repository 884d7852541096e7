"""Runs that are not what the policy prefers, for what they teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.plan.decision import Occasion
from cutpoint.plan.draws import Draws
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.explore import lesson
from cutpoint.plan.figure import refusal
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.policies import Policy
from cutpoint.plan.setting import family
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.state import MOST_COUNTED, Fields, State
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import row_name

DETOUR_DECISIONS = 4
MOST_AUDIT_EVERY = 1 << 30
RETEST_EVERY = 8
KNOWN_LINK_SAMPLES = 3
MOST_REASON = 4096


@dataclass(slots=True)
class Detour:
    """A row taken once; stands until it was seen, or for `decisions_left` more decisions."""

    index: int
    occasion: Occasion
    reason: str
    decisions_left: int = DETOUR_DECISIONS


@dataclass(frozen=True, slots=True)
class Situation:
    """What a detour is judged against.

    table     the cost table
    policy    whether it re-tests, and whose prices say what a lesson may cost
    price     those prices with the toll of a busy edge; None: the edge is not busy
    chosen    row that the policy takes
    pending   operators due for a re-test
    last_run  inference at which each row was last seen, -1 for never
    runs      inferences seen so far
    """

    table: CostTable
    policy: Policy
    price: npt.NDArray[np.float64] | None
    chosen: int
    pending: Sequence[int]
    last_run: Sequence[int]
    runs: int


class Detours:
    """Draws and keeps the one detour that may be under way.

    A forced run goes before an audit, an audit before a re-test, a re-test before an exploration. A detour stands
    until an observation shows that the device took it, at most for `DETOUR_DECISIONS` decisions, since a plan reaches
    a device an inference late. An audit is one lossless frame of the same cut from a device that follows a lossy
    setting, once in `audit_every` inferences (0: never): it shows what the setting costs. Re-tests start at most once
    in `RETEST_EVERY` inferences, so that an operator whose time never settles does not take the device over.
    """

    def __init__(
        self,
        shape: NetworkShape,
        *,
        rows: int,
        seed: int,
        exploration: float,
        forced: float,
        audit_every: int = 0,
    ) -> None:
        if refusal(audit_every, 0, MOST_AUDIT_EVERY) is not None:
            raise PolicyError(f"audit_every is {audit_every!r}; expected inferences from 0 (never) up")
        for name, chance in (("exploration", exploration), ("forced_device_only", forced)):
            if refusal(chance, 0.0, 1.0) is not None:
                raise PolicyError(f"{name} is {chance!r}; expected a probability from 0 to 1")
        self._shape = shape
        self._rows = rows
        self._random = Draws(seed)
        self._exploration = exploration
        self._forced = forced
        self._standing: Detour | None = None
        self._retest_from = 0
        self._audit_every = audit_every
        self._audited_at = 0
        self._steps_told = -1

    def state(self) -> State:
        """How many numbers were drawn, and the detour under way: [row, occasion, reason, decisions left]."""
        at = self._standing
        return {
            "version": 2,
            "drawn": self._random.drawn,
            "retest_from": self._retest_from,
            "steps_told": self._steps_told,
            "audited_at": self._audited_at,
            "standing": None if at is None else [at.index, str(at.occasion), at.reason, at.decisions_left],
        }

    def restore(self, state: object) -> None:
        """Continues from what `state` gave; PolicyError, and nothing changed, when it does not fit.

        Draws go on where they were when the seed is what it was.
        """
        names = ("drawn", "retest_from", "steps_told", "audited_at", "standing")
        fields = Fields(state, "detours", names, version=2)
        drawn = fields.whole("drawn", 0, MOST_COUNTED)
        retest_from = fields.whole("retest_from", 0, MOST_COUNTED)
        steps_told = fields.whole("steps_told", -1, MOST_COUNTED)
        audited_at = fields.whole("audited_at", 0, MOST_COUNTED)
        standing, at = None, fields.record("standing", 4)
        if at is not None:
            occasion = at.text(1, 16)
            fields.require(
                occasion in set(Occasion) - {Occasion.POLICY, Occasion.LOAD},
                "has a detour of no known occasion",
            )
            standing = Detour(
                at.whole(0, 0, self._rows - 1),
                Occasion(occasion),
                at.text(2, MOST_REASON),
                at.whole(3, 1, DETOUR_DECISIONS),
            )
        self._random.drawn = drawn
        self._retest_from, self._steps_told, self._audited_at = retest_from, steps_told, audited_at
        self._standing = standing

    def seen(self, index: int) -> None:
        """A device ran row `index`: a detour to it is done."""
        if self._standing is not None and self._standing.index == index:
            self._standing = None

    def next(self, now: Situation, link: LinkEstimator) -> Detour | None:
        """The detour under way, a new one, or None when the policy's choice is to be run."""
        standing = self._standing
        if standing is not None:
            standing.decisions_left -= 1
            if standing.decisions_left > 0 and now.table.available[standing.index]:
                return standing
            self._standing = None
        forced = self._random.random() < self._forced
        explores = self._random.random() < self._exploration
        if forced:
            self._standing = self._forced_run(now)
        else:
            found = self._audit(now)
            if found is None and now.policy.retests:
                found = self._retest(now)
            self._standing = found or self._explore(now, link, drawn=explores)
        return self._standing

    def _raw_rows(self, now: Situation) -> list[int]:
        return [i for i in range(self._shape.n + 1) if now.table.available[i]]

    def _forced_run(self, now: Situation) -> Detour | None:
        """Everything on board, when the choice does not run that anyway."""
        rows = self._raw_rows(now)
        if not rows or rows[-1] <= now.table.cut[now.chosen]:
            return None
        why = f"cut {rows[-1]} forced, so that every operator on board is measured"
        return Detour(rows[-1], Occasion.FORCED, why)

    def _audit(self, now: Situation) -> Detour | None:
        """The soonest lossless row of the cut whose lossy setting the device follows."""
        table, chosen = now.table, now.chosen
        # Of a JPEG nobody could make the counterpart: its coder is the camera's.
        if self._audit_every == 0 or table.lossless[chosen] or table.codec[chosen] == "jpeg":
            return None
        if now.runs - self._audited_at < self._audit_every:
            return None
        exact_here = table.available & table.lossless & (table.cut == table.cut[chosen])
        # Not by changes: a device has one reference, and it belongs to the setting that it follows.
        rows = [int(at) for at in np.flatnonzero(exact_here) if family(table.codec[at]) != "delta"]
        if not rows:
            return None
        self._audited_at = now.runs
        index = min(rows, key=lambda at: float(table.latency_us[at]))
        exact = row_name(int(table.cut[index]), table.codec[index])
        return Detour(
            index,
            Occasion.AUDIT,
            f"{exact} audits {table.codec[chosen]}: one exact frame shows what it costs",
        )

    def _retest(self, now: Situation) -> Detour | None:
        """The soonest raw row that runs the operators due, when the choice does not run them anyway."""
        due = [i for i in now.pending if i < self._shape.deepest_cut]
        if not due or due[-1] < now.table.cut[now.chosen] or now.runs < self._retest_from:
            return None
        rows = [i for i in self._raw_rows(now) if i > due[-1]]
        if not rows:
            return None
        index = min(rows, key=lambda i: float(now.table.latency_us[i]))
        self._retest_from = now.runs + RETEST_EVERY
        names = ", ".join(str(i) for i in due)
        why = f"cut {index} re-tests operator {names}: times varied"
        return Detour(index, Occasion.RETEST, why)

    def _explore(self, now: Situation, link: LinkEstimator, *, drawn: bool) -> Detour | None:
        """A lesson: when drawn, and once on a new or changed link whose two figures cannot be told apart."""
        if self._exploration == 0:
            return None
        untold = False
        if link.steps > self._steps_told and link.count >= KNOWN_LINK_SAMPLES:
            untold = not link.conditioned
            self._steps_told = link.steps
        if not (drawn or untold):
            return None
        found = lesson(
            now.table,
            now.policy.objective(now.table) if now.price is None else now.price,
            now.chosen,
            last_run=now.last_run,
            runs=now.runs,
            link_conditioned=link.conditioned,
        )
        if found is None:
            return None
        name = row_name(int(now.table.cut[found.index]), now.table.codec[found.index])
        return Detour(found.index, Occasion.EXPLORATION, f"{name} explored: {found.why}")
