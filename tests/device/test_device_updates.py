"""A virtual device takes a new model as a board does: by the same receiver, into the spare slot, and tries it first."""

from __future__ import annotations

import hashlib
import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from device_watch import DEVICE, MakeDevice, Watch, eventually, samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutpoint import _core
from cutpoint.board import slot_image
from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.graph.extract import pack
from cutpoint.kernels import open_runner
from cutpoint.update import Image, Outcome
from cutpoint.wire import (
    Command,
    DeviceId,
    Key,
    ModelId,
    Note,
    Topics,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateKind,
    UpdateNote,
    UpdateState,
    UpdateStep,
    encode_update,
    parse_about,
)
from host_tools.device import FixedBoot, VirtualDevice
from host_tools.device.updates import NO_FIRMWARE
from host_tools.remote import Peer, Report, send_update

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    data = (MODELS / "autoencoder.tflite").read_bytes()
    return Bundle.create(data, tmp_path_factory.mktemp("other"), name="other")


@pytest.fixture
def peer(memory_broker: MemoryBroker) -> Iterator[Peer]:
    with Peer(MemoryBus(memory_broker, "tool"), Topics(), DeviceId(DEVICE)) as peer:
        yield peer


def image_of(bundle: Bundle, data: bytes | None = None) -> Image:
    made = slot_image(bundle) if data is None else data
    return Image(UpdateKind.MODEL, bundle.name, made, ModelId(bundle.model_id))


def header_for(
    bundle: Bundle, model: bytes, *, sha256: bytes | None = None, on_board: int | None = None
) -> bytes:
    """The slot header of a model that its bundle does not have."""
    return _core.write_slot_header(
        bundle.model_id,
        sha256 or hashlib.sha256(model).digest(),
        len(model),
        bundle.n,
        bundle.max_cut if on_board is None else on_board,
        bundle.name,
        (),
        0,
    )


def updated(peer: Peer, image: Image, patience_s: float = 10.0) -> Report:
    peer.meet(5)
    return send_update(peer, image, patience_s=patience_s)


def infers_with(device: VirtualDevice, bundle: Bundle) -> None:
    """One inference, answered by the device, and rightly."""
    tensor = bundle.inputs[0]
    values = np.random.default_rng(1).integers(-128, 128, tensor.shape).astype(tensor.dtype)
    record = device.infer(values)
    assert record.answer is not None
    (expected,) = open_runner(bundle.full, "reference").run([values])
    assert bytes(record.answer.tensors[0].data) == expected.tobytes()  # type: ignore[union-attr]


def still_infers(device: VirtualDevice, bundle: Bundle) -> None:
    assert device.infer(samples(bundle, 1)[0]).answer is not None


def test_a_good_model_is_tried_used_and_announced(
    bus: MemoryBus, make_device: MakeDevice, other: Bundle, peer: Peer, memory_broker: MemoryBroker
) -> None:
    device = make_device(bus)
    report = updated(peer, image_of(other))
    assert (report.outcome, report.text) == (Outcome.DONE, "other is in use from now on")
    eventually(lambda: device.state == "online", "online again")
    about = parse_about(memory_broker.retained(f"cutpoint/1/{DEVICE}/about") or b"")
    assert (about.model, about.operators, about.boot) == (other.model_id.hex(), other.max_cut, 8)
    assert device.model.name == "other"
    infers_with(device, other)


def test_the_next_update_goes_to_the_other_slot_and_back(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus)
    for wanted in (other, bundle, other):
        assert updated(peer, image_of(wanted)).outcome is Outcome.DONE
        assert device.model.model_id == wanted.model_id
    infers_with(device, other)


def test_an_inference_in_flight_ends_before_the_model_is_changed(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus, profile="esp32")
    peer.meet(5)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(device.infer, samples(bundle, 1)[0])
        assert send_update(peer, image_of(other)).outcome is Outcome.DONE
        assert answer.result(10).answer is not None


