"""What each policy chooses, and which it refuses to follow."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_device import FOMO

from cutpoint.errors import UsageError
from cutpoint.plan import (
    CodingEstimator,
    Context,
    CostTable,
    EdgeEstimator,
    EnergyModel,
    LinkEstimator,
    NetworkShape,
    OperatorEstimator,
    Planner,
    PolicyError,
    RowGrid,
    Switching,
    cost_table,
    make_policy,
    policy_names,
    sciot,
)

CURRENTS = EnergyModel(cpu_ma=50, rx_ma=100, tx_ma=200, volts=3.3)


def random_table(
    seed: int, *, max_cut: int | None = None, energy: EnergyModel | None = CURRENTS
) -> CostTable:
    """A network, a device, an edge and a link drawn at random."""
    random = Random(seed)
    n = random.randint(1, 60)
    shape = NetworkShape(
        tuple(random.choice((0, random.randrange(10**6))) for _ in range(n)),
        tuple(random.randrange(10, 10**5) for _ in range(n + 1)),
        input_is_picture=True,
        max_cut=None if max_cut is None else min(max_cut, n),
    )
    operators, edge, coding = OperatorEstimator(shape), EdgeEstimator(shape), CodingEstimator(shape)
    operators.observe(0, [random.uniform(1, 1e5) for _ in range(n)])
    for cut in range(n):
        edge.observe(cut, random.uniform(1, 1e4))
        coding.observe(cut, "bitmap", coded_bytes=random.uniform(0.3, 1.2) * shape.cut_bytes[cut])
    grid = RowGrid(shape, codecs=("raw", "bitmap"))
    grid.refresh(coding)
    link = LinkEstimator(round_trip_us=random.uniform(0, 1e5), bytes_per_s=10 ** random.uniform(2, 7))
    return cost_table(grid, operators=operators, edge=edge, link=link, energy=energy)


def chosen(written: str, table: CostTable, current: int | None = None) -> tuple[int, str]:
    row = table.rows[make_policy(written).choose(table, Context(current)).index]
    return row.cut, row.codec


@given(st.integers(0, 10**6))
def test_latency_takes_the_soonest_of_all_open_rows(seed: int) -> None:
    table = random_table(seed)
    best = min((r for r in table.rows if r.available), key=lambda r: r.latency_us)
    assert chosen("latency", table) == (best.cut, best.codec)


@given(st.integers(0, 10**6))
def test_energy_takes_the_row_that_draws_least(seed: int) -> None:
    table = random_table(seed)
    best = min((r for r in table.rows if r.available), key=lambda r: r.energy_uj or 0.0)
    assert chosen("energy", table) == (best.cut, best.codec)


@given(st.integers(0, 10**6), st.integers(0, 3))
def test_privacy_takes_the_soonest_row_at_or_after_its_smallest_cut(seed: int, smallest: int) -> None:
    table = random_table(seed)
    allowed = [r for r in table.rows if r.available and r.cut >= smallest]
    if allowed:
        best = min(allowed, key=lambda r: r.latency_us)
        assert chosen(f"privacy:{smallest}", table) == (best.cut, best.codec)


@given(st.integers(0, 10**6))
def test_sciot_takes_the_cut_after_the_layer_that_its_formula_chooses(seed: int) -> None:
    table = random_table(seed)
    f = table.by_operator
    layer = sciot.choose(
        (f.device_us / 1e6).tolist(), (f.edge_us / 1e6).tolist(), f.layer_bytes, f.bytes_per_s
    )
    assert chosen("sciot", table) == (layer + 1, "raw")


def test_sciot_on_a_board_that_holds_less_takes_the_cheapest_it_can_run() -> None:
    table = random_table(11, max_cut=3)
    prices = make_policy("sciot").objective(table)
    assert chosen("sciot", table)[0] in (1, 2, 3)
    assert np.isinf(prices[0])


@given(st.integers(0, 10**6))
def test_device_only_and_edge_only_take_the_two_ends(seed: int) -> None:
    table = random_table(seed)
    assert chosen("device-only", table) == (int(table.cut.max()), "raw")
    assert chosen("edge-only", table) == (0, "raw")


def test_fixed_takes_its_cut_and_its_codec() -> None:
    table = random_table(3)
    assert chosen("fixed:1", table) == (1, "raw")
    assert chosen("fixed:0:bitmap", table) == (0, "bitmap")


@pytest.mark.parametrize("written", ["fastest", "", "latency2", "Latency", "privacy;3"])
def test_an_unknown_policy_is_answered_with_the_list(written: str) -> None:
    with pytest.raises(
        UsageError, match=r"known: latency, energy, privacy:<smallest cut>, sciot, device-only"
    ):
        make_policy(written)


@pytest.mark.parametrize(
    "written", ["privacy", "privacy:", "privacy:-1", "privacy:x", "fixed", "fixed:", "fixed:1.5"]
)
def test_a_policy_without_the_argument_it_needs_is_refused(written: str) -> None:
    with pytest.raises(PolicyError, match="needs"):
        make_policy(written)


@pytest.mark.parametrize("written", ["latency:1", "energy:x", "sciot:", "device-only:3", "edge-only:0"])
def test_a_policy_with_an_argument_it_does_not_take_is_refused(written: str) -> None:
    with pytest.raises(PolicyError, match="takes no argument"):
        make_policy(written)


def test_every_name_in_the_list_makes_a_policy_of_that_name() -> None:
    for name in policy_names():
        written = name.replace("<smallest cut>", "3").replace("<cut>[:<codec>[:<setting>]]", "3:rans:12")
        assert make_policy(written).name == written


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("device-only", "holds operators up to 10"),
        ("fixed:11", "holds operators up to 10"),
        ("fixed:99", "cuts run from 0 to 25"),
        ("fixed:3:zip", "no cut 3 with codec zip"),
        ("privacy:11", "deepest cut that this device can run is 10"),
        ("energy", "needs the board's currents"),
    ],
)
def test_a_policy_that_a_device_cannot_follow_is_refused_at_the_start(written: str, said: str) -> None:
    shape = NetworkShape(FOMO.macs, FOMO.cut_bytes, max_cut=10)
    with pytest.raises(PolicyError, match=said):
        Planner(shape, written, seed=0)


def two_rows(first_us: float, second_us: float) -> CostTable:
    """Cut 0 and cut 1 at these latencies."""
    shape = NetworkShape((1_000,), (100, 10), frame_overhead=0, result_bytes=0)
    operators, edge = OperatorEstimator(shape), EdgeEstimator(shape)
    operators.observe(0, [second_us])
    edge.observe(0, 0.0)
    grid = RowGrid(shape)
    grid.refresh(CodingEstimator(shape))
    link = LinkEstimator(round_trip_us=first_us - 100, bytes_per_s=1e6)
    return cost_table(grid, operators=operators, edge=edge, link=link)


@pytest.mark.parametrize(
    ("now_us", "other_us", "runs", "moves"),
    [
        (100_000, 91_000, 10, False),  # 9 % is too little
        (100_000, 89_000, 10, True),
        (4_000, 3_550, 10, False),  # 450 us is too little
        (4_000, 3_450, 10, True),
        (100_000, 70_000, 1, False),  # moved an inference ago
        (100_000, 49_000, 1, True),  # but half is worth it at once
    ],
)
def test_a_device_moves_only_for_a_gain_that_is_worth_it(
    now_us: float, other_us: float, runs: int, moves: bool
) -> None:
    table = two_rows(now_us, other_us)
    choice = make_policy("latency").choose(table, Context(0, runs, Switching()))
    assert (choice.index == 1) == moves
    assert ("stays" in choice.why) == (not moves)


def test_a_device_leaves_a_row_that_was_closed_at_once() -> None:
    table = random_table(5, max_cut=2)
    closed = len(table.cut) - 1
    assert not table.available[closed]
    assert table.available[make_policy("latency").choose(table, Context(closed)).index]


def test_reasons_name_the_gain_the_rival_and_the_link() -> None:
    choice = make_policy("latency").choose(two_rows(500_000, 412_000), Context(0, 9, Switching()))
    assert choice.why == "expects 412 ms, 18 % under cut 0; link 8.0 Mb/s"


@pytest.mark.parametrize(
    "wrong", [{"hysteresis": -0.1}, {"hysteresis": 1.5}, {"least_gain_us": -1}, {"dwell": -1}]
)
def test_switching_rules_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        Switching(**wrong)  # type: ignore[arg-type]
