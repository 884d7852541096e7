"""Runs that serve to learn: forced ones, re-tests and explorations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from simulated_device import FOMO, LTE_M, POOR_WIFI, WIFI, N, SimulatedDevice

from cutpoint.plan import Observation, Occasion, Planner, PolicyError
from cutpoint.plan.policies.fixed import FixedCut


def decided(planner: Planner, count: int) -> list[Occasion]:
    """Occasions of that many decisions, each carried out at once."""
    occasions = []
    for _ in range(count):
        decision = planner.decide()
        planner.observe(Observation(decision.cut, decision.codec))
        occasions.append(decision.occasion)
    return occasions


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_forced_runs_come_with_the_probability_asked_for(share: float) -> None:
    occasions = decided(Planner(FOMO, "fixed:3", seed=1, forced_device_only=share), 2_000)
    assert occasions.count(Occasion.FORCED) / 2_000 == pytest.approx(share, abs=0.03)


def test_a_forced_run_measures_every_operator_on_board() -> None:
    planner = Planner(FOMO, "edge-only", seed=1, forced_device_only=0.2)
    SimulatedDevice(planner).run(40, WIFI)
    assert all(planner.operators.measured(i) for i in range(N))


def test_a_forced_run_says_so() -> None:
    decision = Planner(FOMO, "fixed:3", seed=1, forced_device_only=1.0).decide()
    assert decision.cut == N
    assert decision.exploration
    assert decision.reason.startswith(f"cut {N} forced")


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_explorations_come_with_about_the_probability_asked_for(share: float) -> None:
    occasions = decided(Planner(FOMO, seed=2, exploration=share), 2_000)
    assert occasions.count(Occasion.EXPLORATION) / 2_000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("policy", ["device-only", "edge-only", "fixed:4", "sciot"])
def test_policies_that_do_not_explore_never_do(policy: str) -> None:
    assert set(decided(Planner(FOMO, policy, seed=2, exploration=1.0), 300)) == {Occasion.POLICY}


@pytest.mark.parametrize(("policy", "leaves"), [("fixed:4", False), ("edge-only", False), ("sciot", True)])
def test_a_set_cut_is_not_left_for_operators_whose_time_varies(policy: str, leaves: bool) -> None:
    planner, occasions = Planner(FOMO, policy, seed=2), set()
    for run in range(60):
        decision = planner.decide()
        occasions.add(decision.occasion)
        # Every operator is run and varies, so all are due for a re-test, those behind the chosen cut too.
        planner.observe(Observation(decision.cut, decision.codec, [100.0 * (1 + run % 3)] * N))
    assert (Occasion.RETEST in occasions) is leaves


def test_privacy_explores_only_what_it_allows() -> None:
    planner = Planner(FOMO, "privacy:6", seed=2, exploration=0.5, codecs=("raw", "bitmap"))
    assert min(d.cut for d in SimulatedDevice(planner).run(200, POOR_WIFI)) >= 6


def test_no_lesson_is_expected_to_cost_more_than_twice_the_best() -> None:
    planner = Planner(FOMO, seed=3, exploration=0.5, codecs=("raw", "bitmap"))
    one = SimulatedDevice(planner)
    one.run(30, LTE_M)
    for _ in range(100):
        decision = one.infer(LTE_M)
        if decision.occasion is Occasion.EXPLORATION:
            assert decision.expected_us <= 2.2 * min(r.latency_us for r in planner.explain())


def test_a_codec_never_tried_is_the_first_lesson() -> None:
    planner = Planner(FOMO, seed=0, exploration=1.0, codecs=("raw", "bitmap"))
    planner.observe(Observation(planner.decide().cut))
    decision = planner.decide()
    assert decision.codec == "bitmap"
    assert "never tried" in decision.reason


def test_a_new_link_known_at_one_size_is_probed_at_another_without_being_drawn() -> None:
    one = SimulatedDevice(Planner(FOMO, seed=0, exploration=1e-9))
    occasions = [d for d in one.run(12, POOR_WIFI) if d.occasion is Occasion.EXPLORATION]
    assert len(occasions) <= 1
    if not one.planner.link.conditioned:
        assert "tell the round trip from the bandwidth" in occasions[0].reason


def test_a_detour_stands_until_the_device_has_taken_it() -> None:
    planner = Planner(FOMO, "fixed:3", seed=1, forced_device_only=1.0)
    assert planner.decide().occasion is Occasion.FORCED
    planner.observe(Observation(3))
    assert planner.decide().occasion is Occasion.FORCED


class SetButMeasured(FixedCut):
    """One cut, but operators are measured again when their times vary."""

    retests = True


def unsettled(cut: int) -> Planner:
    """A planner whose device varies in its last operator before `cut`, which queues operator `cut`."""
    planner = Planner(FOMO, SetButMeasured(f"fixed:{cut}", cut), seed=0)
    for last_us in (1_000, 1_000, 2_000):
        planner.observe(Observation(cut, operators_us=[500.0] * (cut - 1) + [last_us]))
    return planner


def test_a_varying_operator_has_the_next_one_run_too() -> None:
    decision = unsettled(4).decide()
    assert decision.occasion is Occasion.RETEST
    assert decision.cut > 4
    assert "re-tests operator 3, 4" in decision.reason


def test_a_detour_that_is_never_taken_stands_for_four_decisions_and_is_given_up() -> None:
    planner = unsettled(4)
    occasions = [planner.decide().occasion for _ in range(6)]
    assert occasions == [Occasion.RETEST] * 4 + [Occasion.POLICY] * 2


def test_a_retest_clears_what_it_ran() -> None:
    planner = unsettled(4)
    decision = planner.decide()
    planner.observe(
        Observation(decision.cut, operators_us=[500.0] * 3 + [1_000.0] + [500.0] * (decision.cut - 4))
    )
    assert planner.variance.pending() == []
    assert planner.decide().occasion is Occasion.POLICY


def test_retests_leave_a_device_alone_for_a_while_after_each_other() -> None:
    planner = unsettled(4)
    occasions = []
    for i in range(64):
        decision = planner.decide()
        occasions.append(decision.occasion)
        times = [500.0] * decision.cut
        times[3] = 1_000.0 * 3 ** (i % 3)
        planner.observe(Observation(decision.cut, operators_us=times))
    starts = [i for i, occasion in enumerate(occasions) if occasion is Occasion.RETEST]
    assert len(starts) >= 2
    assert all(later - earlier >= 8 for earlier, later in pairwise(starts))


def test_an_operator_beyond_the_board_is_never_retested() -> None:
    planner = unsettled(N)
    assert planner.variance.pending() == [N - 1, N]
    assert planner.decide().occasion is Occasion.POLICY


@pytest.mark.parametrize(
    "wrong", [{"exploration": 1.1}, {"exploration": -0.1}, {"forced_device_only": float("nan")}]
)
def test_what_is_no_probability_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PolicyError, match="probability"):
        Planner(FOMO, seed=0, **wrong)  # type: ignore[arg-type]
