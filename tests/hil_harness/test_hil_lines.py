"""The same bodies over the emulator's and the serial line's code, with boards in software behind them."""

from __future__ import annotations

import json
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_ppk2 import FakePpk2
from hil_runs import RunBodies

from cutpoint.graph import Bundle
from host_tools.hil.broker import HilBroker
from host_tools.hil.make import provisioned_image
from host_tools.hil.options import HilOptions
from tests.flash.built_files import idf_build


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.slow
def test_an_image_made_from_a_build_boots_in_the_emulator_and_holds(
    run_bodies: RunBodies, fake_emulator: Path, tmp_path: Path
) -> None:
    """Provisioning, image, copy, flags, power cuts by killing, Ctrl-A in pictures: all on the way."""
    build = idf_build(tmp_path / "build")
    report = tmp_path / "report.json"
    run = run_bodies(
        *("--target", "qemu", "--qemu", str(fake_emulator), "--build-dir", str(build)),
        *("--hil-report", str(report), "-k", "birth or cuts or survives or watchdog or targets"),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    said = json.loads(report.read_text())
    assert (said["target"], said["device"]) == ("qemu", "hil-qemu")
    assert (
        said["outcomes"]["test_a_power_cut_is_told_by_its_last_will_and_the_next_life_counts_up"] == "passed"
    )
    assert said["about"]["model"]
    assert said["figures"]["cuts_compared"] > 5
    assert "--target serial" in run.stdout, "the targets that were not asked for say how to"


@pytest.mark.slow
def test_a_ready_image_is_found_by_its_announcement_on_the_broker_that_it_was_made_for(
    run_bodies: RunBodies, fake_emulator: Path, tmp_path: Path, small_bundle: Bundle
) -> None:
    broker = HilBroker()
    options = HilOptions("qemu", build_dir=idf_build(tmp_path / "build"), device="my-board")
    image = provisioned_image(options, broker, small_bundle, tmp_path)
    before = image.read_bytes()
    report = tmp_path / "report.json"
    run = run_bodies(
        *("--target", "qemu", "--qemu", str(fake_emulator), "--image", str(image), "--broker", str(broker)),
        *("--hil-report", str(report), "-k", "announces or losses"),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(report.read_text())["device"] == "my-board"
    assert image.read_bytes() == before, "the emulator runs on a copy"


@pytest.mark.slow
def test_a_board_at_a_serial_port_holds_and_its_energy_is_in_the_reports(
    run_bodies: RunBodies,
    serial_board: Callable[[int], str],
    ppk2: FakePpk2,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker_port = free_port()
    report, junit = tmp_path / "report.json", tmp_path / "junit.xml"
    run = run_bodies(
        *("--target", "serial", "--port", serial_board(broker_port), "--broker", f"127.0.0.1:{broker_port}"),
        *("--power", ppk2.port, "--hil-report", str(report), "--junitxml", str(junit)),
        *("-k", "birth or fallback or timings or wrong_crc or energy or secret"),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    said = json.loads(report.read_text())
    assert said["outcomes"]["test_energy_per_inference_is_measured_at_the_ends_and_in_the_middle"] == "passed"
    assert said["figures"]["mean_ma_cut_0"] == pytest.approx(40.0, rel=0.02)
    assert said["figures"]["energy_uj_cut_0"] > 0
    assert "has no modem lines" in run.stdout, "what this line cannot is skipped with its reason"
    properties = {one.get("name") for one in ElementTree.parse(junit).iter("property")}
    assert "energy_uj_cut_0" in properties


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--target", "serial"), "needs the board's --port"),
        (("--target", "serial", "--port", "/dev/ttyUSB0"), "needs the --broker"),
        (("--target", "qemu"), "needs either --image flash.bin or the --build-dir"),
        (("--target", "moon"), "--target is 'moon'"),
        (("--broker", "host:port"), "--broker is 'host:port'"),
    ],
)
def test_wrong_use_ends_with_one_sentence(
    run_bodies: RunBodies, arguments: tuple[str, ...], sentence: str
) -> None:
    run = run_bodies(*arguments)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert sentence in run.stdout + run.stderr


def test_a_missing_emulator_or_port_is_named(run_bodies: RunBodies, tmp_path: Path) -> None:
    (tmp_path / "flash.bin").write_bytes(b"")
    run = run_bodies("--target", "qemu", "--image", str(tmp_path / "flash.bin"), "--qemu", "no-such-qemu")
    assert "emulator 'no-such-qemu' is not installed" in run.stdout
    run = run_bodies(
        "--target", "serial", "--port", "/dev/no-such-port", "--broker", f"127.0.0.1:{free_port()}"
    )
    assert "port /dev/no-such-port cannot be opened" in run.stdout
