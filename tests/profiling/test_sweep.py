"""A sweep over the cuts of a live device."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from busy_devices import DEVICE, Busy
from calibrated_bundle import calibrated_copy

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import About, CodecId, Flag, Plan, decode
from host_tools.device import Profile
from host_tools.hil.codec_choice import CodecChoice
from host_tools.hil.edge import ScriptedEdge
from host_tools.profiling import CutFigures, Sweeper, SweepError
from host_tools.profiling.sweep import cuts_of

OpenEdge = Callable[..., ScriptedEdge]
PLAN = f"cutpoint/1/{DEVICE}/plan"


def test_every_cut_of_a_live_device_is_measured_from_end_to_end(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle)
    told: list[CutFigures] = []
    sweep = Sweeper(open_edge(bundle), bundle, count=3).run(range(bundle.n + 1), told.append)
    assert [cut.cut for cut in sweep.cuts] == list(range(bundle.n + 1)) == [cut.cut for cut in told]
    assert sweep.complete
    assert all(cut.inferences == 3 and cut.unanswered == 0 for cut in sweep.cuts)
    for cut in sweep.cuts[:-1]:
        parts = (cut.device_us, cut.encode_us, cut.link_us, cut.edge_us)
        assert cut.total_us == pytest.approx(sum(part or 0 for part in parts))
        assert (cut.edge_us or 0) > 0
        assert (cut.bytes_up or 0) > bundle.cuts[cut.cut].bytes
    last = sweep.cuts[-1]
    assert last.total_us == pytest.approx((last.device_us or 0) + (last.encode_us or 0))
    assert len(sweep.operators_us) == bundle.n
    assert all(us is not None for us in sweep.operators_us)
    assert sweep.best_cut in range(bundle.n + 1)
    assert not sweep.modelled


def test_a_device_that_holds_a_part_is_swept_as_far_as_it_goes(
    busy_device: Busy, open_edge: OpenEdge, short_bundle: Bundle
) -> None:
    busy_device(short_bundle)
    sweeper = Sweeper(open_edge(short_bundle), short_bundle, count=2)
    assert list(sweeper.possible) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(SweepError, match="holds 5 of"):
        sweeper.run([6])
    sweep = sweeper.run(sweeper.possible)
    assert sweep.complete
    assert sweep.on_board == 5
    assert [us is None for us in sweep.operators_us] == [index >= 5 for index in range(short_bundle.n)]


FOMO = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return calibrated_copy(FOMO.read_bytes(), tmp_path_factory.mktemp("coded"), "small", (5,))


def test_a_setting_of_the_tables_is_swept_at_its_cut(
    busy_device: Busy, open_edge: OpenEdge, coded: Bundle, bundle: Bundle
) -> None:
    busy_device(coded)
    edge = open_edge(coded)
    raw = Sweeper(edge, coded, count=3).run([5])
    choice = CodecChoice.of_text("rans:3", coded)
    assert (choice.codec, choice.setting, choice.cut, choice.label) == (CodecId.RANS, 3, 5, "rans:3")
    sweep = Sweeper(edge, coded, count=3, codec=choice).run([5])
    assert sweep.codec == "rans:3"
    assert (sweep.cuts[0].bytes_up or 0) < 0.7 * (raw.cuts[0].bytes_up or 0)
    with pytest.raises(SweepError, match="rans:3 is for cut 5, not for 4"):
        Sweeper(edge, coded, codec=choice).run([4, 5])


def test_a_device_without_these_tables_is_told_from_one_with_them(
    busy_device: Busy, open_edge: OpenEdge, coded: Bundle, bundle: Bundle
) -> None:
    busy_device(bundle)
    sweeper = Sweeper(open_edge(coded), coded, count=3, codec=CodecChoice.of_text("lowbit:1", coded))
    with pytest.raises(SweepError, match="with raw instead of lowbit:1: it has no such codec tables"):
        sweeper.run([5])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zip", "codec 'zip' is unknown"),
        ("raw:1", "'raw:1' is no setting"),
        ("rans", r"has of this codec rans:2 \(cut 5\), rans:3 \(cut 5\)"),
        ("rans:1", "has of this codec rans:2"),
        ("slicer:1", "has no setting of it: `cutpoint calibrate` makes them"),
    ],
)
def test_a_codec_that_the_bundle_does_not_have_is_refused(coded: Bundle, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        CodecChoice.of_text(text, coded)


def test_the_retained_plan_of_before_is_in_force_again_under_a_newer_epoch(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle, memory_broker: MemoryBroker
) -> None:
    device = busy_device(bundle)
    before = open_edge(bundle, "planner")
    before.plan(4, epoch=40, codec=CodecId.BITMAP, flags=Flag.TIMINGS | Flag.HEDGED, deadline_ms=777)
    before.activation(epoch=40)
    before.close()
    Sweeper(open_edge(bundle), bundle, count=2).run([2, 6])
    retained = memory_broker.retained(PLAN)
    assert retained is not None
    plan = decode(retained)
    assert isinstance(plan, Plan)
    assert plan.epoch > 42
    assert (plan.cut, plan.codec, plan.flags, plan.deadline_ms) == (
        4,
        CodecId.BITMAP,
        Flag.TIMINGS | Flag.HEDGED,
        777,
    )
    assert device.state == "online"


def test_no_inference_is_left_waiting_under_the_sweeps_long_deadline(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    device = busy_device(bundle, deadline_ms=300, isolate_after=255)
    for _ in range(3):  # whether one is under way when the edge leaves is a matter of chance
        edge = open_edge(bundle)
        Sweeper(edge, bundle, count=1, deadline_ms=60_000).run([1])
        edge.close()
        done = device.counters["inferences"]
        give_up = time.monotonic() + 5
        while device.counters["inferences"] < done + 2:
            assert time.monotonic() < give_up, "it waits for an answer of the edge that has left"
            time.sleep(0.01)


def test_a_plan_that_the_broker_hands_out_after_the_first_pictures_is_none_of_another_edge(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle, memory_broker: MemoryBroker
) -> None:
    busy_device(bundle, deadline_ms=300)
    before = open_edge(bundle, "planner")
    before.plan(4, epoch=40, deadline_ms=300)
    before.activation(epoch=40)
    kept = memory_broker.retained(PLAN)
    assert kept is not None
    before.forget_plan()
    before.close()
    edge = open_edge(bundle)
    first = edge.activation(epoch=40).sequence
    assert edge.activation(epoch=40, since=edge.mark()).sequence > first  # so the first one was answered
    late = MemoryBus(memory_broker, "late")
    late.connect()
    late.publish(PLAN, kept, qos=1)
    late.publish(PLAN, kept, qos=1)  # as the embedded broker does
    Sweeper(edge, bundle, count=2).run([2, 6])
    retained = memory_broker.retained(PLAN)
    assert retained
    plan = decode(retained)
    assert isinstance(plan, Plan)
    assert plan.cut == 4
    assert plan.epoch > 42


def test_a_device_without_a_plan_gets_its_own_cut_back_and_no_plan_stays(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle, memory_broker: MemoryBroker
) -> None:
    busy_device(bundle, cut=3, deadline_ms=300)
    edge = open_edge(bundle)
    Sweeper(edge, bundle, count=1).run([5, 6])
    assert not memory_broker.retained(PLAN)
    assert edge.activation(since=edge.mark(), epoch=edge.epoch).cut == 3


def test_another_edge_is_noticed_instead_of_fought(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle)
    open_edge(bundle, "server")
    with pytest.raises(SweepError, match="another edge serves dev-1"):
        Sweeper(open_edge(bundle), bundle, count=5).run([1, 2, 3])


def test_answers_that_come_too_late_are_counted_and_nothing_is_made_up_for_them(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle, deadline_ms=100, isolate_after=255)
    edge = open_edge(bundle)
    edge.reply = lambda _edge, _activation: None
    sweep = Sweeper(edge, bundle, count=2, deadline_ms=20, timeout_s=5).run([3])
    assert not sweep.complete
    assert sweep.cuts[0].unanswered == 2
    assert (sweep.cuts[0].total_us, sweep.cuts[0].link_us, sweep.best_cut) == (None, None, None)


def test_a_device_that_answers_by_itself_is_measured_whole_without_an_acknowledgement(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle, deadline_ms=100, isolate_after=255)
    edge = open_edge(bundle)
    edge.reply = lambda _edge, _activation: None
    sweep = Sweeper(edge, bundle, count=2, timeout_s=5).run([bundle.n])
    assert sweep.cuts[0].unanswered == 2
    assert sweep.cuts[0].total_us is not None
    assert sweep.complete


def test_a_device_that_gives_its_edge_up_ends_the_sweep_with_the_reason(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle, deadline_ms=100, probe_first_ms=20, probe_max_ms=20)
    edge = open_edge(bundle)
    edge.reply = lambda _edge, _activation: None
    with pytest.raises(SweepError, match="isolated: answers do not reach it within 20 ms"):
        Sweeper(edge, bundle, count=50, deadline_ms=20, timeout_s=5).run([3])


def test_a_device_that_is_given_no_pictures_is_told_from_one_that_is_not_there(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle
) -> None:
    busy_device(bundle, pictures=False)
    with pytest.raises(SweepError, match="given pictures"):
        Sweeper(open_edge(bundle), bundle, timeout_s=0.3).run([1])


def test_a_device_that_never_announced_itself_is_named(
    open_edge: OpenEdge, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host_tools.profiling.sweep.FIRST_WORD_S", 0.2)
    with pytest.raises(SweepError, match="no device dev-1 has announced itself"):
        Sweeper(open_edge(bundle), bundle)


def test_another_model_is_refused_by_both_names(
    busy_device: Busy, open_edge: OpenEdge, bundle: Bundle, tmp_path: Path
) -> None:
    busy_device(bundle, pictures=False)
    keywords = Path(__file__).parents[1] / "fixtures" / "models" / "keywords.tflite"
    other = Bundle.create(keywords.read_bytes(), tmp_path, name="other")
    with pytest.raises(SweepError, match=bundle.model_id.hex()):
        Sweeper(open_edge(other), other)


def test_a_device_that_went_away_is_not_swept(busy_device: Busy, open_edge: OpenEdge, bundle: Bundle) -> None:
    device = busy_device(bundle, pictures=False)
    open_edge(bundle, "watcher").wait(About)
    device.stop()
    with pytest.raises(SweepError, match="sleeping"):
        Sweeper(open_edge(bundle), bundle)


def test_modelled_times_are_marked(busy_device: Busy, open_edge: OpenEdge, bundle: Bundle) -> None:
    busy_device(bundle, profile=Profile.load("esp32-s3"))
    assert Sweeper(open_edge(bundle), bundle, count=1).run([1]).modelled


@pytest.mark.parametrize(
    ("text", "cuts"), [(None, [0, 1, 2, 3, 4]), ("0", [0]), ("3,1", [1, 3]), ("0-2,2-3", [0, 1, 2, 3])]
)
def test_cuts_are_named_one_by_one_or_as_ranges(text: str | None, cuts: list[int]) -> None:
    assert cuts_of(text, range(5)) == cuts


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "1,,2", "1;2"])
def test_what_names_no_cut_is_refused(text: str) -> None:
    with pytest.raises(SweepError, match="is no cut"):
        cuts_of(text, range(5))
