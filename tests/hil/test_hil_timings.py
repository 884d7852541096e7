"""What a device measures of itself: every operator, coding, round trips."""

from __future__ import annotations

import pytest
from hil_words import Figure

from cutpoint.wire import Activation, Command, Flag
from host_tools.hil import Stand
from host_tools.hil.stand import Inference

WORK_MACS = 20_000
"""MACs above which an operator takes a microsecond on any board."""


def plausible(stand: Stand, got: Inference) -> None:
    activation, answer = got.activation, got.answer
    assert activation is not None
    assert activation.timings is not None
    times = activation.timings.operators_us
    for operator, taken in zip(stand.bundle.operators, times, strict=False):
        assert operator.macs < WORK_MACS or taken > 0, f"operator {operator.index} took no time"
    assert answer.total_us is not None
    assert answer.device_us is not None
    # The device's own sum is of the same operators, and all of it happened between picture and answer.
    if answer.by == "edge":
        assert answer.device_us == pytest.approx(sum(times), rel=0.05, abs=50)
        assert answer.round_trip_us is not None
        assert answer.edge_us is not None
        assert answer.edge_us <= answer.round_trip_us <= answer.total_us
        assert sum(times) + answer.round_trip_us <= answer.total_us * 1.05 + 1000


def test_every_operator_that_ran_is_timed_and_no_other(stand: Stand) -> None:
    for cut in sorted({0, 1, stand.middle, stand.on_board}):
        got = stand.follow(cut, stand.pictures[0])
        assert got.activation is not None
        assert got.activation.timings is not None
        assert len(got.activation.timings.operators_us) == cut
        plausible(stand, got)


def test_a_plan_without_timings_gets_none(stand: Stand) -> None:
    got = stand.follow(stand.middle, stand.pictures[0], flags=Flag(0))
    assert got.activation is not None
    assert got.activation.timings is None


def test_the_profile_command_runs_and_times_everything_once(stand: Stand, figure: Figure) -> None:
    if not stand.whole:
        pytest.skip(
            f"{stand.device} holds {stand.on_board} of {stand.bundle.n} operators, so it cannot run them all"
        )
    since = stand.edge.mark()
    stand.edge.command(Command.PROFILE)
    got = stand.until(lambda one: one.answer.reason == "profiled", "a profiled inference")
    profiled = stand.edge.wait(
        Activation,
        lambda said: said.timings is not None and len(said.timings.operators_us) == stand.bundle.n,
        since=since,
        timeout_s=stand.s(5),
        what="the times of all operators",
    )
    assert profiled.sequence == got.answer.sequence
    assert got.answer.outputs_crc == stand.truth.outputs_crc(stand.pictures[0])
    assert profiled.timings is not None
    figure("operators_us", list(profiled.timings.operators_us))
    figure("device_ms", sum(profiled.timings.operators_us) / 1000)
    assert stand.infer(stand.pictures[0]).answer.by == "edge"


def test_round_trips_are_told_with_the_inference_after(stand: Stand) -> None:
    first = stand.follow(stand.middle, stand.pictures[0])
    then = stand.infer(stand.pictures[1])
    assert then.activation is not None
    assert then.activation.timings is not None
    last = then.activation.timings.last
    assert last is not None
    assert last.sequence == first.answer.sequence
    assert last.round_trip_us >= last.edge_us
    assert (last.bytes_up, last.bytes_down) == (first.answer.bytes_up, first.answer.bytes_down)


def test_the_heaviest_operator_takes_more_than_the_lightest_ones(stand: Stand) -> None:
    """A device that reports made-up times would have to know the network."""
    times: list[list[int]] = [[] for _ in range(stand.on_board)]
    for _ in range(3):
        got = stand.follow(stand.on_board, stand.pictures[0])
        assert got.activation is not None
        assert got.activation.timings is not None
        for index, taken in enumerate(got.activation.timings.operators_us):
            times[index].append(taken)
    medians = [sorted(taken)[1] for taken in times]
    macs = [operator.macs for operator in stand.bundle.operators[: stand.on_board]]
    assert medians[macs.index(max(macs))] > sorted(medians)[len(medians) // 4]
