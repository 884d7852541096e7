"""Numbers of commands: up, never twice, never 0."""

from __future__ import annotations

from cutpoint.wire import CommandNumbers


def test_numbers_count_up_even_when_the_clock_stands_or_goes_back() -> None:
    times = iter([1000, 1000, 1000, 400, 5000])
    numbers = CommandNumbers(lambda: next(times))
    assert [numbers.next() for _ in range(5)] == [1000, 1001, 1002, 1003, 5000]


def test_a_sender_that_restarts_goes_on_above_its_last_number() -> None:
    now = [1_790_000_000_000]
    first = CommandNumbers(lambda: now[0])
    sent = [first.next() for _ in range(3)]
    now[0] += 2000
    assert CommandNumbers(lambda: now[0]).next() not in sent


def test_zero_is_left_out_where_the_numbers_wrap() -> None:
    numbers = CommandNumbers(lambda: (1 << 32) - 1)
    assert [numbers.next() for _ in range(3)] == [0xFFFF_FFFF, 1, 2]
