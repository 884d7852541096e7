"""Codec tables on a virtual device: what it announces, what it sends, how long that takes it, and new tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from calibrated_bundle import CODECS, LEVELS, calibrated, calibrated_copy, number_of, uniform
from device_watch import DEVICE, MakeDevice, Watch, eventually, expected, samples

from cutpoint.board import read_slot_image, slot_image
from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.codec import CodecId, DType
from cutpoint.graph import Bundle
from cutpoint.update import Outcome
from cutpoint.update.image import model_image
from cutpoint.wire import (
    About,
    Activation,
    DeviceId,
    Flag,
    Plan,
    Status,
    Topics,
    parse_about,
    plan_parameters,
)
from host_tools.device import PlanChanged, Profile
from host_tools.device.coding_time import encode_us
from host_tools.device.on_board import OnBoard
from host_tools.hil import ScriptedEdge
from host_tools.remote import Peer, send_update

FOMO = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"
CUTS = (3, 5)


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("calibrated")
    bundle = Bundle.create(FOMO.read_bytes(), folder, name="small", labels=("one", "two"), output="fomo")
    return calibrated(bundle, CUTS)


@pytest.fixture
def edge(memory_broker: MemoryBroker, coded: Bundle) -> Iterator[ScriptedEdge]:
    made = ScriptedEdge(MemoryBus(memory_broker, "edge"), coded, DEVICE)
    yield made
    made.close()


def about_of(broker: MemoryBroker) -> About:
    return parse_about(broker.retained(f"cutpoint/1/{DEVICE}/about") or b"")


def follow(edge: ScriptedEdge, watch: Watch, cut: int, place: int, **more: object) -> int:
    number = number_of(CUTS, cut, place)
    epoch = edge.plan(cut, codec=CODECS[place], setting=number, **more)  # type: ignore[arg-type]
    watch.plan(epoch)
    return number


def test_tables_are_announced_with_the_codecs_that_they_allow(
    bus: MemoryBus, make_device: MakeDevice, coded: Bundle, memory_broker: MemoryBroker
) -> None:
    make_device(bus, of=coded)
    eventually(lambda: memory_broker.retained(f"cutpoint/1/{DEVICE}/about") is not None, "announced")
    about = about_of(memory_broker)
    assert about.codecs == ("raw", "bitmap", "lowbit", "rans", "slicer", "delta")
    assert coded.manifest.codecs is not None
    assert (about.tables, about.history) == (coded.manifest.codecs.version, 8192)


def test_without_tables_or_memory_there_is_less_to_announce(
    bus: MemoryBus, make_device: MakeDevice, coded: Bundle, bundle: Bundle
) -> None:
    plain = make_device(bus).about(1)
    assert (plain["codecs"], "tables" in plain, "history" in plain) == (["raw", "bitmap"], False, False)
    forgetful = make_device(bus, id="dev-2", of=coded, settings={"history": 0, "jpeg": 80}).about(1)
    assert forgetful["codecs"] == ["raw", "bitmap", "jpeg", "lowbit", "rans", "slicer"]
    assert (forgetful["history"], forgetful["jpeg_quality"]) == (0, 80)


@pytest.mark.parametrize("engine", ["litert", "stream"])
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("place", range(len(CODECS)))
def test_a_setting_is_followed_and_its_tensors_are_the_ones_of_its_levels(
    bus: MemoryBus,
    edge: ScriptedEdge,
    make_device: MakeDevice,
    watch: Watch,
    coded: Bundle,
    cut: int,
    place: int,
    engine: str,
) -> None:
    device = make_device(bus, of=coded, engine=engine)
    sample = samples(coded, 1)[0]
    raw_epoch = edge.plan(cut)
    watch.plan(raw_epoch)
    device.infer(sample)
    exact = edge.activation(epoch=raw_epoch)
    number = follow(edge, watch, cut, place)
    changed = watch.wait(lambda event: isinstance(event, PlanChanged) and event.setting != 0)
    assert isinstance(changed, PlanChanged)
    assert (changed.codec, changed.setting) == (CODECS[place], number)
    record = device.infer(sample)
    assert (record.by, record.codec) == ("edge", f"{CODECS[place].name.lower()}:{number}")
    sent = edge.activation(epoch=edge.epoch)
    assert (sent.codec, sent.setting) == (CODECS[place], number)
    for seen, wanted in zip(sent.tensors, exact.tensors, strict=True):
        if place == 1:
            assert seen.data == wanted.data
            continue
        assert seen.codec is CODECS[place]
        assert seen.coded_bytes < len(wanted.data) * 0.6
        levels = uniform(DType(wanted.dtype), coded.cuts[cut].tensors[0].zero_point or 0)
        assert seen.data == bytes(levels.to_value[levels.to_level[byte]] for byte in wanted.data)
        assert len(set(seen.data)) <= LEVELS
    if place == 1:
        assert record.answer == expected(coded, sample)


def test_a_still_scene_takes_less_than_a_key_frame_until_the_edge_forgets(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, coded: Bundle
) -> None:
    device = make_device(bus, of=coded)
    sample, other = samples(coded, 2)
    follow(edge, watch, 5, 3)
    key = device.infer(sample)
    still = device.infer(sample)
    assert (key.by, still.by) == ("edge", "edge")
    assert still.bytes_up < 0.7 * key.bytes_up
    # Another scene is told as a key frame.
    assert device.infer(other).by == "edge"
    assert device.infer(sample).by == "edge"
    edge.serve(coded)  # as after a restart, it remembers nothing
    refused = device.infer(sample)
    assert (refused.by, refused.reason) == ("device", "refused: bad frame")
    again = device.infer(sample)
    assert (again.by, again.bytes_up) == ("edge", key.bytes_up)


def test_a_plan_for_other_tables_is_followed_raw(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, coded: Bundle
) -> None:
    device = make_device(bus, of=coded)
    parameters = plan_parameters(number_of(CUTS, 5, 1), 12345)
    flags = Flag.TIMINGS | Flag.EXPLORATION
    edge.send(Plan(edge.model, 7, 5, CodecId.RANS, flags, 5000, parameters))
    watch.plan(7)
    record = device.infer(samples(coded, 1)[0])
    assert (record.by, record.cut, record.codec) == ("edge", 5, "raw")
    assert edge.activation(epoch=7).flags == Flag.TIMINGS
    assert device.counters["unfit_codecs"] == 1


def test_a_device_that_answered_by_itself_names_no_codec(
    bus: MemoryBus, make_device: MakeDevice, coded: Bundle
) -> None:
    assert make_device(bus, of=coded).infer(samples(coded, 1)[0]).codec is None


@pytest.mark.parametrize("place", [0, 1])
def test_a_boards_coding_time_is_modelled_and_stated(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, coded: Bundle, place: int
) -> None:
    device = make_device(bus, of=coded, profile="esp32-c3")
    follow(edge, watch, 5, place, flags=Flag.TIMINGS)
    record = device.infer(samples(coded, 1)[0])
    modelled = encode_us(Profile.load("esp32-c3"), CODECS[place], coded.cuts[5].bytes)
    assert modelled is not None
    assert record.encode_us == pytest.approx(modelled, abs=2)
    timings = edge.activation(epoch=edge.epoch).timings
    assert timings is not None
    assert timings.encode_us == record.encode_us
    assert record.total_us >= record.device_us + record.encode_us


def test_a_profile_that_says_nothing_of_coding_has_it_measured(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, coded: Bundle
) -> None:
    profile = Profile.load("esp32-s3").model_copy(update={"coding": None})
    device = make_device(bus, of=coded, profile=profile)
    follow(edge, watch, 5, 1, flags=Flag.TIMINGS)
    modelled = encode_us(Profile.load("esp32-s3"), CodecId.RANS, coded.cuts[5].bytes)
    assert encode_us(profile, CodecId.RANS, 1000) is None
    assert modelled is not None
    assert device.infer(samples(coded, 1)[0]).encode_us < modelled


def test_an_update_over_mqtt_brings_the_tables_of_its_model(
    bus: MemoryBus,
    edge: ScriptedEdge,
    make_device: MakeDevice,
    watch: Watch,
    coded: Bundle,
    bundle: Bundle,
    memory_broker: MemoryBroker,
) -> None:
    device = make_device(bus, of=bundle)
    with Peer(MemoryBus(memory_broker, "tool"), Topics(), DeviceId(DEVICE)) as peer:
        peer.meet(5)
        assert about_of(memory_broker).tables is None
        assert send_update(peer, model_image(coded)).outcome is Outcome.DONE
        eventually(lambda: device.state == "online", "online again")
        assert coded.manifest.codecs is not None
        assert about_of(memory_broker).tables == coded.manifest.codecs.version
        follow(edge, watch, 5, 1)
        assert device.infer(samples(coded, 1)[0]).codec == f"rans:{number_of(CUTS, 5, 1)}"
        assert send_update(peer, model_image(bundle)).outcome is Outcome.DONE
        eventually(lambda: device.state == "online", "online again")
        assert about_of(memory_broker).tables is None


def test_tables_of_another_network_in_a_slot_are_left_out_with_a_note(
    coded: Bundle, tmp_path: Path, make_device: MakeDevice, bus: MemoryBus
) -> None:
    image = read_slot_image(slot_image(coded))
    assert OnBoard.of_slot(image, "litert", coded).tables is not None
    autoencoder = (FOMO.parent / "autoencoder.tflite").read_bytes()
    foreign = calibrated_copy(autoencoder, tmp_path, "other", (1,)).codec_tables
    board = OnBoard.of_slot(replace(image, tables=foreign), "litert", coded)
    assert board.tables is None
    assert board.trouble is not None
    assert "left out" in board.trouble
    device = make_device(bus, of=replace(coded, codec_tables=foreign))
    assert any("codec tables are left out" in note for note in device.notes())
    assert "tables" not in device.about(1)


def test_an_activation_that_cannot_be_undone_is_refused_by_the_scripted_edge(
    bus: MemoryBus, edge: ScriptedEdge, make_device: MakeDevice, watch: Watch, coded: Bundle, bundle: Bundle
) -> None:
    device = make_device(bus, of=coded)
    follow(edge, watch, 5, 2)
    edge.serve(bundle)  # of the same network, without tables
    record = device.infer(samples(coded, 1)[0])
    assert record.reason == f"refused: {Status.BAD_FRAME.name.lower().replace('_', ' ')}"
    assert edge.heard(Activation) == []
