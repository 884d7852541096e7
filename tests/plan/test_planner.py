"""A planner with a simulated device: it settles, stays, follows the link, and says why."""

from __future__ import annotations

from itertools import pairwise

import pytest
from simulated_device import CUT_BYTES, FOMO, LTE_M, POOR_WIFI, WIFI, N, SimulatedDevice, TrueLink

from cutpoint.plan import EdgeEstimator, NetworkShape, Occasion, Planner


def device(
    policy: str = "latency", *, seed: int = 0, codecs: tuple[str, ...] = ("raw",), **settings: float
) -> SimulatedDevice:
    settings = {"exploration": 0.0, **settings}
    return SimulatedDevice(Planner(FOMO, policy, seed=seed, codecs=codecs, **settings), seed=seed)  # type: ignore[arg-type]


def test_a_first_decision_needs_no_measurement() -> None:
    decision = Planner(FOMO, seed=0).decide()
    assert 0 <= decision.cut <= N
    assert decision.deadline_ms == 2_000
    assert decision.report_timings
    assert decision.occasion is Occasion.POLICY


def test_the_reason_is_one_line_with_cut_time_gain_and_link() -> None:
    reason = device().run(10, WIFI)[-1].reason
    assert reason.startswith("cut 0 expects ")
    assert " ms" in reason
    assert "% under cut " in reason
    assert "Mb/s" in reason
    assert "\n" not in reason


@pytest.mark.parametrize(
    ("link", "cuts"), [(WIFI, {0}), (TrueLink(60_000, 50_000, 6_000), {6, 10, 13}), (LTE_M, {N})]
)
def test_it_settles_where_the_link_asks_for(link: TrueLink, cuts: set[int]) -> None:
    assert {d.cut for d in device().run(40, link)[10:]} <= cuts


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("link", [WIFI, POOR_WIFI, LTE_M])
def test_it_does_not_flap_on_a_noisy_link_with_a_noisy_device(link: TrueLink, seed: int) -> None:
    decisions = SimulatedDevice(
        Planner(FOMO, seed=seed, exploration=0.0), seed=seed, operator_jitter=0.10
    ).run(200, link)
    settled = [d.cut for d in decisions if d.occasion is Occasion.POLICY][20:]
    assert sum(a != b for a, b in pairwise(settled)) <= 2


@pytest.mark.parametrize("seed", range(8))
def test_it_answers_a_link_turned_poor_within_five_inferences(seed: int) -> None:
    one = device(seed=seed)
    one.run(30, WIFI)
    assert one.decision.cut == 0
    moved = [d.cut for d in one.run(5, POOR_WIFI)]
    assert CUT_BYTES[moved[-1]] <= 4_608


@pytest.mark.parametrize("seed", range(8))
def test_it_answers_a_link_turned_good_again_within_five_inferences(seed: int) -> None:
    one = device(seed=seed)
    one.run(30, TrueLink(60_000, 50_000, 6_000))
    assert one.decision.cut in (6, 10, 13)
    assert one.run(5, WIFI)[-1].cut == 0


def test_answers_that_stop_coming_are_noticed_without_a_single_sample() -> None:
    one = device()
    one.run(30, WIFI)
    dead = TrueLink(30e6, 1e6)
    decisions = one.run(8, dead)
    assert decisions[-1].cut == N
    assert decisions[0].deadline_ms < decisions[2].deadline_ms


def test_an_observed_answer_ends_the_longer_waits() -> None:
    one = device()
    usual = one.run(30, WIFI)[-1].deadline_ms
    one.run(2, TrueLink(30e6, 1e6))
    assert one.run(3, WIFI)[-1].deadline_ms == pytest.approx(usual, rel=0.2)


def test_a_busy_edge_moves_the_cut_towards_the_device_and_back() -> None:
    edge = EdgeEstimator(FOMO)
    one = SimulatedDevice(Planner(FOMO, seed=0, exploration=0.0, edge=edge))
    assert one.run(20, WIFI)[-1].cut == 0
    edge.load = 5_000
    assert one.run(6, WIFI)[-1].cut > 6
    edge.load = 1
    assert one.run(6, WIFI)[-1].cut == 0


def test_a_slower_device_moves_the_cut_towards_the_edge() -> None:
    one = device()
    link = TrueLink(60_000, 50_000, 1_000)
    before = one.run(20, link)[-1].cut
    one.operator_us = [us * 8 for us in one.operator_us]
    assert one.run(40, link)[-1].cut < before


def test_a_codec_that_halves_the_bytes_is_found_and_kept() -> None:
    one = device(codecs=("raw", "bitmap"), exploration=0.2)
    decisions = one.run(120, TrueLink(40_000, 40_000, 2_000))
    assert decisions[-1].codec == "bitmap"


@pytest.mark.parametrize("policy", ["latency", "privacy:3", "sciot"])
def test_equal_seeds_and_observations_give_equal_decisions(policy: str) -> None:
    runs = [
        device(policy, seed=4, exploration=0.3, forced_device_only=0.1).run(60, POOR_WIFI) for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_explain_is_the_table_behind_the_decision() -> None:
    one = device()
    decision = one.run(10, WIFI)[-1]
    row = next(r for r in one.planner.explain() if (r.cut, r.codec) == (decision.cut, decision.codec))
    assert row.latency_us == pytest.approx(decision.expected_us)


def test_timings_can_be_left_out() -> None:
    assert not Planner(FOMO, seed=0, report_timings=False).decide().report_timings


def test_a_board_that_holds_part_of_the_network_is_never_asked_for_more() -> None:
    shape = NetworkShape(FOMO.macs, FOMO.cut_bytes, kinds=FOMO.kinds, max_cut=13)
    planner = Planner(shape, seed=1, exploration=0.5, forced_device_only=0.3)
    decisions = SimulatedDevice(planner, seed=1).run(100, LTE_M)
    assert max(d.cut for d in decisions) == 13
