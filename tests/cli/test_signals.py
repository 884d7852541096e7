"""Signals end a command in order: its exit code says so, no traceback is printed, and a device says that it sleeps."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cutpoint.bus import EmbeddedBroker

ROOT = Path(__file__).parents[2]


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "host_tools", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_device_that_is_stopped_says_that_it_sleeps(number: signal.Signals, code: int) -> None:
    with EmbeddedBroker() as broker:
        address = "{}:{}".format(*broker.address)
        device = started("device", "--broker", address, "--interval", "0.2", "--json")
        try:
            assert device.stdout is not None
            assert device.stdout.readline().startswith("{")
            device.send_signal(number)
            _, err = device.communicate(timeout=20)
        finally:
            device.kill()
        monitor = started("monitor", "--broker", address, "--seconds", "1")
        heard, _ = monitor.communicate(timeout=30)
    assert device.returncode == code
    assert "Traceback" not in err
    assert "sleeping" in heard


def test_ctrl_c_while_commands_are_still_imported_prints_no_traceback() -> None:
    program = (
        "import signal, sys\n"
        "import host_tools.cli\n"
        "assert 'numpy' not in sys.modules\n"
        "sys.setprofile(lambda frame, event, _: signal.raise_signal(signal.SIGINT)"
        " if event == 'call' and frame.f_code.co_filename.endswith('cli/app.py') else None)\n"
        "host_tools.cli.main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 130
    assert ended.stderr == "stopped\n"


def test_an_import_that_turns_ctrl_c_into_its_own_error_prints_no_traceback() -> None:
    program = (
        "import signal, sys, types\n"
        "import host_tools.cli\n"
        "def run():\n"
        "    try:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n"
        "        raise ImportError('initialization failed')\n"
        "sys.modules['host_tools.cli.app'] = types.SimpleNamespace(run=run)\n"
        "host_tools.cli.main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 130
    assert ended.stderr == "stopped\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("arguments", [["provision", "--list", "--json"], ["--version"]])
def test_a_full_disk_is_a_sentence_whether_it_shows_at_once_or_at_the_end(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "host_tools", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "error: the disk is full: not everything was written\n"
