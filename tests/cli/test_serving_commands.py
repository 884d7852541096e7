"""serve, device, monitor and doctor with wrong arguments, and once together over a broker."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

from cutpoint.bus import EmbeddedBroker
from edge_server import EdgeServer, ServeConfig
from host_tools.shipped import shipped_bundle
from tests.cli.conftest import Run


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve"], "--models"),
        (["serve", "--models", "nowhere"], "nowhere"),
        (["serve", "--models", str(shipped_bundle()), "--policy", "fastest"], "fastest"),
        (["serve", "--models", str(shipped_bundle()), "--broker", "host:port"], "--broker is 'host:port'"),
        (["serve", "--config", "nowhere.toml"], "nowhere.toml"),
        (["serve", "--models", str(shipped_bundle()), "--max-loss", "little"], "such as 0.5, 1pp or 1%"),
        (["serve", "--models", str(shipped_bundle()), "--max-loss", "-1"], "points from 0 to 100"),
        (["device", "--profile", "esp8266"], "esp8266"),
        (["device", "--link", "rate=fast"], "rate"),
        (["device", "--id", "Camera 1"], "Camera 1"),
        (["device", "--bundle", "nowhere.cut"], "nowhere.cut"),
        (["device", "--engine", "gpu"], "gpu"),
        (["device", "--pictures", "nowhere"], "nowhere"),
        (["monitor", "--root", "a/b/c/d"], "a/b/c/d"),
        (["doctor", "--port", "0"], "greater than or equal to 1"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(run: Run, arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert said.code == 2
    assert words in said.sentence


@pytest.mark.parametrize(
    "arguments",
    [["serve", "--models", str(shipped_bundle())], ["device", "--count", "1"], ["monitor"], ["demo"]],
)
def test_an_unreachable_broker_is_said(run: Run, unused_port: int, arguments: list[str]) -> None:
    said = run(*arguments, "--broker", f"127.0.0.1:{unused_port}")
    assert said.code == 2
    assert f"127.0.0.1:{unused_port}" in said.sentence
    assert "refused" in said.sentence


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--embedded-broker", "--broker", "127.0.0.1:18830"], "name two brokers"),
        (["--port", "18830"], "--port is the embedded broker's"),
    ],
)
def test_a_server_refuses_the_address_of_a_broker_that_it_would_not_use(
    run: Run, options: list[str], words: str
) -> None:
    said = run("serve", "--models", shipped_bundle(), *options)
    assert said.code == 2
    assert words in said.sentence


def test_a_taken_port_is_said(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = run("serve", "--models", shipped_bundle(), "--embedded-broker", "--port", str(port))
    assert said.code == 2
    assert str(port) in said.sentence


def test_doctor_finds_the_shipped_model_and_the_core(run: Run, unused_port: int) -> None:
    said = run("doctor", "--broker", f"127.0.0.1:{unused_port}", "--port", str(unused_port), "--json")
    checks = {check["name"]: check for check in json.loads(said.out)}
    assert said.code == 0
    assert checks["core"]["health"] == "ok"
    assert checks["models"]["health"] == "ok"
    assert checks["port"]["health"] == "ok"
    assert checks["broker"]["health"] == "warn"
    assert checks["broker"]["mend"]


def test_doctor_says_no_when_there_is_no_model(run: Run, tmp_path: Path) -> None:
    said = run("doctor", "--models", tmp_path)
    assert said.code == 1
    assert "cutpoint split" in said.sentence


def test_a_device_and_a_monitor_tell_of_the_same_inferences(run: Run, tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        host, port = broker.address
        address = f"{host}:{port}"
        config = ServeConfig(models=(shipped_bundle(),), host=host, port=port, kernels="reference")
        with EdgeServer(config):
            said = run(
                "device",
                "--broker",
                address,
                "--count",
                "3",
                "--cut",
                "17",
                "--boots",
                tmp_path / "boots",
                "--json",
            )
        heard = run("monitor", "--broker", address, "--seconds", "1", "--json")
    records = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert [record["sequence"] for record in records[:-1]] == [1, 2, 3]
    assert records[-1]["summary"]["pictures"] == 3
    retained = {json.loads(line)["leaf"] for line in heard.out.splitlines()}
    assert retained == {"state", "about", "plan"}


def test_every_command_has_an_example_in_its_help(run: Run) -> None:
    for command in ("split", "cuts", "verify", "serve", "device", "monitor", "demo", "doctor"):
        said = run(command, "--help")
        assert said.code == 0
        assert re.search(rf"Examples?: cutpoint {command}", said.sentence)
