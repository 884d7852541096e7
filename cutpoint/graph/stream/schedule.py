"""The engine's schedule, simulated: how many lines of each tensor wait at a time, and when.

The rule is that of firmware/core/stream/schedule.cc: of the operators that can run, the deepest makes its next line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cutpoint.graph.stream.lines import LineOperator, LineTensor


@dataclass(frozen=True, slots=True)
class Life:
    """A tensor's lines while a range runs: `lines` wait at most, and some do in the steps whose bits are set in `when`.

    A line that is read as soon as it is made leaves its memory to others in all steps but two.
    """

    lines: int
    when: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """lives of what the range makes, by tensor; `read_until` is the step up to which the others are read.

    least_bytes is the most that all lines ever took at one step, were each given back at once.
    """

    lives: Mapping[int, Life]
    read_until: Mapping[int, int]
    steps: int
    least_bytes: int


class Schedule:
    """The operators of a plan with what each unit reads, ready to be simulated over any range."""

    def __init__(self, operators: Sequence[LineOperator], tensors: Mapping[int, LineTensor]) -> None:
        self._operators = operators
        self._tensors = tensors
        self._needs = [
            [
                (
                    reading.tensor,
                    [reading.first(unit) for unit in range(one.units)],
                    [reading.end(unit, tensors[reading.tensor].rows) for unit in range(one.units)],
                )
                for reading in one.inputs
            ]
            for one in operators
        ]
        self._readers: dict[int, list[tuple[int, int]]] = {index: [] for index in tensors}
        for number, one in enumerate(operators):
            for place, reading in enumerate(one.inputs):
                self._readers[reading.tensor].append((number, place))

    def simulate(self, first: int, last: int, whole: frozenset[int], fed: tuple[int, ...] = ()) -> Simulation:
        """Run operators [first, last): `whole` tensors keep all their lines, those made before included.

        fed: inputs of the network in their order, whose lines come one by one; all others are there from the start.
        """
        return _Run(self._operators, self._tensors, self._needs, self._readers, first, last, whole, fed).run()


_Needs = list[list[tuple[int, list[int], list[int]]]]


class _Run:
    def __init__(
        self,
        operators: Sequence[LineOperator],
        tensors: Mapping[int, LineTensor],
        needs: _Needs,
        readers: Mapping[int, list[tuple[int, int]]],
        first: int,
        last: int,
        whole: frozenset[int],
        fed: tuple[int, ...],
    ) -> None:
        self.operators, self.tensors, self.needs = operators, tensors, needs
        self.first, self.last, self.whole, self.fed = first, last, whole, fed
        self.readers = {
            tensor: [(op, place) for op, place in pairs if first <= op < last]
            for tensor, pairs in readers.items()
        }
        made = {tensor for one in operators[first:last] for tensor in one.outputs}
        self.produced = {
            index: 0 if index in made or index in fed else tensor.rows for index, tensor in tensors.items()
        }
        self.unit = [0] * len(operators)
        self.after = [
            max([number, *(op for tensor in one.outputs for op, _ in self.readers[tensor])])
            for number, one in enumerate(operators)
        ]
        self.lines: dict[int, int] = {}
        self.written: dict[int, int] = {}
        """Rows that are complete or under way."""
        self.since: dict[int, int] = {}
        """The step from which on a tensor has had lines, for those that have some now."""
        self.when: dict[int, int] = {}
        self.ended: dict[int, int] = {}
        self.waiting: dict[int, int] = {}
        """Bytes of the lines of each tensor that are there now."""
        self.sum = self.least = 0

    def run(self) -> Simulation:
        left = sum(one.units for one in self.operators[self.first : self.last])
        place, step = self.last, 0
        while left:
            number = next((n for n in range(place - 1, self.first - 1, -1) if self._runnable(n)), None)
            if number is None:
                self._feed(step)
                place = self.last
            else:
                self._run_unit(number, step)
                place = self.after[number] + 1
                left -= 1
            step += 1
        for tensor in list(self.since):
            self._empty(tensor, step - 1)
        lives = {
            tensor: Life(self.tensors[tensor].rows if tensor in self.whole else lines, self.when[tensor])
            for tensor, lines in self.lines.items()
        }
        given = {tensor: end for tensor, end in self.ended.items() if tensor not in lives}
        return Simulation(lives, given, step, self.least)

    def _runnable(self, number: int) -> bool:
        unit = self.unit[number]
        if unit == self.operators[number].units:
            return False
        return all(ends[unit] <= self.produced[tensor] for tensor, _, ends in self.needs[number])

    def _run_unit(self, number: int, step: int) -> None:
        one = self.operators[number]
        unit = self.unit[number]
        row = unit // one.units_per_row
        for tensor in one.outputs:
            self._hold(tensor, row, step)
        self.least = max(self.least, self.sum)
        self.unit[number] = unit + 1
        if (unit + 1) % one.units_per_row == 0:
            for tensor in one.outputs:
                self.produced[tensor] = row + 1
        for tensor, _, _ in self.needs[number]:
            self._release(tensor, step)
        for tensor in one.outputs:
            self._release(tensor, step)

    def _feed(self, step: int) -> None:
        """A line of the least advanced input; there is always one, or the plan would be stuck."""
        tensor = min(self.fed, key=lambda index: Fraction(self.produced[index], self.tensors[index].rows))
        self._hold(tensor, self.produced[tensor], step)
        self.least = max(self.least, self.sum)
        self.produced[tensor] += 1

    def _hold(self, tensor: int, row: int, step: int) -> None:
        lines = row + 1 - self._released(tensor)
        self.lines[tensor] = max(self.lines.get(tensor, 1), lines)
        self.written[tensor] = row + 1
        self.since.setdefault(tensor, step)
        self._note(tensor, self.tensors[tensor].rows if tensor in self.whole else lines)

    def _release(self, tensor: int, step: int) -> None:
        self.ended[tensor] = step + 1
        if tensor in self.lines and tensor not in self.whole:
            left = max(0, self.written[tensor] - self._released(tensor))
            self._note(tensor, left)
            if left == 0:
                self._empty(tensor, step)

    def _empty(self, tensor: int, step: int) -> None:
        """Its last line has been read in this step."""
        since = self.since.pop(tensor, None)
        if since is not None:
            self.when[tensor] = self.when.get(tensor, 0) | (1 << step + 1) - (1 << since)

    def _note(self, tensor: int, lines: int) -> None:
        if tensor in self.fed:
            return  # the picture's memory is apart
        now = lines * self.tensors[tensor].row_bytes
        self.sum += now - self.waiting.get(tensor, 0)
        self.waiting[tensor] = now

    def _released(self, tensor: int) -> int:
        """Rows that no reader needs any more."""
        rows = self.tensors[tensor].rows
        return min(
            (
                self.needs[op][place][1][self.unit[op]]
                for op, place in self.readers[tensor]
                if self.unit[op] < self.operators[op].units
            ),
            default=rows if self.readers[tensor] else self.produced[tensor],
        )
