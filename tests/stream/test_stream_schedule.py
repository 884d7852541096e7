"""How many lines wait, and until when, for chains and branches whose answer can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.graph.stream.lines import (
    Kind,
    LineOperator,
    LineTensor,
    Reading,
    all_rows,
    line_shape,
    row_by_row,
)
from cutpoint.graph.stream.schedule import Schedule

INT8 = np.dtype(np.int8)


def tensors(*rows: int) -> dict[int, LineTensor]:
    return {index: LineTensor(index, INT8, count, 4, 1) for index, count in enumerate(rows)}


def operator(made: int, rows: int, *inputs: Reading, units_per_row: int = 1) -> LineOperator:
    return LineOperator(Kind.CONV, inputs, (made,), rows * units_per_row, units_per_row, (), b"")


def window(tensor: int, kernel: int, stride: int, pad: int) -> Reading:
    return Reading(tensor, stride, 1, -pad, -pad + kernel)


@pytest.mark.parametrize(
    ("kernel", "stride", "lines"), [(1, 1, 1), (3, 1, 3), (3, 2, 3), (5, 1, 5), (1, 2, 1)]
)
def test_a_window_keeps_as_many_lines_as_it_is_high(kernel: int, stride: int, lines: int) -> None:
    rows = 20 // stride
    schedule = Schedule(
        [operator(1, 20, row_by_row(0)), operator(2, rows, window(1, kernel, stride, kernel // 2))],
        tensors(20, 20, rows),
    )
    lives = schedule.simulate(0, 2, frozenset({2})).lives
    assert (lives[1].lines, lives[2].lines) == (lines, rows)


def test_a_fed_input_keeps_a_window_too() -> None:
    schedule = Schedule([operator(1, 20, window(0, 3, 1, 1))], tensors(20, 20))
    assert schedule.simulate(0, 1, frozenset({1}), (0,)).lives[0].lines == 3


def test_a_residual_line_waits_until_the_other_branch_has_caught_up() -> None:
    two_blurs = [
        operator(1, 20, row_by_row(0)),
        operator(2, 20, window(1, 3, 1, 1)),
        operator(3, 20, window(2, 3, 1, 1)),
        operator(4, 20, row_by_row(1), row_by_row(3)),
    ]
    lives = Schedule(two_blurs, tensors(20, 20, 20, 20, 20)).simulate(0, 4, frozenset({4})).lives
    # Row u of the sum waits for row u + 2 of tensor 1, through two windows; rows u and u + 1 are kept until then.
    assert [lives[index].lines for index in (1, 2, 3, 4)] == [3, 3, 1, 20]


def test_what_needs_everything_makes_its_input_whole() -> None:
    schedule = Schedule([operator(1, 20, row_by_row(0)), operator(2, 1, all_rows(1, 20))], tensors(20, 20, 1))
    assert schedule.simulate(0, 2, frozenset({2})).lives[1].lines == 20


def test_sums_over_rows_need_one_line_at_a_time() -> None:
    schedule = Schedule(
        [operator(1, 20, row_by_row(0)), operator(2, 1, row_by_row(1), units_per_row=20)], tensors(20, 20, 1)
    )
    simulation = schedule.simulate(0, 2, frozenset({2}))
    assert simulation.lives[1].lines == 1
    assert simulation.steps == 40
    assert simulation.least_bytes == 2 * 4


def test_lives_end_when_the_last_reader_is_done() -> None:
    schedule = Schedule(
        [
            operator(1, 20, row_by_row(0)),
            operator(2, 1, row_by_row(1), units_per_row=20),
            operator(3, 1, row_by_row(2)),
        ],
        tensors(20, 20, 1, 1),
    )
    lives = schedule.simulate(0, 3, frozenset({3})).lives
    assert lives[1].when == (1 << 40) - 1
    assert lives[2].when == (1 << 41) - (1 << 1)
    assert lives[3].when == 1 << 40


def test_a_line_that_is_read_at_once_is_there_in_two_steps_of_a_round() -> None:
    chain = [operator(1, 3, row_by_row(0)), operator(2, 3, row_by_row(1)), operator(3, 3, row_by_row(2))]
    lives = Schedule(chain, tensors(3, 3, 3, 3)).simulate(0, 3, frozenset({3})).lives
    assert (lives[1].when, lives[2].when) == (0b011011011, 0b110110110)


def test_a_range_that_goes_on_finds_its_tensors_there() -> None:
    schedule = Schedule(
        [operator(1, 20, row_by_row(0)), operator(2, 20, window(1, 3, 1, 1))], tensors(20, 20, 20)
    )
    simulation = schedule.simulate(1, 2, frozenset({2}))
    assert set(simulation.lives) == {2}
    assert simulation.read_until == {1: 20}


@pytest.mark.parametrize(
    ("shape", "lines"),
    [
        ((1, 8, 6, 3), (8, 6, 3)),
        ((1, 49, 10), (49, 1, 10)),
        ((5, 7), (5, 1, 7)),
        ((12,), (1, 1, 12)),
        ((), (1, 1, 1)),
    ],
)
def test_shapes_have_lines(shape: tuple[int, ...], lines: tuple[int, int, int]) -> None:
    assert line_shape(shape) == lines


@pytest.mark.parametrize("shape", [(2, 8, 6, 3), (1, 2, 3, 4, 5), (1, 0, 3, 3), (2, 3, 4)])
def test_shapes_without_lines_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        line_shape(shape)
