"""A server whose models folder changes under it, and devices that notice only what they should."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from edge_bundles import MODELS, make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.answer import Centroids, Raw
from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.plan import PolicyError
from cutpoint.wire import DeviceId, Key, ModelId, Status, add_key
from edge_server import ROLLOUT_FILE, EdgeServer, Rollout, Rollouts
from host_tools.device import DeviceSettings, FixedBoot, VirtualDevice

LOOK = {"watch_interval_s": 0.03, "policy": "fixed:3"}


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Another network, with larger tensors than the FOMO one."""
    return make_bundle(tmp_path_factory.mktemp("other"), "autoencoder", output="raw")


@pytest.fixture
def models(tmp_path: Path, fomo: Bundle) -> Path:
    folder = tmp_path / "models"
    shutil.copytree(fomo.path, folder / "fomo.cut")
    return folder


def state(folder: Path, new: str, share: float, over: str = "fomo.cut") -> None:
    path = folder / ROLLOUT_FILE
    Rollouts.read(path).having(Rollout(new=new, over=over, share=share)).write(path)


def served(server: EdgeServer) -> set[str]:
    return {one["folder"] for one in server.stats()["catalogue"]}


def rollout_of(server: EdgeServer) -> dict[str, Any]:
    [one] = server.stats()["rollouts"]
    return dict(one)


def test_a_model_that_comes_is_served_though_its_messages_are_larger(
    serve: Any, device: Any, models: Path, fomo: Bundle, other: Bundle
) -> None:
    server = serve(models=(models,), **LOOK)
    early = device("early", bundle=other)
    [picture] = pictures(other, 1)
    refused = early.ask(0, picture, 1)
    assert (refused.status, refused.offered) == (Status.UNKNOWN_MODEL, (ModelId(fomo.model_id),))
    shutil.copytree(other.path, models / "other.cut")
    until(lambda: served(server) == {"fomo.cut", "other.cut"})
    for sequence, cut in enumerate(range(other.n), 2):
        # The device was known before the model came: what it may send has grown with it.
        assert early.ask(cut, picture, sequence).answer == whole_answer(other, picture)
    [mine] = pictures(fomo, 1)
    assert device("mine").ask(3, mine).answer == whole_answer(fomo, mine)


def test_a_model_that_goes_is_answered_with_those_that_stay(
    serve: Any, device: Any, models: Path, fomo: Bundle, other: Bundle
) -> None:
    shutil.copytree(other.path, models / "other.cut")
    server = serve(models=(models,), **LOOK)
    dev, [picture] = device(), pictures(fomo, 1)
    assert dev.ask(3, picture, 1).status is Status.OK
    shutil.rmtree(models / "fomo.cut")
    until(lambda: served(server) == {"other.cut"})
    gone = dev.ask(3, picture, 2)
    assert (gone.status, gone.offered) == (Status.UNKNOWN_MODEL, (ModelId(other.model_id),))
    shutil.copytree(fomo.path, models / "fomo.cut")
    until(lambda: "fomo.cut" in served(server))
    assert dev.ask(3, picture, 3).answer == whole_answer(fomo, picture)


def test_a_server_without_models_waits_for_its_first(
    serve: Any, device: Any, tmp_path: Path, fomo: Bundle
) -> None:
    server = serve(models=(tmp_path,), **LOOK)
    dev, [picture] = device(), pictures(fomo, 1)
    nothing = dev.ask(3, picture, 1)
    assert (nothing.status, nothing.offered) == (Status.UNKNOWN_MODEL, ())
    shutil.copytree(fomo.path, tmp_path / "fomo.cut")
    until(lambda: served(server) == {"fomo.cut"})
    dev.about()
    assert dev.plan().cut == 3
    assert dev.ask(3, picture, 2).answer == whole_answer(fomo, picture)


def test_a_wrong_policy_is_said_without_models_too(serve: Any, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="fastest"):
        serve(models=(tmp_path,), policy="fastest")


def test_a_damaged_and_a_half_copied_bundle_cost_nobody_anything(
    serve: Any, device: Any, models: Path, fomo: Bundle, other: Bundle
) -> None:
    server = serve(models=(models,), **LOOK)
    (models / "damaged.cut").mkdir()
    (models / "damaged.cut" / "manifest.json").write_bytes(b"\xff{")
    half = shutil.copytree(other.path, models / "half.cut")
    (half / "full.tflite").write_bytes((other.path / "full.tflite").read_bytes()[:500])
    (models / "fomo.cut" / "full.tflite").write_bytes(b"spoilt")
    dev = device()
    for sequence, picture in enumerate(pictures(fomo, 30), 1):
        assert dev.ask(3, picture, sequence).answer == whole_answer(fomo, picture)
    assert served(server) == {"fomo.cut"}


