"""Starting, stopping, failing to start, and coming back."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from edge_bundles import make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import ConnectError, MemoryBroker, MemoryBus, MqttBus
from cutpoint.graph import Bundle
from cutpoint.wire import Status
from edge_server import EdgeServer, ServeConfig
from edge_server.errors import CatalogueError, ConfigError

ROOT = Path(__file__).parents[2]


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith(("edge-", "bus-edge"))}


def test_a_stopped_server_leaves_no_thread_and_starts_again(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve()
    dev = device()
    [picture] = pictures(fomo, 1)
    assert server.ready.is_set()
    dev.ask(3, picture, 1)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 2
    assert _threads() == set()
    assert not server.ready.is_set()
    dev.send(dev.activation(3, picture, 2))
    assert dev.hears_nothing()
    server.start()
    assert dev.ask(3, picture, 3).answer == whole_answer(fomo, picture)


def test_what_the_gateway_dropped_is_still_counted_after_the_stop(serve: Any, dev: HandDevice) -> None:
    server = serve(max_message_bytes=1 << 20)
    dev.bus.publish("cutpoint/1/dev-1/act", bytes(2 << 20))
    until(lambda: server.stats()["counters"].get("gateway_too_large") == 1)
    server.stop()
    assert server.stats()["counters"]["gateway_too_large"] == 1, "the store keeps what is counted at the end"


def test_an_observer_that_fails_costs_nobody_an_answer(
    fomo: Bundle, device: Any, memory_broker: MemoryBroker
) -> None:
    def fails(_event: object) -> None:
        raise RuntimeError("no paper in the printer")

    config = ServeConfig(models=(fomo.path,), kernels="reference")
    with EdgeServer(config, MemoryBus(memory_broker, "edge"), fails) as server:
        dev = device()
        for sequence, picture in enumerate(pictures(fomo, 3), 1):
            assert dev.ask(3, picture, sequence).status is Status.OK
        assert server.stats()["counters"]["observer_failed"] >= 3


def test_a_fault_of_our_own_costs_one_inference_and_not_the_service(
    serve: Any, device: Any, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    dev = device()
    one, other = pictures(fomo, 2)
    with monkeypatch.context() as broken:
        broken.setattr("edge_server.catalogue.served.ServedModel.arrays", lambda *_: 1 // 0)
        dev.send(dev.activation(3, one, 1))
        until(lambda: server.stats()["counters"].get("internal_error") == 1)
    assert dev.ask(3, other, 2).answer == whole_answer(fomo, other)


def test_two_roots_on_one_broker_do_not_meet(fomo: Bundle, device: Any, memory_broker: MemoryBroker) -> None:
    config = ServeConfig(models=(fomo.path,), kernels="reference", root="lab/2")
    with EdgeServer(config, MemoryBus(memory_broker, "edge")):
        dev = device()
        dev.send(dev.activation(3, pictures(fomo, 1)[0]))
        assert dev.hears_nothing()


def test_stopping_twice_is_harmless(serve: Any) -> None:
    server = serve()
    server.stop()
    server.stop()


def test_counters_can_still_be_read_after_the_stop(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve()
    device().ask(3, pictures(fomo, 1)[0])
    server.stop()
    assert server.stats()["counters"]["answered_ok"] == 1


def test_a_start_that_fails_leaves_nothing_running(fomo: Bundle, memory_broker: MemoryBroker) -> None:
    memory_broker.stop()
    server = EdgeServer(ServeConfig(models=(fomo.path,)), MemoryBus(memory_broker, "edge"))
    with pytest.raises(ConnectError, match="stopped"):
        server.start()
    assert _threads() == set()
    memory_broker.start()
    server.start()
    server.stop()


def test_without_a_broker_the_start_ends_with_one_sentence(fomo: Bundle) -> None:
    with pytest.raises(ConnectError, match="connection refused"):
        EdgeServer(ServeConfig(models=(fomo.path,), port=9)).start()


def test_a_damaged_bundle_is_skipped_and_the_others_are_served(
    tmp_path: Path, memory_broker: MemoryBroker, caplog: pytest.LogCaptureFixture
) -> None:
    make_bundle(tmp_path, "float32", output="raw")
    bad = make_bundle(tmp_path, "uint8_io", output="raw")
    (bad.path / "full.tflite").write_bytes(b"spoilt")
    with EdgeServer(ServeConfig(models=(tmp_path,)), MemoryBus(memory_broker, "edge")) as server:
        assert list(server.stats()["models"].values()) == ["float32"]
    assert [record for record in caplog.records if "bundle_skipped" in record.getMessage()]


def test_nothing_to_serve_is_one_sentence(tmp_path: Path, memory_broker: MemoryBroker) -> None:
    bus = MemoryBus(memory_broker, "edge")
    with pytest.raises(CatalogueError, match=r"no usable bundle in .*cutpoint split"):
        EdgeServer(ServeConfig(models=(tmp_path,), watch_interval_s=0), bus).start()
    with pytest.raises(CatalogueError, match="no such folder"):
        EdgeServer(ServeConfig(models=(tmp_path / "nowhere",)), bus).start()


def test_a_config_file_is_read_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "serve.toml").write_text(
        'models = "bundles"\nport = 1999\n[currents]\ncpu_ma = 40\nrx_ma = 97\ntx_ma = 200\nvolts = 3.3\n'
    )
    config = ServeConfig.from_toml(tmp_path / "serve.toml")
    assert config.models == (tmp_path / "bundles",)
    assert (config.port, config.policy) == (1999, "latency")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('models = "a"\nprot = 1', r"prot: there is no such setting; did you mean port or root\?"),
        ('modles = "a"', r"modles: there is no such setting; did you mean models\?"),
        ('models = "a"\nxyzzy = 1', r"xyzzy: there is no such setting; docs/server\.md lists them all"),
        ('models = "a"\nray_address = "h:1"', "settings: ray_address needs"),
        ('models = "a"\nport = 99999', "port: Input should be less"),
        ("models = []", "models: "),
        ("port = 1", "models: Field required"),
        ("= 3", "is not TOML"),
    ],
)
def test_a_wrong_config_file_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "serve.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        ServeConfig.from_toml(tmp_path / "serve.toml")


def test_a_missing_config_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ServeConfig.from_toml(tmp_path / "serve.toml")


def test_devices_are_answered_over_any_broker(any_broker: Any, fomo: Bundle) -> None:
    with EdgeServer(ServeConfig(models=(fomo.path,), kernels="reference"), any_broker("edge")):
        dev = HandDevice(any_broker("dev-1"), fomo)
        dev.announce()
        dev.about()
        plan = dev.plan()
        for sequence, picture in enumerate(pictures(fomo, 10), 1):
            result = dev.ask(3, picture, sequence, plan_epoch=plan.epoch)
            assert result.answer == whole_answer(fomo, picture)


@pytest.mark.broker
def test_a_killed_broker_costs_only_the_time_it_is_away(
    mosquitto: Any, fomo: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    config = ServeConfig(
        models=(fomo.path,), kernels="reference", host=mosquitto.address[0], port=mosquitto.address[1]
    )
    dev_bus = MqttBus(*mosquitto.address, "dev-1", reconnect_s=(0.05, 0.3))
    with EdgeServer(config, MqttBus(*mosquitto.address, "edge", reconnect_s=(0.05, 0.3))) as server:
        dev = HandDevice(dev_bus, fomo)
        dev.about()
        plan = dev.plan()
        one, other = pictures(fomo, 2)
        assert dev.ask(3, one, 1, plan_epoch=plan.epoch).status is Status.OK
        mosquitto.kill()
        time.sleep(0.2)
        mosquitto.start()
        assert dev.plan() == plan
        give_up = time.monotonic() + 10
        while not (server._bus.connected and dev_bus.connected):  # type: ignore[union-attr]
            assert time.monotonic() < give_up
            time.sleep(0.02)
        time.sleep(0.2)
        assert dev.ask(3, other, 2, plan_epoch=plan.epoch).answer == whole_answer(fomo, other)
    dev_bus.close()
    said = [record.getMessage().split()[0] for record in caplog.records]
    assert said.index("event=broker_lost") < said.index("event=broker_back")


@pytest.mark.broker
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_on_a_signal(mosquitto: Any, fomo: Bundle, number: int) -> None:
    program = (
        "import sys; from edge_server import ServeConfig, serve;"
        f"serve(ServeConfig(models=({str(fomo.path)!r},), host='127.0.0.1', port={mosquitto.address[1]}),"
        " on_ready=lambda server: print('ready', flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.wait(5) == 0
    process.stdout.close()


def test_the_server_loads_nothing_heavy_that_it_does_not_need() -> None:
    program = "import sys, edge_server; print(*[m for m in sys.modules if '.' not in m])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"tensorflow", "matplotlib", "scipy", "amqtt", "typer", "PIL", "sklearn"} & set(
        done.stdout.split()
    )
