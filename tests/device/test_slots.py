"""Model slots of a virtual device, in memory and in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.board import SlotError, slot_image
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.device.slots import FileFlash, FolderStore, MemoryStore, Slots, Store

SLOT_BYTES = 1 << 16


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path / "state")


def put(slots: Slots, image: bytes) -> None:
    room = -(-len(image) // 4096) * 4096
    assert slots.spare.erase(0, room)
    assert slots.spare.write(0, image)


def test_what_was_flashed_is_booted(store: Store, bundle: Bundle) -> None:
    slots = Slots(store, SLOT_BYTES)
    slots.flash(slot_image(bundle))
    image, reason = slots.boot()
    assert image is not None
    assert (image.model_id, reason) == (bundle.model_id, "settled")


def test_empty_slots_hold_nothing(store: Store) -> None:
    assert Slots(store, SLOT_BYTES).boot() == (None, "nothing")


def test_a_proven_image_is_the_one_in_use_and_a_failed_one_never(
    store: Store, bundle: Bundle, short_bundle: Bundle
) -> None:
    slots = Slots(store, SLOT_BYTES)
    slots.flash(slot_image(bundle))
    put(slots, slot_image(short_bundle))
    assert slots.begin_trial().on_board == 5
    slots.prove()
    assert Slots(store, SLOT_BYTES).boot()[0] is not None
    image, reason = Slots(store, SLOT_BYTES).boot()
    assert image is not None
    assert (image.on_board, reason) == (5, "settled")
    put(slots, slot_image(bundle))
    slots.begin_trial()
    back = slots.fail()
    assert back is not None
    assert back.on_board == 5
    image, reason = Slots(store, SLOT_BYTES).boot()
    assert image is not None
    assert (image.on_board, reason) == (5, "settled")


def test_a_trial_that_never_ends_is_given_up_after_its_starts(
    store: Store, bundle: Bundle, short_bundle: Bundle
) -> None:
    slots = Slots(store, SLOT_BYTES)
    slots.flash(slot_image(bundle))
    put(slots, slot_image(short_bundle))
    slots.begin_trial()
    reasons = [Slots(store, SLOT_BYTES).boot()[1] for _ in range(3)]
    assert reasons == ["trial", "returned", "settled"]


def test_the_same_bundle_is_flashed_once_and_another_anew(
    store: Store, bundle: Bundle, short_bundle: Bundle
) -> None:
    slots = Slots(store, SLOT_BYTES)
    slots.flash(slot_image(bundle))
    put(slots, slot_image(short_bundle))
    slots.begin_trial()
    slots.prove()
    again = Slots(store, SLOT_BYTES)
    again.flash(slot_image(bundle))
    kept, _ = again.boot()
    assert kept is not None
    assert kept.on_board == 5
    again.flash(slot_image(bundle, 7))
    fresh, _ = again.boot()
    assert fresh is not None
    assert fresh.on_board == 7


def test_an_image_larger_than_its_slot_is_refused(store: Store, bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        Slots(store, 8192).flash(slot_image(bundle))


def test_a_slot_that_cannot_be_read_is_no_image(store: Store) -> None:
    slots = Slots(store, SLOT_BYTES)
    with pytest.raises(SlotError):
        slots.begin_trial()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be kept"):
        FolderStore(tmp_path / "file" / "state")


def test_flash_in_a_file_that_cannot_be_written_fails_like_flash(tmp_path: Path) -> None:
    flash = FileFlash(tmp_path / "nowhere" / "slot", 8192)
    assert not flash.erase(0, 4096)
    assert not flash.write(0, b"x")
    assert flash.read(0, 4) == b"\xff" * 4


operations = st.one_of(
    st.tuples(st.just("erase"), st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.just("write"), st.integers(0, 20_000), st.binary(max_size=64)),
    st.tuples(st.just("read"), st.integers(0, 20_000), st.integers(0, 64)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(operations, max_size=12))
def test_flash_in_a_file_behaves_like_flash_in_memory(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int | bytes]]
) -> None:
    file = FileFlash(tmp_path_factory.mktemp("flash") / "area", 16384)
    memory = MemoryStore().flash("area", 16384)
    for flash in (file, memory):
        flash.write(0, b"\x0f")
    for name, at, what in steps:
        if name == "erase":
            assert isinstance(what, int)
            assert file.erase(4096 * at, 4096 * what) == memory.erase(4096 * at, 4096 * what)
        elif name == "write":
            assert isinstance(what, bytes)
            assert file.write(at, what) == memory.write(at, what)
        else:
            assert isinstance(what, int)
            assert file.read(at, what) == memory.read(at, what)
    assert file.read(0, 16384) == memory.read(0, 16384)
