"""Runs that are not what the policy prefers, for what they teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from cutpoint.plan.decision import Occasion
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.explore import lesson
from cutpoint.plan.figure import refusal
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.policies import Policy
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.table import CostTable
from cutpoint.plan.wording import row_name

DETOUR_DECISIONS = 4
RETEST_EVERY = 8
KNOWN_LINK_SAMPLES = 3


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
    policy    whose prices say what a lesson may cost
    chosen    row that the policy takes
    pending   operators due for a re-test
    last_run  inference at which each row was last seen, -1 for never
    runs      inferences seen so far
    """

    table: CostTable
    policy: Policy
    chosen: int
    pending: Sequence[int]
    last_run: Sequence[int]
    runs: int


class Detours:
    """Draws and keeps the one detour that may be under way.

    A forced run goes before a re-test, a re-test before an exploration. A detour stands until an observation
    shows that the device took it, at most for `DETOUR_DECISIONS` decisions, since a plan reaches a device an
    inference late. Re-tests start at most once in `RETEST_EVERY` inferences, so that an operator whose time never
    settles does not take the device over.
    """

    def __init__(self, shape: NetworkShape, *, seed: int, exploration: float, forced: float) -> None:
        for name, chance in (("exploration", exploration), ("forced_device_only", forced)):
            if refusal(chance, 0.0, 1.0) is not None:
                raise PolicyError(f"{name} is {chance!r}; expected a probability from 0 to 1")
        self._shape = shape
        self._random = Random(seed)
        self._exploration = exploration
        self._forced = forced
        self._standing: Detour | None = None
        self._retest_from = 0
        self._steps_told = -1

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
            retest = self._retest(now) if now.policy.retests else None
            self._standing = retest or self._explore(now, link, drawn=explores)
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
            now.policy.objective(now.table),
            now.chosen,
            last_run=now.last_run,
            runs=now.runs,
            link_conditioned=link.conditioned,
        )
        if found is None:
            return None
        name = row_name(int(now.table.cut[found.index]), now.table.codec[found.index])
        return Detour(found.index, Occasion.EXPLORATION, f"{name} explored: {found.why}")
