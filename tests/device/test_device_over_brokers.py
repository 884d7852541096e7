"""The same device over memory, amqtt and mosquitto, with the real edge server behind it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from device_watch import MakeDevice, Watch, eventually, expected, samples

from cutpoint.bus import Bus, MqttBus
from cutpoint.graph import Bundle
from edge_server import EdgeServer, ServeConfig
from host_tools.device import DeviceOptions, Link, run_device

ConnectBus = Callable[[str], Bus]


@pytest.fixture
def config(bundle: Bundle) -> ServeConfig:
    return ServeConfig(
        models=(bundle.path,), kernels="reference", policy="fixed:5", exploration=0.0, deadline_ms=150
    )


def test_an_edge_that_goes_and_returns_costs_no_answer(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    settings = {"probe_first_ms": 100, "probe_max_ms": 200}
    with EdgeServer(config, any_broker("edge")):
        device = make_device(any_broker("dev-1"), settings=settings)
        watch.plan(1)
        for sample in samples(bundle, 3):
            record = device.infer(sample)
            assert (record.by, record.cut) == ("edge", 5)
            assert record.answer == expected(bundle, sample)
    sample, reasons = samples(bundle, 1)[0], []
    give_up = time.monotonic() + 20
    while device.state != "isolated":
        assert time.monotonic() < give_up
        record = device.infer(sample)
        reasons.append(record.reason)
        assert record.answer == expected(bundle, sample)
    assert set(reasons) == {"deadline"}
    assert device.infer(sample).reason == "isolated"
    with EdgeServer(config, any_broker("edge-again")):
        give_up = time.monotonic() + 20
        while (record := device.infer(sample)).by != "edge":
            assert record.answer == expected(bundle, sample)
            assert time.monotonic() < give_up
            time.sleep(0.02)
        assert record.answer == expected(bundle, sample)
    assert watch.states() == ["online", "isolated", "online"]


def test_a_link_holds_up_a_real_broker_too(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, make_device: MakeDevice, watch: Watch
) -> None:
    with EdgeServer(config, any_broker("edge")):
        device = make_device(any_broker("dev-1"), link=Link.parse("delay=30ms,rate=200kbps"))
        watch.plan(1)
        sample = samples(bundle, 1)[0]
        record = device.infer(sample)
        assert record.by == "edge"
        assert record.link_us is not None
        serial_us = device.link.up.serialisation_us(record.bytes_up) if device.link else 0
        assert record.link_us >= 60_000 + serial_us
        device.link = Link.parse("none")
        assert (device.infer(sample).link_us or 0) < record.link_us
        device.stop()


def test_run_device_yields_a_record_for_each_sample_and_stops(
    any_broker: ConnectBus, config: ServeConfig, bundle: Bundle, tmp_path: Path
) -> None:
    np.save(tmp_path / "pictures.npy", np.zeros((3, 32, 32, 3), np.uint8))
    options = DeviceOptions(
        bundle.path,
        "dev-2",
        str(tmp_path / "pictures.npy"),
        engine="litert",
        state_file=tmp_path / "dev.json",
    )
    with EdgeServer(config, any_broker("edge")) as server:
        records = list(run_device(options, bus=any_broker("dev-2")))
        assert [record.name for record in records] == ["pictures[0]", "pictures[1]", "pictures[2]"]
        assert (tmp_path / "dev.json").read_text() == '{"boot": 1}\n'
        eventually(lambda: server.stats()["devices"] == 1, "the edge knows the device")


@pytest.mark.broker
def test_ctrl_c_leaves_in_good_order(mosquitto, bundle: Bundle) -> None:  # type: ignore[no-untyped-def]
    """`sleeping`, not the last will, and no traceback."""
    host, port = mosquitto.address
    program = f"""
import sys
from pathlib import Path
from host_tools.device import DeviceOptions, run_device
options = DeviceOptions(Path({str(bundle.path)!r}), "dev-3", "random", {host!r}, {port}, engine="litert", count=0)
try:
    for record in run_device(options):
        print(record.sequence, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""
    said: list[bytes] = []
    listener = MqttBus(host, port, "listener")
    listener.on_message = lambda _topic, payload: said.append(payload)
    listener.subscribe("cutpoint/1/dev-3/state", 1)
    listener.connect()
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == ""
    eventually(lambda: len(said) == 2, f"two states, seen {said}")
    listener.close()
    assert b"online" in said[0]
    assert b"sleeping" in said[1]
