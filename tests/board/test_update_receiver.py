"""The update receiver of the firmware, driven from Python over flash in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.board import MemoryFlash, MemoryProgress, UpdateNote, UpdateReceiver, slot_image
from cutpoint.graph import Bundle

MODEL = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return slot_image(Bundle.create(MODEL.read_bytes(), tmp_path_factory.mktemp("bundles"), name="new"))


def area_for(image: bytes) -> MemoryFlash:
    return MemoryFlash((len(image) // 4096 + 2) * 4096)


def send(receiver: UpdateReceiver, image: bytes, piece: int = 1016) -> UpdateNote:
    note = receiver.begin(len(image), hashlib.sha256(image).digest())
    assert note.state == "ready"
    while receiver.active and receiver.offset < len(image):
        note = receiver.data(receiver.offset, image[receiver.offset : receiver.offset + piece])
    return receiver.end() if receiver.active else note


def test_an_update_arrives(image: bytes) -> None:
    area = area_for(image)
    note = send(UpdateReceiver(area, hashlib.sha256), image)
    assert (note.state, note.say, note.offset, note.size) == ("trying", True, len(image), len(image))
    assert area.data[: len(image)] == image


def test_an_update_goes_on_with_another_receiver_over_the_same_flash(image: bytes) -> None:
    area, progress = area_for(image), MemoryProgress()
    first = UpdateReceiver(area, hashlib.sha256, progress=progress)
    first.begin(len(image), hashlib.sha256(image).digest())
    while first.offset < 17000:
        first.data(first.offset, image[first.offset : first.offset + 1000])
    second = UpdateReceiver(area, hashlib.sha256, progress=progress)
    assert second.begin(len(image), hashlib.sha256(image).digest()).offset == 16384
    assert send(second, image).state == "trying"


def test_a_foreign_file_fails_with_a_sentence(image: bytes) -> None:
    note = send(UpdateReceiver(area_for(image), hashlib.sha256), image[4096:])
    assert note.state == "failed"
    assert "CPSL" in note.text


def test_an_image_that_is_too_large_is_refused_with_both_sizes(image: bytes) -> None:
    note = UpdateReceiver(MemoryFlash(8192), hashlib.sha256).begin(len(image), bytes(32))
    assert note.state == "refused"
    assert "8192" in note.text
    assert str(len(image)) in note.text


def test_policy_and_block_refuse(image: bytes) -> None:
    receiver = UpdateReceiver(area_for(image), hashlib.sha256, policy="off")
    assert "`update`" in receiver.begin(len(image), bytes(32)).text
    receiver.set_policy("model")
    receiver.block("a model is on trial")
    assert receiver.begin(len(image), bytes(32)).text == "a model is on trial"
    receiver.block(None)
    assert receiver.begin(len(image), bytes(32)).state == "ready"
    firmware = UpdateReceiver(area_for(image), hashlib.sha256, kind="firmware", policy="model")
    assert firmware.begin(len(image), bytes(32)).state == "refused"


@pytest.mark.parametrize("wrong", [{"kind": "tensor"}, {"policy": "maybe"}, {"chip": -1}, {"chip": 70000}])
def test_what_is_no_receiver_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        UpdateReceiver(MemoryFlash(8192), hashlib.sha256, **wrong)  # type: ignore[arg-type]


class Tripping(MemoryFlash):
    """Raises at one of its calls."""

    def __init__(self, size: int, at: int) -> None:
        super().__init__(size)
        self.left = at

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError("the flash is gone")

    def write(self, offset: int, data: bytes, /) -> bool:
        self._count()
        return super().write(offset, data)

    def read(self, offset: int, bytes: int, /) -> bytes | None:
        self._count()
        return super().read(offset, bytes)


@pytest.mark.parametrize("at", [1, 2, 3, 40, 100])
def test_what_a_port_raises_comes_out_and_the_update_can_go_on(image: bytes, at: int) -> None:
    area = Tripping(area_for(image).size(), at)
    receiver = UpdateReceiver(area, hashlib.sha256)
    with pytest.raises(OSError, match="the flash is gone"):
        send(receiver, image)
    assert send(receiver, image).state == "trying"
    assert area.data[: len(image)] == image


def test_a_port_that_gives_the_wrong_number_of_bytes_is_named(image: bytes) -> None:
    area = area_for(image)
    area.read = lambda offset, bytes: b"x"  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="as many bytes as were asked for"):
        send(UpdateReceiver(area, hashlib.sha256), image)


def test_a_port_may_not_call_its_receiver(image: bytes) -> None:
    area = area_for(image)
    receiver = UpdateReceiver(area, hashlib.sha256)
    area.erase = lambda offset, bytes: receiver.abort().say  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="may not call the receiver"):
        send(receiver, image)


calls = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(0, 1 << 32 - 1), st.binary(max_size=40)),
        st.tuples(st.just("data"), st.integers(0, 60000), st.binary(max_size=1016)),
        st.tuples(st.just("next"), st.just(0), st.binary(min_size=1, max_size=1016)),
        st.tuples(st.just("good"), st.just(0), st.just(b"")),
        st.tuples(st.just("end"), st.just(0), st.just(b"")),
        st.tuples(st.just("abort"), st.just(0), st.just(b"")),
    ),
    max_size=40,
)


@given(calls)
def test_whatever_a_sender_does_only_what_was_stated_is_tried(calls: list[tuple[str, int, bytes]]) -> None:
    size = 40000
    receiver = UpdateReceiver(MemoryFlash(65536), hashlib.sha256, progress=MemoryProgress())
    for name, number, data in calls:
        if name == "good":
            note = receiver.begin(size, bytes(32))
        elif name == "begin":
            note = receiver.begin(number % (1 << 32), data)
        elif name in ("data", "next"):
            note = receiver.data(receiver.offset if name == "next" else number, data)
        else:
            note = receiver.end() if name == "end" else receiver.abort()
        assert note.state in (
            "ready",
            "receiving",
            "refused",
            "failed",
        )  # nobody finds bytes whose hash is zero
        assert note.text or note.state in ("ready", "receiving")
        assert note.offset <= note.size