def test_a_share_is_answered_by_the_version_of_the_same_model_and_back(
    serve: Any, device: Any, models: Path, fomo: Bundle
) -> None:
    raw = Bundle.create((MODELS / "fomo_like.tflite").read_bytes(), models, name="fomo-raw")
    assert raw.model_id == fomo.model_id
    state(models, "fomo-raw.cut", 0.0)
    server = serve(models=(models,), **LOOK)
    devices = [device(f"cam-{number}") for number in range(12)]
    [picture] = pictures(fomo, 1)
    sequence = 0

    def kinds() -> list[type]:
        nonlocal sequence
        sequence += 1
        return [type(dev.ask(3, picture, sequence).answer) for dev in devices]

    assert kinds() == [Centroids] * 12
    until(lambda: server.stats()["counters"].get("plans_published") == 12)
    for share in (0.4, 1.0, 0.0):
        state(models, "fomo-raw.cut", share)
        until(lambda share=share: rollout_of(server)["share"] == share)  # type: ignore[misc]
        chosen = Rollout(new="fomo-raw.cut", over="fomo.cut", share=share)
        assert kinds() == [Raw if chosen.reaches(dev.id) else Centroids for dev in devices]
    # What was learned of the network holds for every version of it: nobody is planned for anew.
    assert server.stats()["counters"]["plans_published"] == 12


MakeVirtual = Callable[..., VirtualDevice]


@pytest.fixture
def virtual(memory_broker: MemoryBroker, fomo: Bundle) -> Iterator[MakeVirtual]:
    made: list[VirtualDevice] = []

    def make(name: str, **how: Any) -> VirtualDevice:
        device = VirtualDevice(
            name,
            fomo,
            bus=MemoryBus(memory_broker, name),
            engine="litert",
            settings=DeviceSettings(telemetry_s=0.0, deadline_ms=5000),
            boots=FixedBoot(7),
            **how,
        )
        made.append(device)
        device.start()
        return device

    yield make
    for device in made:
        device.stop()


def running(devices: list[VirtualDevice], bundle: Bundle) -> set[str]:
    return {str(device.id) for device in devices if device.model.model_id == bundle.model_id}


def test_another_model_is_brought_to_a_share_then_to_all_and_back(
    serve: Any, virtual: MakeVirtual, models: Path, fomo: Bundle, other: Bundle
) -> None:
    shutil.copytree(other.path, models / "other.cut")
    devices = [virtual(f"cam-{number}") for number in range(8)]
    server = serve(models=(models,), updates_at_once=3, **LOOK)
    state(models, "other.cut", 0.3)
    chosen = {
        str(device.id)
        for device in devices
        if Rollout(new="other.cut", over="fomo.cut", share=0.3).reaches(DeviceId(str(device.id)))
    }
    assert 0 < len(chosen) < 8
    until(lambda: running(devices, other) == chosen, 30)
    state(models, "other.cut", 1.0)
    until(lambda: len(running(devices, other)) == 8, 30)
    until(lambda: rollout_of(server)["devices_on_new"] == 8)
    assert rollout_of(server)["devices_on_over"] == 0
    state(models, "other.cut", 0.0)
    until(lambda: len(running(devices, fomo)) == 8, 30)
    until(lambda: server.stats()["counters"]["rollout_moved"] == 16)
    for device, picture in zip(devices, pictures(fomo, 8), strict=True):
        until(lambda device=device: device.state == "online")  # type: ignore[misc]
        assert device.infer(*picture).answer == whole_answer(fomo, picture)


def test_a_rollout_goes_on_after_a_restart_of_the_server(
    serve: Any, virtual: MakeVirtual, models: Path, other: Bundle
) -> None:
    shutil.copytree(other.path, models / "other.cut")
    devices = [virtual(f"cam-{number}") for number in range(4)]
    server = serve(models=(models,), updates_at_once=1, **LOOK)
    state(models, "other.cut", 1.0)
    until(lambda: len(running(devices, other)) >= 1, 30)
    server.stop()
    server.start()
    until(lambda: len(running(devices, other)) == 4, 30)


def test_a_device_with_a_key_is_moved_by_sealed_steps(
    serve: Any, virtual: MakeVirtual, models: Path, other: Bundle, tmp_path: Path
) -> None:
    key = Key.new()
    keys = tmp_path / "keys.toml"
    add_key(keys, DeviceId("cam-1"), key)
    shutil.copytree(other.path, models / "other.cut")
    state(models, "other.cut", 1.0)
    devices = [virtual("cam-1", key=key)]
    server = serve(models=(models,), keys=keys, **LOOK)
    until(lambda: len(running(devices, other)) == 1, 30)
    assert server.stats()["counters"].get("rollout_failed", 0) == 0


def test_a_device_that_takes_no_models_is_counted_and_keeps_what_it_has(
    serve: Any, device: Any, models: Path, fomo: Bundle, other: Bundle
) -> None:
    shutil.copytree(other.path, models / "other.cut")
    state(models, "other.cut", 1.0)
    server = serve(models=(models,), **LOOK)
    dev: HandDevice = device()
    dev.announce()
    dev.about(update="off")
    until(lambda: server.stats()["counters"].get("rollout_unfit") == 1)
    [picture] = pictures(fomo, 1)
    assert dev.ask(3, picture, 1).answer == whole_answer(fomo, picture)
