"""SCIoT's formula, against its own words and against values worked by hand."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.errors import UsageError
from cutpoint.plan import sciot

figures = st.floats(0, 1e6, allow_nan=False)
layers = st.lists(st.tuples(figures, figures, st.integers(0, 10**7)), min_size=1, max_size=70)
speeds = st.floats(1e-3, 1e9)


def naive(device: list[float], edge: list[float], sizes: list[int], speed: float) -> tuple[list[float], int]:
    """SCIoT's procedure step by step: all mixed splits first, device-only last, and only a lower cost wins."""
    n = len(device)
    costs = []
    best, lowest = 0, math.inf
    for layer in range(n - 1):
        cost = sum(device[: layer + 1]) + sizes[layer] / speed + sum(edge[layer + 1 : n])
        costs.append(cost)
        if cost < lowest:
            best, lowest = layer, cost
    last = sum(device[:n]) + sizes[n - 1] / speed + 0
    costs.append(last)
    return costs, n - 1 if last < lowest else best


def test_three_layers_cost_what_the_formula_says_by_hand() -> None:
    # layer 0: 1 + 100/10 + (0.2 + 0.3);  layer 1: 3 + 20/10 + 0.3;  layer 2: 6 + 5/10
    assert sciot.costs([1, 2, 3], [0.1, 0.2, 0.3], [100, 20, 5], 10) == pytest.approx([11.5, 5.3, 6.5])
    assert sciot.choose([1, 2, 3], [0.1, 0.2, 0.3], [100, 20, 5], 10) == 1


@given(layers, speeds)
def test_costs_and_choice_equal_a_naive_reading_of_sciot_to_the_last_bit(
    rows: list[tuple[float, float, int]], speed: float
) -> None:
    device, edge, sizes = (list(column) for column in zip(*rows, strict=True))
    costs, choice = naive(device, edge, sizes, speed)
    assert sciot.costs(device, edge, sizes, speed) == costs
    assert sciot.choose(device, edge, sizes, speed) == choice


@given(layers, speeds, st.data())
def test_the_choice_among_some_layers_is_the_first_of_the_cheapest_of_those(
    rows: list[tuple[float, float, int]], speed: float, data: st.DataObject
) -> None:
    device, edge, sizes = (list(column) for column in zip(*rows, strict=True))
    allowed = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)).filter(any))
    costs = sciot.costs(device, edge, sizes, speed)
    least = min(cost for cost, open_ in zip(costs, allowed, strict=True) if open_)
    chosen, cost = sciot.cheapest(device, edge, sizes, speed, allowed)
    assert allowed[chosen]
    assert cost == costs[chosen] == least
    assert not any(allowed[i] and costs[i] == least for i in range(chosen))


def test_figures_near_the_largest_of_all_still_give_the_formulas_choice() -> None:
    huge = [1e300, 1e300, 1e299]
    costs = sciot.costs(huge, huge, [0, 0, 0], 1e-3)
    assert sciot.choose(huge, huge, [0, 0, 0], 1e-3) == costs.index(min(costs))


def test_device_only_still_pays_for_its_own_output() -> None:
    assert sciot.costs([1.0], [9.0], [50], 10) == [6.0]


def test_arrays_cost_what_lists_cost_in_plain_numbers() -> None:
    arrays = np.array([1, 2, 3], np.float32), np.array([0.5, 0.25, 0.125]), np.array([100, 20, 0])
    costs = sciot.costs(*arrays, 10)  # type: ignore[arg-type]
    assert costs == sciot.costs([1, 2, 3], [0.5, 0.25, 0.125], [100, 20, 0], 10)
    assert {type(cost) for cost in costs} == {float}


def test_of_equal_costs_the_lowest_layer_wins() -> None:
    assert sciot.choose([1, 0, 0], [0, 0, 0], [10, 10, 10], 10) == 0


def test_edge_only_is_no_candidate_even_when_the_device_is_hopeless() -> None:
    assert sciot.choose([1e6, 1, 1], [0, 0, 0], [1, 1, 1], 1e6) == 0


def test_an_infinitely_slow_device_makes_no_difference_to_the_number_of_costs() -> None:
    assert len(sciot.costs([1e300] * 4, [1e300] * 4, [10**9] * 4, 1e-300)) == 4


@pytest.mark.parametrize(
    ("device", "edge", "sizes", "speed", "names"),
    [
        ([], [], [], 1.0, "0, 0, 0"),
        ([1.0], [1.0, 2.0], [1], 1.0, "1, 2, 1"),
        ([math.nan], [1.0], [1], 1.0, "device_s[0]"),
        ([1.0, 2.0, math.nan], [1.0] * 3, [1] * 3, 1.0, "device_s[2]"),
        ([1.0], [-1.0], [1], 1.0, "edge_s[0]"),
        ([1.0], [math.inf], [1], 1.0, "edge_s[0]"),
        ([1.0], [1.0], [-1], 1.0, "layer_bytes[0]"),
        ([1.0], [1.0], [10**400], 1.0, "layer_bytes[0]"),
        ([True], [1.0], [1], 1.0, "device_s[0]"),
        (["1"], [1.0], [1], 1.0, "device_s[0]"),
        ([1.0], [1.0], [1], 0.0, "bytes_per_s"),
        ([1.0], [1.0], [1], -5.0, "bytes_per_s"),
        ([1.0], [1.0], [1], math.nan, "bytes_per_s"),
        ([1.0], [1.0], [1], math.inf, "bytes_per_s"),
    ],
)
def test_what_is_no_figure_is_refused_by_name(
    device: list[float], edge: list[float], sizes: list[int], speed: float, names: str
) -> None:
    with pytest.raises(UsageError, match=names.replace("[", r"\[").replace("]", r"\]")):
        sciot.costs(device, edge, sizes, speed)
    with pytest.raises(ValueError, match="expected"):
        sciot.choose(device, edge, sizes, speed)


def test_59_layers_are_chosen_from_well_inside_a_decision() -> None:
    device, edge, sizes = [1e-3] * 59, [1e-5] * 59, list(range(59, 0, -1))
    fastest = min(_timed(lambda: sciot.choose(device, edge, sizes, 1e5)) for _ in range(200))
    assert fastest < 200e-6


def _timed(call: object) -> float:
    begin = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - begin
