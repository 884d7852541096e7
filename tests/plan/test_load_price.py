"""The price of a busy edge: where it goes, how fast, and where it ends."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.plan import PolicyError
from cutpoint.plan.load import HIGHEST_PRICE, LoadPrice, Work

TICK_S = 0.05


def fed(load: float, seconds: float, *, price: LoadPrice | None = None, wait_us: float = 0.0) -> LoadPrice:
    """A price after a while in which two runners were asked for this much, in jobs of 1 ms."""
    price = LoadPrice() if price is None else price
    per_tick = round(load * 2 * TICK_S / 0.001)
    ran = min(per_tick, round(2 * TICK_S / 0.001))
    begin_s = price._last_s or 0.0
    for tick in range(1, round(seconds / TICK_S) + 1):
        price.update(Work(per_tick, ran, ran * 1_000.0, wait_us), 2, begin_s + tick * TICK_S)
    return price


def test_an_idle_edge_costs_what_it_takes() -> None:
    assert fed(0.0, 60).price == 1.0
    assert fed(0.6, 60).price == 1.0


def test_a_load_at_the_target_moves_nothing() -> None:
    price = fed(1.2, 10)
    fed(0.7, 5, price=price)
    settled = price.price
    assert fed(0.72, 60, price=price).price == settled


def test_a_load_above_the_target_raises_the_price_and_one_below_takes_it_back_to_1() -> None:
    price = fed(1.5, 8)
    assert price.price > 10
    assert fed(0.2, 60, price=price).price == 1.0


def test_it_does_not_wind_up_however_long_the_overload_lasts() -> None:
    day, minute = fed(3.0, 3_600), fed(3.0, 60)
    assert day.price == minute.price == pytest.approx(HIGHEST_PRICE)


def test_it_never_rises_by_more_than_an_efold_a_second() -> None:
    price, prices = LoadPrice(), []
    for second in range(12):
        prices.append(fed(50.0, 1, price=price, wait_us=1e6).price)
        assert price.price < 1 + 0.1 * math.exp(second + 1)
    assert all(later > earlier for earlier, later in pairwise(prices[:10]))


def test_it_costs_at_least_what_waiting_costs_while_there_is_too_much_to_do() -> None:
    # Jobs of 1 ms that wait 20 ms: (1 + 20) / 1.
    assert fed(0.8, 12, wait_us=20_000).price >= 20
    assert fed(0.8, 12).price < 5


def test_what_is_left_of_a_queue_raises_no_price() -> None:
    price = fed(1.5, 5, wait_us=50_000)
    fed(0.5, 2, price=price, wait_us=50_000)
    before = price.price
    assert fed(0.5, 2, price=price, wait_us=50_000).price < before


def test_the_load_is_what_was_asked_for_and_utilisation_what_ran() -> None:
    price = fed(2.0, 20)
    assert price.load == pytest.approx(2.0, rel=0.01)
    assert price.utilisation == pytest.approx(1.0, rel=0.01)


def test_a_long_pause_of_the_caller_is_no_jump() -> None:
    price = fed(1.5, 8)
    before = price.price
    price.update(Work(0, 0, 0.0, 0.0), 2, 1e6)
    assert price.price > before / 150


def test_a_clock_that_stands_still_or_goes_back_changes_nothing() -> None:
    price = fed(1.5, 8)
    before = price.price
    for at_s in (8.0, 7.0):
        assert price.update(Work(1_000, 1_000, 1e6, 1e3), 2, at_s) == before


@pytest.mark.parametrize("figure", [-1, math.nan, math.inf, "1", True])
@pytest.mark.parametrize("name", ["arrived", "finished", "busy_us", "wait_us"])
def test_work_that_is_no_figure_is_refused(name: str, figure: object) -> None:
    work = {"arrived": 1, "finished": 1, "busy_us": 1.0, "wait_us": 1.0} | {name: figure}
    with pytest.raises(PolicyError, match=name):
        LoadPrice().update(Work(**work), 1, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [0.0, 0.01, 1.5, math.nan, "0.7"])
def test_a_target_that_cannot_be_held_is_refused(target: float) -> None:
    with pytest.raises(PolicyError, match="target utilisation"):
        LoadPrice(target)


@given(
    st.lists(
        st.tuples(
            *(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1e12), st.floats(0, 1e12)),
            st.floats(0, 1e5),
        ),
        max_size=40,
    )
)
def test_whatever_comes_the_price_stays_in_its_bounds(
    ticks: list[tuple[int, int, float, float, float]],
) -> None:
    price, at_s = LoadPrice(), 0.0
    for *work, passed_s in ticks:
        at_s += passed_s
        price.update(Work(*work), 2, at_s)
        assert 1.0 <= price.price <= HIGHEST_PRICE * 1.001
        assert 0.0 <= price.utilisation <= 1.0
        assert math.isfinite(price.load)
        assert math.isfinite(price.wait_us)
