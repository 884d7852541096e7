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
from host_tools.device import BootFile, Link, open_source

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
    patient = config.model_copy(update={"deadline_ms": 5000})
    with EdgeServer(patient, any_broker("edge")):
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


def test_a_run_gives_a_record_for_each_picture_over_and_over(
    any_broker: ConnectBus, config: ServeConfig, make_device: MakeDevice, tmp_path: Path
) -> None:
    np.save(tmp_path / "set.npy", np.zeros((2, 32, 32, 3), np.uint8))
    with EdgeServer(config, any_broker("edge")):
        device = make_device(any_broker("dev-1"), boots=BootFile(tmp_path / "boot.json"))
        source = open_source(tmp_path / "set.npy", device.inputs)
        began = time.monotonic()
        names = [record.name for record in device.run(source, 3, interval_s=0.05)]
    assert names == ["set[0]", "set[1]", "set[0]"]
    assert time.monotonic() - began >= 0.1
    assert (tmp_path / "boot.json").read_text() == '{"boot": 1}\n'


@pytest.mark.broker
def test_ctrl_c_leaves_in_good_order(mosquitto, bundle: Bundle) -> None:  # type: ignore[no-untyped-def]
    """`sleeping`, not the last will, and no traceback."""
    host, port = mosquitto.address
    program = f"""
import signal
import sys
from cutpoint import Bundle
from cutpoint.bus import MqttBus
from host_tools.device import VirtualDevice, open_source
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
bus = MqttBus({host!r}, {port}, "dev-3")
device = VirtualDevice("dev-3", Bundle.open({str(bundle.path)!r}), bus=bus, engine="litert")
try:
    with device:
        for record in device.run(open_source("random", device.inputs), 1_000_000):
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
