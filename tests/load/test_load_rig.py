"""The short rig: a real broker, a real `cutpoint serve`, faults of every kind, and the invariant at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from calibrated_bundle import calibrated_copy

from cutpoint.errors import UsageError
from host_tools.broker import BrokerAccess
from host_tools.load.run import LoadPlan, run
from host_tools.load.scenario import Fault, Scenario
from host_tools.load.shard import Progress
from host_tools.load.small_disk import SmallDisk
from host_tools.shipped import SMALL_FOMO, shipped_bundle

SERVED = ("--deadline-ms", "1000")


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.usefixtures("mosquitto")  # skips where there is none; the rig starts its own
def test_no_inference_is_lost_doubled_or_wrong_whatever_fails() -> None:
    report = run(
        LoadPlan(
            shipped_bundle(SMALL_FOMO),
            devices=60,
            rate_per_s=1.0,
            duration_s=27.0,
            serve=SERVED,
            keepalive_s=3,
            scenario=Scenario.named("short"),
        )
    )
    assert report.failure is None
    assert report.violations == {}, report.listed
    assert report.connected == 60
    assert report.asked == sum(report.by.values()) > 1000
    assert report.by["edge"] > 100
    assert report.by["device"] > 50
    assert report.server["starts"] == 2
    # Each fault was carried out, and those that count did something.
    assert {window.fault.partition(" ")[0] for window in report.windows} == {
        fault.what for fault in Scenario.named("short").faults
    }
    done = ("drop", "duplicate", "flip", "truncate", "reorder", "half_open", "reset", "lost", "unreachable")
    assert [name for name in done if not report.links.get(name)] == []
    assert report.edge_view["taken"] > 100
    assert report.remembered["answered"] > 100
    # After the last fault the edge answers again.
    assert report.series[-2]["edge"] or report.series[-1]["edge"]


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.usefixtures("mosquitto")
def test_a_full_disk_costs_the_history_and_nobody_an_answer() -> None:
    if (reason := SmallDisk.possible()) is not None:
        pytest.skip(reason)
    report = run(
        LoadPlan(
            shipped_bundle(SMALL_FOMO),
            devices=20,
            rate_per_s=2.0,
            duration_s=11.0,
            serve=("--policy", "fixed:20", *SERVED),
            cut=20,
            scenario=Scenario((Fault("store.full", 2.0, 5.0), Fault("server.kill", 8.0, 0.2))),
        )
    )
    assert report.ok, report.listed
    full = report.windows[0]
    assert full.edge_share is not None
    assert full.edge_share > 0.5
    assert report.server["starts"] == 2
    assert report.remembered["answered"] > 20


@pytest.mark.broker
@pytest.mark.usefixtures("mosquitto")
def test_devices_spread_over_processes_are_reported_as_one_fleet() -> None:
    told: list[Progress] = []
    report = run(
        LoadPlan(
            shipped_bundle(SMALL_FOMO),
            devices=9,
            rate_per_s=4.0,
            duration_s=3.0,
            serve=("--policy", "fixed:20", *SERVED),
            cut=20,
            processes=2,
            scenario=Scenario((Fault("device.clock", 1.0, by_s=-5, share=0.5),)),
        ),
        lambda _s, progress: told.append(progress),
    )
    assert report.ok, report.violations
    assert report.connected == 9
    assert report.asked > 60
    assert report.by["edge"] > 30
    assert told
    assert told[-1].online == 9


@pytest.mark.broker
@pytest.mark.usefixtures("mosquitto")
@pytest.mark.parametrize("kind", ["noise", "replay", "forge", "storm"])
def test_clients_that_mean_no_good_leave_the_others_alone(kind: str) -> None:
    report = run(
        LoadPlan(
            shipped_bundle(SMALL_FOMO),
            devices=10,
            rate_per_s=2.0,
            duration_s=5.0,
            serve=("--policy", "fixed:20", *SERVED),
            cut=20,
            scenario=Scenario((Fault(f"attack.{kind}", 1.0, 3.0, count=400, rate_per_s=100.0),)),
        )
    )
    assert report.ok, report.listed
    assert report.by["edge"] / report.asked > 0.8
    (window,) = report.windows
    assert window.delivered > 20
    assert window.edge_share is not None
    assert window.edge_share > 0.8


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("broker.kill", "kills or freezes the broker"),
        ("server.kill", "server, which is not ours"),
        ("store.full", "store"),
    ],
)
def test_a_scenario_that_needs_what_is_not_ours_is_refused(
    embedded_broker: object, what: str, words: str
) -> None:
    access = BrokerAccess(*embedded_broker.address)  # type: ignore[attr-defined]
    plan = LoadPlan(
        shipped_bundle(SMALL_FOMO), 2, 1.0, 1.0, broker=access, scenario=Scenario((Fault(what, 0.1, 0.1),))
    )
    with pytest.raises(UsageError, match=words):
        run(plan)


def test_numbers_that_make_no_run_are_refused() -> None:
    with pytest.raises(UsageError, match="devices is 0"):
        LoadPlan(Path("x.cut"), 0, 1.0, 1.0)
    with pytest.raises(UsageError, match="cannot be spread"):
        LoadPlan(Path("x.cut"), 2, 1.0, 1.0, processes=3)


def test_a_small_disk_is_full_to_the_last_byte_and_empty_again() -> None:
    reason = SmallDisk.possible()
    if reason is not None:
        pytest.skip(reason)
    disk = SmallDisk(1)
    try:
        disk.mount()
    except UsageError as error:
        disk.unmount()
        pytest.skip(str(error))
    try:
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "one").write_bytes(bytes(5000))
        disk.empty()
        (disk.folder / "two").write_bytes(bytes(500_000))
    finally:
        disk.unmount()
    assert not disk.folder.exists()


@pytest.mark.broker
@pytest.mark.usefixtures("mosquitto")
def test_devices_that_announce_no_calibrated_codec_are_answered_as_ever_from_a_calibrated_bundle(
    tmp_path: Path,
) -> None:
    model = shipped_bundle(SMALL_FOMO) / "full.tflite"
    bundle = calibrated_copy(model.read_bytes(), tmp_path, "calibrated", (0, 6, 20))
    report = run(
        LoadPlan(
            bundle.path,
            devices=5,
            rate_per_s=4.0,
            duration_s=4.0,
            serve=("--max-loss", "3pp", *SERVED),
        )
    )
    assert report.ok, report.listed
    assert sum(report.by.values()) == report.asked > 40
