"""Which rows a cost table has, what they cost, and which are open to a device."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_device import FOMO, N

from cutpoint.plan import (
    CodingEstimator,
    CostTable,
    EdgeEstimator,
    EnergyModel,
    Limits,
    LinkEstimator,
    NetworkShape,
    OperatorEstimator,
    PolicyError,
    RowGrid,
    cost_table,
    make_policy,
)

SMALL = NetworkShape(
    macs=(1_000, 2_000, 3_000),
    cut_bytes=(800, 400, 200, 10),
    input_is_picture=True,
    frame_overhead=50,
    result_bytes=64,
    arena_bytes=(0, 5_000, 9_000, None),
)


def table(
    shape: NetworkShape = SMALL,
    *,
    codecs: tuple[str, ...] = ("raw",),
    limits: Limits | None = None,
    link: LinkEstimator | None = None,
    energy: EnergyModel | None = None,
    toll: float = 0.0,
) -> CostTable:
    operators, edge = OperatorEstimator(shape), EdgeEstimator(shape)
    operators.observe(0, [100.0 * (i + 1) for i in range(shape.n)])
    for cut in range(shape.n):
        edge.observe(cut, 10.0 * (shape.n - cut))
    grid = RowGrid(shape, codecs=codecs, limits=limits)
    grid.refresh(CodingEstimator(shape))
    link = LinkEstimator(round_trip_us=1_000, bytes_per_s=1e5) if link is None else link
    return cost_table(grid, operators=operators, edge=edge, link=link, energy=energy, toll=toll)


def test_every_cut_is_a_row_and_so_is_a_jpeg_of_the_picture() -> None:
    rows = table(codecs=("raw", "bitmap")).rows
    assert [(r.cut, r.codec) for r in rows] == [
        *((k, "raw") for k in range(4)),
        *((k, "bitmap") for k in range(3)),
        (0, "jpeg"),
    ]


def test_a_network_whose_input_is_no_picture_has_no_jpeg_row() -> None:
    assert "jpeg" not in table(NetworkShape((5, 5), (10, 10, 10))).codec


def test_latency_is_device_and_encode_and_link_and_edge() -> None:
    row = table().rows[1]
    assert row.device_us == 100
    assert row.bytes_up == 450
    assert row.link_us == pytest.approx(1_000 + (450 + 64) * 10)
    assert row.edge_us == pytest.approx(20)
    assert row.latency_us == pytest.approx(row.device_us + row.encode_us + row.link_us + row.edge_us)


def test_at_cut_n_the_answer_is_there_before_anything_is_sent() -> None:
    row = table().rows[3]
    assert row.link_us == 0
    assert row.edge_us == 0
    assert row.latency_us == pytest.approx(600)
    assert row.bytes_up == 60


def test_at_cut_0_the_device_computes_nothing() -> None:
    assert table().rows[0].device_us == 0


def test_a_toll_is_no_time_and_weighs_in_the_formula_that_knows_edge_times_only() -> None:
    assert table(toll=4).rows[1].edge_us == pytest.approx(20)
    assert table(toll=4).by_operator.edge_us == pytest.approx([50, 50, 50])


def test_a_jpeg_is_open_only_to_a_device_with_a_coder() -> None:
    closed, open_ = table().rows[-1], table(codecs=("raw", "jpeg")).rows[-1]
    assert (closed.codec, closed.available, closed.why_not) == ("jpeg", False, "the device has no JPEG coder")
    assert open_.available


def test_the_jpeg_of_a_fomo_picture_is_some_1700_bytes() -> None:
    assert FOMO.expected_jpeg_bytes == pytest.approx(1_087 + 620, abs=2)


def test_a_given_jpeg_size_is_taken() -> None:
    shape = NetworkShape((5,), (800, 10), input_is_picture=True, jpeg_bytes=123, frame_overhead=0)
    assert table(shape).rows[-1].bytes_up == 123


def test_cuts_beyond_what_the_board_holds_are_in_the_table_and_closed() -> None:
    shape = NetworkShape(FOMO.macs, FOMO.cut_bytes, max_cut=17)
    rows = table(shape).rows
    assert rows[17].available
    assert not rows[18].available
    assert rows[N].why_not == "the board holds operators up to 17"


def test_cuts_that_the_engine_has_no_memory_for_are_in_the_table_and_closed() -> None:
    shape = NetworkShape(FOMO.macs, FOMO.cut_bytes, max_cut=17, board_cuts=frozenset({0, 5, 17, 20}))
    rows = table(shape).rows
    assert [row.cut for row in rows[: N + 1] if row.available] == [0, 5, 17]
    assert rows[6].why_not == "the board's engine has no memory for this cut"
    assert rows[20].why_not == "the board holds operators up to 17"


def test_a_cut_that_no_message_can_carry_is_in_the_table_and_closed() -> None:
    rows = table(NetworkShape((5, 5), (9, 9, 9), unsendable=frozenset({1}))).rows
    assert [row.available for row in rows[:3]] == [True, False, True]
    assert rows[1].why_not == "more tensors are alive there than a message carries"


def test_a_head_known_to_need_more_ram_than_there_is_is_closed_and_an_unknown_one_is_not() -> None:
    rows = table(limits=Limits(ram_bytes=6_000)).rows
    assert [r.available for r in rows[:4]] == [True, True, False, True]
    assert rows[2].why_not == "needs 9000 B of RAM, 6000 B are free"


def test_pictures_that_may_not_leave_close_the_cuts_before() -> None:
    rows = table(codecs=("raw", "jpeg"), limits=Limits(smallest_cut=2)).rows
    assert [r.cut for r in rows if r.available] == [2, 3]


def test_rows_expected_after_the_deadline_are_closed_while_any_keeps_it() -> None:
    assert [r.available for r in table(limits=Limits(latency_us=700)).rows[:4]] == [False, False, False, True]
    assert all(r.available for r in table(limits=Limits(latency_us=10)).rows[:4])


def test_limits_that_leave_no_cut_are_refused_with_the_reasons() -> None:
    with pytest.raises(PolicyError, match=r"privacy keeps everything before cut 2.*holds operators up to 1"):
        RowGrid(NetworkShape((5, 5), (9, 9, 9), max_cut=1), limits=Limits(smallest_cut=2))


def test_framing_may_depend_on_cut_and_bytes() -> None:
    shape = NetworkShape((5,), (800, 10), frame_overhead=lambda cut, coded: 32 * (1 + coded // 500) + cut)
    assert [r.bytes_up for r in table(shape).rows] == [864, 43]


def test_energy_is_absent_without_currents() -> None:
    assert table().rows[1].energy_uj is None


def test_energy_is_computing_and_transmitting_and_listening() -> None:
    row = table(energy=EnergyModel(cpu_ma=50, rx_ma=100, tx_ma=200, volts=3.3)).rows[1]
    transmit_us = 450 * 10
    listen_us = row.link_us - transmit_us + row.edge_us
    assert row.energy_uj == pytest.approx(3.3 * (50 * 100 + 200 * transmit_us + 100 * listen_us) / 1000)


def test_at_cut_n_the_outputs_sent_afterwards_cost_energy() -> None:
    row = table(energy=EnergyModel(cpu_ma=50, rx_ma=100, tx_ma=200, volts=3.3)).rows[3]
    assert row.energy_uj == pytest.approx(3.3 * (50 * 600 + 200 * 60 * 10) / 1000)


def test_a_table_prints_a_line_for_each_row() -> None:
    lines = str(table()).splitlines()
    assert len(lines) == 1 + 5
    assert "the device has no JPEG coder" in lines[-1]


rates = st.floats(10, 1e8)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=40),
    st.integers(0, 10**5),
    rates,
    rates,
)
def test_a_slower_link_never_moves_the_soonest_cut_to_more_bytes(
    operators: list[tuple[int, int]], first: int, one: float, other: float
) -> None:
    macs, sizes = zip(*operators, strict=True)
    shape = NetworkShape(macs, (first, *sizes))
    slow, fast = min(one, other), max(one, other)
    chosen = []
    for speed in (slow, fast):
        priced = table(shape, link=LinkEstimator(bytes_per_s=speed))
        best = int(np.argmin(make_policy("latency").objective(priced)))
        chosen.append((0 if best == shape.n else int(priced.bytes_up[best]), float(priced.latency_us[best])))
    (slow_bytes, slow_us), (fast_bytes, fast_us) = chosen
    assert slow_bytes <= fast_bytes or slow_us == pytest.approx(fast_us, rel=1e-9)