def test_a_corrupt_model_is_given_back_and_the_old_one_goes_on(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    """Right in header and hash, and nothing that could run."""
    device = make_device(bus)
    model = bytearray(other.device)
    model[64:400] = bytes(336)
    report = updated(peer, image_of(other, header_for(other, bytes(model)) + bytes(model)))
    assert report.outcome is Outcome.RETURNED
    assert "the model before is:" in report.text
    assert device.boot == 7
    still_infers(device, bundle)


def test_a_model_for_another_firmware_is_given_back_by_the_name_of_what_is_missing(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus)
    # An operator that no kernels have: its built-in code is replaced throughout the model.
    model = with_unknown_operator(other.device)
    report = updated(peer, image_of(other, header_for(other, model) + model))
    assert report.outcome is Outcome.RETURNED
    assert "CUSTOM" in report.text.upper()
    still_infers(device, bundle)


def with_unknown_operator(data: bytes) -> bytes:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    code = model.operatorCodes[0]
    code.builtinCode, code.deprecatedBuiltinCode, code.customCode = 32, 32, b"Teleport"
    return bytes(pack(model))


def test_a_header_that_counts_other_operators_than_its_model_is_given_back(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus)
    data = header_for(other, other.device, on_board=other.max_cut - 1) + other.device
    report = updated(peer, image_of(other, data))
    assert report.outcome is Outcome.RETURNED
    assert "its header states" in report.text
    still_infers(device, bundle)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda other: b"\x7fELF" + bytes(60_000), "slot"),
        (lambda other: (MODELS / "fomo_like.tflite").read_bytes(), "slot"),
        (lambda other: slot_image(other)[:-100], ""),
        (lambda other: header_for(other, other.device, sha256=bytes(32)) + other.device, ""),
    ],
    ids=["foreign file", "bare tflite", "truncated", "wrong hash in the header"],
)
def test_bytes_that_are_no_slot_image_fail_before_anything_is_tried(
    bus: MemoryBus,
    make_device: MakeDevice,
    bundle: Bundle,
    other: Bundle,
    peer: Peer,
    make: Any,
    words: str,
) -> None:
    device = make_device(bus)
    report = updated(peer, image_of(other, make(other)))
    assert report.outcome is Outcome.FAILED
    assert report.text
    assert words in report.text
    assert device.model.model_id == bundle.model_id
    still_infers(device, bundle)
    assert updated(peer, image_of(other)).outcome is Outcome.DONE


def test_an_image_larger_than_the_slot_is_refused(
    bus: MemoryBus, make_device: MakeDevice, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus, settings={"slot_bytes": 40960})
    report = updated(peer, image_of(other, slot_image(other) + bytes(30_000)))
    assert report.outcome is Outcome.REFUSED
    assert "40960" in report.text
    assert device.state == "online"


def test_a_device_that_takes_no_updates_says_so(
    bus: MemoryBus, make_device: MakeDevice, other: Bundle, peer: Peer
) -> None:
    make_device(bus, settings={"update": "off"})
    report = updated(peer, image_of(other))
    assert report.outcome is Outcome.REFUSED
    assert "update" in report.text


def test_firmware_is_refused_by_name(bus: MemoryBus, make_device: MakeDevice, peer: Peer) -> None:
    device = make_device(bus)
    report = updated(peer, Image(UpdateKind.FIRMWARE, "app", bytes(5000)))
    assert (report.outcome, report.text) == (Outcome.REFUSED, NO_FIRMWARE)
    eventually(lambda: device.counters["unsupported_commands"] >= 1, "counted")


def test_a_sealed_device_takes_a_model_from_a_tool_with_its_key_and_from_no_other(
    bus: MemoryBus, make_device: MakeDevice, memory_broker: MemoryBroker, other: Bundle, peer: Peer
) -> None:
    key = Key.new()
    make_device(bus, key=key)
    report = updated(peer, image_of(other), patience_s=1.0)
    assert report.outcome is Outcome.TIMED_OUT
    with Peer(MemoryBus(memory_broker, "sealed-tool"), Topics(), DeviceId(DEVICE), key=key) as sealed:
        assert updated(sealed, image_of(other)).outcome is Outcome.DONE


