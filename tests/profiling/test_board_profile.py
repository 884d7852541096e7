"""From measured operators to a profile that a virtual device and a planner can use."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from edge_server.planning.machines import machine_classes
from host_tools.device import Profile
from host_tools.device.workload import Workload
from host_tools.profiling import CutFigures, Sweep, draw, fit_board, profile_toml, write_csv, write_json
from host_tools.profiling.figures import Samples, operator_medians, spread

WORK = (
    Workload(100_000, 900, "conv"),
    Workload(400_000, 900, "conv"),
    Workload(200_000, 500, "conv_pointwise"),
    Workload(900_000, 500, "conv_pointwise"),
    Workload(50_000, 700, "depthwise"),
    Workload(150_000, 300, "depthwise"),
    Workload(0, 4_000),
    Workload(0, 800),
)


def times(profile: Profile) -> tuple[float, ...]:
    return tuple(profile.operator_us(work) for work in WORK)


def sweep(operators_us: tuple[float | None, ...], **changed: object) -> Sweep:
    cut = CutFigures(0, 3, 0.0, 10.0, 2000.0, 500.0, 2510.0, 0.0, 2100.0, 3000.0, 60.0, 0)
    last = CutFigures(8, 3, 9000.0, 5.0, 1000.0, 50.0, 9005.0, 9100.0, 1100.0, 90.0, 36.0, 0)
    given: dict[str, object] = {
        "device": "cam-1",
        "chip": "esp32",
        "firmware": "cutpoint 1",
        "engine": "tflm",
        "model": "00112233",
        "bundle": "small",
        "boot": 3,
        "operators": 8,
        "on_board": 8,
        "codec": "raw",
        "modelled": False,
        "cuts": (cut, last),
        "operators_us": operators_us,
        "spread": 0.02,
        "clock_mhz": 240,
        "best_cut": 0,
    }
    return Sweep(**{**given, **changed})  # type: ignore[arg-type]


def fit(measured: Sweep, base: Profile) -> Profile:
    return fit_board(measured, WORK, base, name="mine", when="2026-01-01").profile


def test_the_profile_that_made_the_times_is_found_again() -> None:
    made_by = Profile.load("esp32")
    found = fit(sweep(times(made_by)), Profile.load("esp32-s3"))
    assert found.cycles_per_mac is not None
    assert made_by.cycles_per_mac is not None
    for kind in ("conv", "conv_pointwise", "depthwise"):
        assert getattr(found.cycles_per_mac, kind) == pytest.approx(
            getattr(made_by.cycles_per_mac, kind), rel=1e-6
        )
    assert times(found) == pytest.approx(times(made_by), rel=1e-6)
    assert found.cycles_per_mac.basis == "measured"
    assert found.jitter is not None
    assert found.jitter.sigma == 0.02


def test_a_kind_that_the_model_lacks_is_scaled_from_the_profile_before_and_says_so() -> None:
    base = Profile.load("esp32-s3")
    assert base.cycles_per_mac is not None
    twice = tuple(2 * us for us in times(base))
    found = fit(sweep(twice), base).cycles_per_mac
    assert found is not None
    assert found.fully_connected == pytest.approx(2 * base.cycles_per_mac.fully_connected, rel=1e-3)
    assert "not in this model: fully_connected" in found.source


def test_what_a_sweep_cannot_see_is_kept_from_the_profile_before() -> None:
    base = Profile.load("esp32")
    board = fit_board(sweep(times(base), spread=None), WORK, base, name="mine", when="2026-01-01")
    assert board.kept == ("coding", "jitter", "memory", "current", "wake")
    assert (board.profile.memory, board.profile.current, board.profile.wake) == (
        base.memory,
        base.current,
        base.wake,
    )
    assert board.changed == ("clock", "cycles_per_mac", "elementwise", "overhead", "planner")


def test_the_file_is_a_profile_for_devices_and_a_machine_for_planners(tmp_path: Path) -> None:
    made_by = Profile.load("esp32")
    found = fit(sweep(times(made_by)), made_by)
    path = tmp_path / "mine.toml"
    path.write_text(profile_toml(found))
    loaded = Profile.load(path)
    assert times(loaded) == pytest.approx(times(made_by), rel=1e-4)
    machine = machine_classes([path])["esp32"]
    macs = sum(work.macs for work in WORK)
    assert machine.mac_us * macs == pytest.approx(
        sum(us - machine.overhead_us for work, us in zip(WORK, times(made_by), strict=True) if work.macs),
        rel=1e-3,
    )


def test_a_source_with_quotes_and_lines_survives_the_file(tmp_path: Path) -> None:
    base = Profile.load("esp32")
    found = fit(sweep(times(base), firmware='a "b" \\ c\nd\t\x01\x7f\U0001f600'), base)
    (tmp_path / "mine.toml").write_text(profile_toml(found), encoding="utf-8")
    loaded = Profile.load(tmp_path / "mine.toml").overhead
    assert loaded is not None
    assert found.overhead is not None
    assert loaded.source == found.overhead.source


def test_a_device_without_a_clock_gets_nanoseconds_for_cycles() -> None:
    base = Profile.load("host")
    esp32 = Profile.load("esp32")
    found = fit(sweep(times(esp32), clock_mhz=None, chip="host"), base)
    assert found.clock is not None
    assert (found.clock.mhz, found.clock.basis) == (1000.0, "assumed")
    assert times(found) == pytest.approx(times(esp32), rel=1e-6)


def test_a_cost_that_came_out_below_zero_is_none() -> None:
    quick = [1.0 * work.macs / 100 for work in WORK[:6]] + [1.0, 900.0]
    found = fit(sweep(tuple(quick)), Profile.load("esp32"))
    assert found.elementwise is not None
    assert found.overhead is not None
    assert found.elementwise.cycles_per_output_byte >= 0
    assert found.overhead.operator_us >= 0


def test_modelled_or_missing_times_make_no_profile() -> None:
    base = Profile.load("esp32")
    with pytest.raises(UsageError, match="models its operators"):
        fit(sweep(times(base), modelled=True), base)
    with pytest.raises(UsageError, match="2 operators took"):
        fit(sweep((5.0, 7.0, None, None, 0.0, None, None, None)), base)
    with pytest.raises(UsageError, match="multiply-accumulates"):
        fit_board(sweep((5.0, 7.0, 9.0)), (Workload(0, 5),) * 3, base, name="mine", when="2026-01-01")


def test_medians_and_spread_come_from_every_inference_that_ran_an_operator() -> None:
    short, whole = Samples(1, [(100,), (110,)]), Samples(2, [(90, 700), (100, 720), (105, 710)])
    assert operator_medians([short, whole], 3) == (100, 710, None)
    assert spread([short, whole], 3) is None
    many = Samples(1, [(us,) for us in (100, 110, 90) * 10])
    assert spread([many], 1) == pytest.approx(1.4826 * 0.1, rel=0.1)


def test_files_hold_every_figure_and_blanks_for_what_was_not_measured(tmp_path: Path) -> None:
    partial = CutFigures(1, 0, None, None, None, None, None, None, None, None, None, 4)
    measured = sweep((1.0,) * 8)
    measured = sweep((1.0,) * 8, cuts=(*measured.cuts, partial))
    write_csv(measured, tmp_path / "cuts.csv")
    write_json(measured, tmp_path / "cuts.json")
    with (tmp_path / "cuts.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["link_us"] == "2000.0"
    assert rows[2]["link_us"] == ""
    assert rows[2]["unanswered"] == "4"
    loaded = json.loads((tmp_path / "cuts.json").read_text())
    assert loaded["cuts"][2]["total_us"] is None
    assert loaded["operators_us"] == [1.0] * 8
    assert not measured.complete


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_csv(sweep((1.0,) * 8), tmp_path / "file" / "cuts.csv")


def test_the_picture_is_a_png_with_every_cut_unmeasured_ones_included(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    partial = CutFigures(1, 0, None, None, None, None, None, None, None, None, None, 4)
    draw(sweep((1.0,) * 8, cuts=(*sweep((1.0,) * 8).cuts, partial)), tmp_path / "cuts.png")
    assert (tmp_path / "cuts.png").read_bytes().startswith(b"\x89PNG")
