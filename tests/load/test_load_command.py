"""`cutpoint load`: what it prints, writes, and ends with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from told_edge import ToldEdge, of_another_picture

from cutpoint.bus import EmbeddedBroker, MqttBus
from cutpoint.graph import Bundle
from host_tools.load.recording import Recording
from host_tools.shipped import SMALL_FOMO, shipped_bundle, shipped_pictures

ROOT = Path(__file__).parents[2]
SHORT = ("--bundle", str(shipped_bundle(SMALL_FOMO)), "--devices", "5", "--rate", "4")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "host_tools", "load", *SHORT, *arguments]


@pytest.mark.broker
@pytest.mark.usefixtures("mosquitto")
def test_a_run_with_everything_of_its_own_reports_plots_and_says_yes(tmp_path: Path) -> None:
    plot, output = tmp_path / "p.png", tmp_path / "r.json"
    ended = subprocess.run(
        command("--serve", "--duration", "3", "--plot", str(plot), "-o", str(output), "--json"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout)
    assert printed["ok"] is True
    assert printed["asked"] == sum(printed["by"].values()) > 30
    assert printed["scheduled_ms"]["p50"] > 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert json.loads(output.read_text())["asked"] == printed["asked"]


def test_no_edge_is_no_violation_since_the_devices_answer() -> None:
    with EmbeddedBroker() as broker:
        address = "{}:{}".format(*broker.address)
        ended = subprocess.run(
            command("--broker", address, "--duration", "2", "--deadline-ms", "200"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert "every inference was answered exactly once" in ended.stdout


@pytest.mark.broker
def test_an_edge_that_answers_wrongly_makes_it_end_with_1(mosquitto: object, bundle: Bundle) -> None:
    broker: tuple[str, int] = mosquitto.address  # type: ignore[attr-defined]
    edge = ToldEdge(
        MqttBus(*broker, client_id="edge"), Recording.of(bundle, pictures=shipped_pictures(SMALL_FOMO))
    )
    pictures = str(shipped_pictures(SMALL_FOMO))
    edge.reply = of_another_picture
    try:
        ended = subprocess.run(
            command(
                "--broker", "{}:{}".format(*broker), "--duration", "2", "--cut", "20", "--pictures", pictures
            ),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    finally:
        edge.close()
    assert ended.returncode == 1
    assert "the invariant is broken" in ended.stdout
    assert "wrong: the edge's answer is not that of" in ended.stdout


def test_ctrl_c_ends_it_early_with_a_report() -> None:
    with EmbeddedBroker() as broker:
        started = subprocess.Popen(
            command("--broker", "{}:{}".format(*broker.address), "--duration", "600", "--deadline-ms", "100"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        heard = MqttBus(*broker.address, client_id="listener")
        asked = []
        heard.on_message = lambda _topic, _payload: asked.append(1)
        heard.subscribe("cutpoint/1/+/act")
        heard.connect()
        try:
            while len(asked) < 5:
                assert started.poll() is None
            started.send_signal(signal.SIGINT)
            out, err = started.communicate(timeout=60)
        finally:
            started.kill()
            heard.close()
    assert started.returncode == 0, err
    assert "every inference was answered exactly once" in out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--broker", "127.0.0.1:1"), "connection refused"),
        (("--faults", "nowhere.toml"), "cannot be read"),
        (("--rate", "0"), "the rate is 0"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    ended = subprocess.run(
        command("--duration", "1", *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stderr.replace("\n", " ")
    assert "Traceback" not in ended.stderr