class Steps:
    """Single steps by hand, and the notes that come back."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.notes: queue.SimpleQueue[Note] = queue.SimpleQueue()
        peer.meet(5)

    def send(self, step: UpdateStep | bytes, command: Command = Command.NEW_MODEL) -> None:
        assert self.peer.send(command, step if isinstance(step, bytes) else encode_update(step))

    def note(self, timeout_s: float = 5.0) -> Note:
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up:
            said = self.peer.hear(0.05)
            if isinstance(said, Note):
                return said
        raise AssertionError("no note came")

    def update_note(self) -> UpdateNote:
        note = self.note()
        assert isinstance(note, UpdateNote)
        return note


def test_an_update_goes_on_after_the_device_was_stopped_and_started_on_its_folder(
    memory_broker: MemoryBroker, make_device: MakeDevice, other: Bundle, peer: Peer, tmp_path: Path
) -> None:
    data = slot_image(other)
    data += bytes(40_000 - len(data))
    image = header_for(other, data[4096:]) + data[4096:]
    first = make_device(MemoryBus(memory_broker, "one"), state=tmp_path)
    steps = Steps(peer)
    steps.send(UpdateBegin(len(image), hashlib.sha256(image).digest()))
    assert steps.update_note().offset == 0
    for at in range(0, 20_000, 1000):
        steps.send(UpdateData(at, image[at : at + 1000]))
    assert steps.update_note().state is UpdateState.RECEIVING
    first.stop()
    make_device(MemoryBus(memory_broker, "two"), state=tmp_path, boots=FixedBoot(8))
    eventually(lambda: peer.hear(0.1) is None and peer.boot == 8, "the new life was heard of")
    report = send_update(peer, image_of(other, image), patience_s=10)
    assert (report.outcome, report.resumed_at) == (Outcome.DONE, 16384)


def test_a_model_received_stays_over_restarts_and_the_bundle_comes_back_only_when_flashed_anew(
    memory_broker: MemoryBroker,
    make_device: MakeDevice,
    bundle: Bundle,
    short_bundle: Bundle,
    other: Bundle,
    peer: Peer,
    tmp_path: Path,
) -> None:
    first = make_device(MemoryBus(memory_broker, "one"), state=tmp_path)
    assert updated(peer, image_of(other)).outcome is Outcome.DONE
    first.stop()
    second = make_device(MemoryBus(memory_broker, "two"), state=tmp_path)
    assert second.model.model_id == other.model_id
    infers_with(second, other)
    second.stop()
    third = make_device(MemoryBus(memory_broker, "three"), of=short_bundle, state=tmp_path)
    assert third.model.engine.on_board == 5


def test_a_trial_that_the_end_came_before_is_taken_up_at_the_next_start(
    memory_broker: MemoryBroker,
    make_device: MakeDevice,
    bundle: Bundle,
    other: Bundle,
    peer: Peer,
    tmp_path: Path,
) -> None:
    make_device(MemoryBus(memory_broker, "one"), state=tmp_path).stop()
    begin_trial_by_hand(tmp_path, slot_image(other))
    device = make_device(MemoryBus(memory_broker, "two"), state=tmp_path)
    assert device.model.model_id == other.model_id
    assert Steps(peer)
    device.stop()
    model = bytearray(bundle.device)
    model[64:400] = bytes(336)
    begin_trial_by_hand(tmp_path, header_for(bundle, bytes(model)) + bytes(model))
    device = make_device(MemoryBus(memory_broker, "three"), state=tmp_path, boots=FixedBoot(9))
    assert device.model.model_id == other.model_id
    notes = []
    while (said := peer.hear(0.3)) is not None:
        notes += [said] if isinstance(said, UpdateNote) else []
    assert notes[-1].state is UpdateState.RETURNED


def begin_trial_by_hand(folder: Path, image: bytes) -> None:
    """As a process leaves it that is killed in the middle of a trial."""
    from host_tools.device.slots import FolderStore, Slots

    slots = Slots(FolderStore(folder), 1 << 20)
    slots.boot()
    room = -(-len(image) // 4096) * 4096
    assert slots.spare.erase(0, room)
    assert slots.spare.write(0, image)
    slots.begin_trial()


def test_a_damaged_folder_is_a_fresh_device(
    memory_broker: MemoryBroker, make_device: MakeDevice, bundle: Bundle, tmp_path: Path
) -> None:
    make_device(MemoryBus(memory_broker, "one"), state=tmp_path).stop()
    for name in ("choice", "progress", "slot-1"):
        (tmp_path / name).write_bytes(b"\x00nonsense")
    still_infers(make_device(MemoryBus(memory_broker, "two"), state=tmp_path), bundle)


def test_steps_without_a_begin_or_out_of_order_are_answered_and_change_nothing(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, other: Bundle, peer: Peer
) -> None:
    device = make_device(bus)
    steps = Steps(peer)
    steps.send(UpdateData(0, b"abc"))
    assert "no update is under way" in steps.update_note().text
    steps.send(UpdateEnd())
    assert steps.update_note().state is UpdateState.REFUSED
    image = slot_image(other)
    steps.send(UpdateBegin(len(image), hashlib.sha256(image).digest()))
    assert steps.update_note().state is UpdateState.READY
    steps.send(UpdateData(5000, b"abc"))
    out_of_order = steps.update_note()
    assert (out_of_order.state, out_of_order.offset) == (UpdateState.RECEIVING, 0)
    assert out_of_order.text
    steps.send(UpdateEnd())
    assert steps.update_note().offset == 0
    still_infers(device, bundle)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.lists(st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"\1\0\0\0" + b)))
def test_malformed_commands_never_stop_a_device(
    shared: tuple[VirtualDevice, Steps, Bundle], arguments: list[bytes]
) -> None:
    device, steps, bundle = shared
    for number, argument in enumerate(arguments):
        steps.send(argument, (Command.NEW_MODEL, Command.NEW_FIRMWARE)[number % 2])
    assert device.state == "online"
    still_infers(device, bundle)


@pytest.fixture
def shared(
    bus: MemoryBus, make_device: MakeDevice, bundle: Bundle, peer: Peer, watch: Watch
) -> tuple[VirtualDevice, Steps, Bundle]:
    return make_device(bus), Steps(peer), bundle


def test_a_malformed_command_is_told_and_counted(bus: MemoryBus, make_device: MakeDevice, peer: Peer) -> None:
    device = make_device(bus)
    steps = Steps(peer)
    steps.send(b"\1\0\0\0\5")
    note = steps.note()
    assert note.note == "error"
    assert "model update" in note.text
    eventually(lambda: device.counters["unsupported_commands"] == 1, "counted")
