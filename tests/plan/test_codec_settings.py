"""Rows of calibrated codecs: what they are expected to cost, which are open, and which a policy takes."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_device import CUT_BYTES, FOMO, MACS, POOR_WIFI, WIFI, N, SimulatedDevice

from cutpoint.plan import (
    CodecSetting,
    CodingEstimator,
    Decision,
    Limits,
    LinkEstimator,
    NetworkShape,
    Observation,
    Occasion,
    Planner,
    PolicyError,
    RowGrid,
    loss_points,
)

LOSSLESS = CodecSetting(1, 17, "rans", 1_500, lossless=True)
SMALL = CodecSetting(2, 17, "rans", 320, loss=0.05)
SMALLER = CodecSetting(3, 17, "rans", 150, loss=1.9)
DELTA = CodecSetting(4, 13, "delta", 200, loss=0.2, why_not="the device remembers 0 B of 2304")
FAMILY = (LOSSLESS, SMALL, SMALLER, DELTA)


def shape(*of: CodecSetting, **more: Any) -> NetworkShape:
    return NetworkShape(MACS, CUT_BYTES, input_is_picture=True, settings=of or FAMILY, **more)


def planner(policy: str = "latency", *of: CodecSetting, max_loss: float = 0.0, **more: Any) -> Planner:
    more = {"seed": 1, "exploration": 0.0, "codecs": ("raw", "bitmap")} | more
    jpeg = {name: more.pop(name) for name in ("jpeg_loss", "jpeg_bytes") if name in more}
    return Planner(shape(*of, **jpeg), policy, limits=Limits(max_loss=max_loss), **more)


def drawn_settings(random: Random) -> tuple[CodecSetting, ...]:
    """Settings of random codecs, sizes and losses, some of them lossless, some that the device cannot take."""
    return tuple(
        CodecSetting(
            number,
            random.randrange(N),
            random.choice(("lowbit", "rans", "slicer", "delta")),
            random.randrange(50, 5_000),
            encode_us=random.choice((None, random.uniform(0, 5_000))),
            loss=random.choice((-0.2, 0.0, 0.05, 0.4, 1.0, 5.0)),
            lossless=random.random() < 0.2,
            why_not=random.choice(("", "", "", "the device has other tables")),
        )
        for number in range(1, random.randint(2, 30))
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([0.0, 0.05, 0.5, 3.0, 100.0]))
def test_the_soonest_row_within_the_loss_is_taken_of_all_that_there_are(seed: int, max_loss: float) -> None:
    random = Random(seed)
    made = drawn_settings(random)
    link = LinkEstimator(round_trip_us=random.uniform(0, 1e5), bytes_per_s=10 ** random.uniform(2, 7))
    one = planner("latency", *made, max_loss=max_loss, link=link)
    allowed = {
        (s.cut, s.label): s
        for s in made
        if not s.why_not and (s.lossless or (max_loss > 0 and s.loss <= max_loss))
    }
    table = one.explain()
    best = min(
        (r for r in table if (r.codec in ("raw", "bitmap")) or (r.cut, r.codec) in allowed),
        key=lambda r: r.latency_us,
    )
    assert [(r.cut, r.codec) for r in table if r.available and ":" in r.codec] == list(allowed)
    decision = one.decide()
    assert (decision.cut, decision.codec) == (best.cut, best.codec)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from([0.0, 0.1, 2.0]))
def test_no_decision_of_any_occasion_ever_loses_more_than_is_allowed(seed: int, max_loss: float) -> None:
    random = Random(seed)
    made = drawn_settings(random)
    one = planner(
        "latency", *made, max_loss=max_loss, exploration=0.5, forced_device_only=0.1, audit_every=5, seed=seed
    )
    device = SimulatedDevice(one, seed=seed, operator_jitter=0.2)
    losses = {(s.cut, s.label): s for s in made}
    for turn in range(60):
        decision = device.infer(WIFI if turn % 20 < 12 else POOR_WIFI)
        setting = losses.get((decision.cut, decision.codec))
        if setting is not None:
            assert not setting.why_not
            assert setting.lossless or (max_loss > 0 and setting.loss <= max_loss)


def test_by_default_no_bit_is_changed_even_where_the_calibration_found_no_loss() -> None:
    table = planner("latency", CodecSetting(1, 17, "rans", 10, loss=-0.1), LOSSLESS_TOO).explain()
    rows = {row.codec: row for row in table}
    assert rows["rans:1"].why_not == "loses -0.1 points, none is allowed (max_loss)"
    assert rows["rans:9"].available


LOSSLESS_TOO = CodecSetting(9, 17, "rans", 1_500, loss=0.3, lossless=True)


def test_a_row_that_loses_too_much_says_what_it_loses_and_what_is_allowed() -> None:
    rows = {row.codec: row for row in planner(max_loss=0.5).explain()}
    assert rows["rans:2"].available
    assert rows["rans:3"].why_not == "loses 1.9 points, 0.5 are allowed"
    assert (rows["rans:1"].loss, rows["rans:2"].loss, rows["raw"].loss) == (0, 0.05, 0)
    assert rows["delta:4"].why_not == "the device remembers 0 B of 2304"
    assert "rans:3" in str(planner().explain())


def test_a_setting_starts_with_the_bytes_of_its_calibration_and_the_time_of_its_instructions() -> None:
    coding = CodingEstimator(shape(), machine_class="esp32-c3")
    assert coding.coded_bytes(17, "rans:2") == 320
    assert coding.encode_us(17, "rans:2") == pytest.approx(60 * 1.331 / 160 * CUT_BYTES[17])
    known = CodingEstimator(shape(CodecSetting(7, 17, "rans", 320, encode_us=900)))
    assert known.encode_us(17, "rans:7") == 900


def test_what_was_measured_counts_and_speaks_for_the_time_of_the_codecs_other_settings() -> None:
    grid, coding = RowGrid(shape()), CodingEstimator(shape())
    grid.refresh(coding)
    before = grid.encode_us.copy()
    at = {label: grid.index[17, label] for label in ("rans:1", "rans:2", "rans:3")}
    coding.observe(17, "rans:2", coded_bytes=400, encode_us=2 * coding.encode_us(17, "rans:2"))
    grid.refresh(coding, at["rans:2"])
    assert coding.coded_bytes(17, "rans:2") == 400
    assert coding.coded_bytes(17, "rans:3") == 150
    assert [grid.encode_us[at[label]] / before[at[label]] for label in at] == pytest.approx([2, 2, 2])
    assert grid.encode_us[grid.index[13, "delta:4"]] == before[grid.index[13, "delta:4"]]


@pytest.mark.parametrize(
    ("loss", "max_loss", "open_"),
    [(None, 0.0, True), (None, 1.0, True), (0.4, 1.0, True), (0.4, 0.1, False), (0.0, 0.0, False)],
)
def test_a_jpeg_of_known_loss_keeps_the_limit_and_one_of_unknown_loss_is_whose_coder_was_named(
    loss: float | None, max_loss: float, open_: bool
) -> None:
    one = planner("latency", max_loss=max_loss, codecs=("raw", "jpeg"), jpeg_loss=loss)
    (row,) = (row for row in one.explain() if row.codec == "jpeg")
    assert row.available is open_
    assert row.loss == loss


def decided(policy: str, *of: CodecSetting, max_loss: float = 5.0) -> Decision:
    return planner(policy, *of, max_loss=max_loss).decide()


def test_fixed_takes_one_setting_or_the_soonest_open_one_of_a_codec() -> None:
    assert decided("fixed:17:rans:1").codec == "rans:1"
    assert decided("fixed:17:rans").codec == "rans:3"
    assert decided("fixed:17:rans", max_loss=0.5).codec == "rans:2"
    assert decided("fixed:17:rans", max_loss=0.0).codec == "rans:1"
    assert decided("fixed:17").codec == "raw"
    assert "is set by fixed:17:rans:2" in decided("fixed:17:rans:2").reason
    assert decided("fixed:17:rans:2").reason.endswith("; loses 0.05 points")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("fixed:13:rans", "no cut 13 with codec rans"),
        ("fixed:17:rans:8", "no cut 17 with codec rans:8"),
        ("fixed:17:rans:3", "loses 1.9 points, 0.5 are allowed"),
        ("fixed:13:delta", "the device remembers 0 B"),
    ],
)
def test_a_fixed_setting_that_cannot_be_is_refused_with_the_reason(policy: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        planner(policy, max_loss=0.5)


def followed(one: Planner, count: int, link: Any = POOR_WIFI) -> list[Decision]:
    return SimulatedDevice(one).run(count, link)


def test_a_device_with_a_lossy_setting_is_audited_now_and_then_by_the_soonest_exact_row_of_its_cut() -> None:
    one = planner("fixed:17:rans:2", max_loss=1, audit_every=10)
    decisions = followed(one, 40)
    audits = [decision for decision in decisions if decision.occasion is Occasion.AUDIT]
    assert [turn for turn, decision in enumerate(decisions) if decision in audits] == [9, 19, 29, 39]
    assert {(audit.cut, audit.codec, audit.exploration) for audit in audits} == {(17, "rans:1", True)}
    assert audits[0].reason.startswith("cut 17 rans:1 audits rans:2: one exact frame shows what it costs")
    assert one.lossy == (17, "rans:2")


def test_an_audit_is_no_change_of_another_frame() -> None:
    change = CodecSetting(5, 17, "delta", 10, lossless=True)
    one = planner("fixed:17:rans:2", SMALL, LOSSLESS, change, max_loss=1, audit_every=3, codecs=())
    audits = {d.codec for d in followed(one, 10) if d.occasion is Occasion.AUDIT}
    assert audits == {"rans:1"}


def test_a_jpeg_is_not_audited() -> None:
    one = planner("fixed:0:jpeg", codecs=("raw", "jpeg"), audit_every=3)
    assert {d.occasion for d in followed(one, 10)} == {Occasion.POLICY}


@pytest.mark.parametrize(
    ("policy", "every"), [("fixed:17:rans:1", 5), ("fixed:17", 5), ("fixed:17:rans:2", 0)]
)
def test_nothing_is_audited_that_changes_no_bit_or_where_nobody_asks_for_it(policy: str, every: int) -> None:
    decisions = followed(planner(policy, max_loss=1, audit_every=every), 30)
    assert {decision.occasion for decision in decisions} == {Occasion.POLICY}


def test_where_no_tables_code_the_cut_losslessly_an_audit_is_raw() -> None:
    one = planner("fixed:17:rans:2", SMALL, max_loss=1, audit_every=3, codecs=("raw",))
    assert {d.codec for d in followed(one, 10) if d.occasion is Occasion.AUDIT} == {"raw"}


def test_a_setting_that_drifted_above_the_limit_is_left_and_taken_again_when_it_did_not() -> None:
    link = LinkEstimator(bytes_per_s=20_000)
    one = planner("latency", SMALL, max_loss=0.5, link=link, hysteresis=0.0, dwell=0)
    assert one.decide().codec == "rans:2"
    assert not one.drifted(17, "rans:2", 0.3)
    assert one.decide().codec == "rans:2"
    assert one.drifted(17, "rans:2", 2.0)
    (row,) = (row for row in one.explain() if row.codec == "rans:2")
    assert row.loss == pytest.approx(2.05)
    assert row.why_not == "loses 2 points, 2 of them since it was calibrated, 0.5 are allowed"
    assert one.decide().codec != "rans:2"
    assert one.lossy is None
    assert one.drifted(17, "rans:2", 0.0)
    assert one.decide().codec == "rans:2"


def test_answers_better_than_calibrated_open_nothing() -> None:
    one = planner("latency", max_loss=1.0)
    assert not one.drifted(17, "rans:3", -1.5)
    assert not one.drifted(3, "rans:3", 5.0)
    with pytest.raises(PolicyError, match="drift of rans:2 is nan"):
        one.drifted(17, "rans:2", math.nan)


def test_a_fixed_setting_that_drifted_too_far_is_stood_in_for_at_its_own_cut() -> None:
    one = planner("fixed:17:rans:2", max_loss=1.0)
    one.drifted(17, "rans:2", 3.0)
    decision = one.decide()
    assert (decision.cut, decision.codec) == (17, "rans:1")
    assert "stands in for fixed:17:rans:2, which loses too much: loses 3 points" in decision.reason


def test_of_a_codec_that_was_never_tried_one_setting_is_and_not_all_of_them() -> None:
    one = planner(
        "latency", max_loss=5, exploration=1.0, codecs=("raw",), link=LinkEstimator(bytes_per_s=20_000)
    )
    tried = {d.codec for d in followed(one, 12) if "never tried" in d.reason}
    assert len([codec for codec in tried if codec.startswith("rans")]) <= 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": 0}, "number of a codec setting is 0; expected 1 to 255"),
        ({"bytes": math.nan}, "bytes of a codec setting is nan"),
        ({"loss": 101}, "loss of a codec setting is 101"),
        ({"encode_us": -1}, "encode_us of a codec setting is -1"),
    ],
)
def test_a_setting_that_is_none_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        CodecSetting(**{"number": 1, "cut": 3, "codec": "rans", "bytes": 10} | wrong)


def test_settings_beyond_the_network_and_doubles_are_refused() -> None:
    with pytest.raises(PolicyError, match=f"codes cut {N}; expected 0 to {N - 1}"):
        shape(CodecSetting(1, N, "rans", 10))
    with pytest.raises(PolicyError, match="rans:1 is there twice"):
        shape(CodecSetting(1, 3, "rans", 10), CodecSetting(1, 4, "rans", 10))


def lived(one: Planner, turns: int = 60) -> Planner:
    SimulatedDevice(one, seed=4).run(turns, POOR_WIFI)
    return one


def settled(**more: Any) -> Planner:
    return planner("fixed:17:rans:2", max_loss=1, audit_every=7, **more)


def test_a_state_with_settings_leads_to_equal_decisions() -> None:
    first = lived(settled())
    second = settled()
    second.restore(first.state())
    assert second.state() == first.state()
    one, other = SimulatedDevice(first, seed=9), SimulatedDevice(second, seed=9)
    assert one.run(30, WIFI) == other.run(30, WIFI)


def test_with_other_tables_all_is_taken_but_what_was_learned_of_their_settings() -> None:
    first = lived(settled())
    first.observe(Observation(17, "rans:2", coded_bytes=999, encode_us=123))
    other = planner("latency", CodecSetting(2, 17, "rans", 700, loss=0.1), max_loss=1, audit_every=7)
    other.restore(first.state())
    assert other.link.round_trip_us == first.link.round_trip_us
    assert other.coding.coded_bytes(17, "rans:2") == 700
    assert other.state()["row"] is None
    assert len(other.state()["last_run"]) == len(other.explain())  # type: ignore[arg-type]
    other.decide()


def before_tables(state: dict[str, Any]) -> dict[str, Any]:
    """What a planner of version 1 wrote, which had neither settings nor audits."""
    detours = {name: value for name, value in state["detours"].items() if name != "audited_at"}
    old = {name: value for name, value in state.items() if name != "tables"}
    return old | {"version": 1, "detours": detours | {"version": 1}}


def test_a_state_from_before_there_were_tables_goes_on() -> None:
    plain = Planner(FOMO, "latency", seed=1, exploration=0.3, codecs=("raw", "bitmap"))
    lived(plain)
    old = before_tables(plain.state())
    same = Planner(FOMO, "latency", seed=1, exploration=0.3, codecs=("raw", "bitmap"))
    same.restore(old)
    assert same.state() == plain.state()
    calibrated = planner("latency")
    calibrated.restore(old)
    assert calibrated.link.round_trip_us == plain.link.round_trip_us
    assert calibrated.state()["row"] == plain.state()["row"]


HOSTILE: tuple[object, ...] = (
    None,
    True,
    "",
    -1,
    0.5,
    math.nan,
    1 << 62,
    [],
    {},
    [[]],
    [None] * 4,
    {"version": 1},
)


@pytest.mark.parametrize("name", ["tables", "row", "last_run", "coding", "detours", "shift", "version"])
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_a_damaged_state_of_other_tables_is_refused_whole_or_can_be_decided_with(
    name: str, value: object
) -> None:
    one = lived(settled(), 5)
    before = one.state()
    state: dict[str, Any] = lived(settled()).state() | {"tables": 7} | {name: value}
    try:
        one.restore(state)
    except PolicyError:
        assert one.state() == before
    else:
        assert 0 <= one.decide().cut <= N


@pytest.mark.parametrize(
    ("written", "points"),
    [
        (0.5, 0.5),
        (1, 1.0),
        ("0.5", 0.5),
        ("1pp", 1.0),
        ("1 pp", 1.0),
        ("2.5%", 2.5),
        ("0", 0.0),
        (" 3 % ", 3.0),
    ],
)
def test_a_loss_is_read_as_people_write_it(written: object, points: float) -> None:
    assert loss_points(written) == points


@pytest.mark.parametrize("written", [-1, 101, math.nan, math.inf, "", "pp", "1p", "one", True, None, "1pp%x"])
def test_what_is_no_loss_is_refused(written: object) -> None:
    with pytest.raises(PolicyError, match="is no loss; write points from 0 to 100"):
        loss_points(written)


@pytest.mark.parametrize("max_loss", [-0.1, 100.5, math.nan])
def test_a_limit_of_the_loss_is_in_points(max_loss: float) -> None:
    with pytest.raises(PolicyError, match="max_loss is"):
        Limits(max_loss=max_loss)
