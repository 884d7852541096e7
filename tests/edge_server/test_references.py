"""Frames that changes may refer to: what is remembered, and what is forgotten when."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.wire import DeviceId
from edge_server.desk.references import MOST_FRAMES, References

DEV, OTHER = DeviceId("dev-1"), DeviceId("dev-2")
STREAM = (1, b"model", 7, 17, 3)


def levels(sequence: int, size: int = 100) -> tuple[bytes, ...]:
    return (bytes([sequence % 256]) * size,)


def filled(count: int, *, age: int = 0, most_bytes: int = 1 << 20) -> References:
    references = References(most_bytes)
    for sequence in range(1, count + 1):
        references.put(DEV, STREAM, sequence, levels(sequence), age=age if sequence > age else 0)
    return references


def known(references: References, device: DeviceId = DEV, stream: tuple[object, ...] = STREAM) -> list[int]:
    return [n for n in range(1, 300) if references.get(device, stream, n) is not None]


def test_a_decoded_frame_is_found_by_its_sequence_with_its_levels() -> None:
    references = filled(3)
    assert references.get(DEV, STREAM, 2) == levels(2)
    assert references.get(DEV, STREAM, 4) is None
    assert references.get(OTHER, STREAM, 2) is None


def test_what_is_older_than_the_reference_of_the_newest_frame_is_dropped() -> None:
    references = filled(5)
    references.put(DEV, STREAM, 6, levels(6), age=2)
    assert known(references) == [4, 5, 6]


def test_a_key_frame_drops_nothing_until_it_is_referred_to() -> None:
    assert known(filled(4)) == [1, 2, 3, 4]


def test_a_device_has_a_few_frames_and_the_one_that_it_goes_by_is_among_them() -> None:
    assert known(filled(20)) == list(range(20 - MOST_FRAMES + 1, 21))
    references = References(1 << 20)
    references.put(DEV, STREAM, 1, levels(1), age=0)
    for sequence in range(2, 40):
        references.put(DEV, STREAM, sequence, levels(sequence), age=sequence - 1)
    assert known(references) == [1, *range(33, 40)]


@pytest.mark.parametrize("at", range(5))
def test_frames_of_another_life_model_tables_cut_or_setting_are_no_references(at: int) -> None:
    references = filled(3)
    other = (*STREAM[:at], "another", *STREAM[at + 1 :])
    assert references.get(DEV, other, 2) is None
    references.put(DEV, other, 9, levels(9), age=0)
    assert known(references) == []
    assert known(references, stream=other) == [9]


def test_a_forgotten_device_leaves_nothing_behind() -> None:
    references = filled(5)
    references.forget(DEV)
    references.forget(OTHER)
    assert (len(references), references.bytes, known(references)) == (0, 0, [])


def test_with_too_little_room_the_device_unheard_for_longest_is_forgotten_whole() -> None:
    references = References(3 * 1_400)
    for sequence, name in enumerate("abca"):
        references.put(DeviceId(name), STREAM, sequence, levels(sequence, 1_000), age=0)
    assert references.get(DeviceId("b"), STREAM, 1) is None
    assert references.get(DeviceId("a"), STREAM, 0) is not None
    assert references.dropped == 1


def test_a_frame_larger_than_all_the_room_is_not_kept() -> None:
    references = References(500)
    references.put(DEV, STREAM, 1, levels(1, 1_000), age=0)
    assert (len(references), references.bytes) == (0, 0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1 << 32))
def test_whatever_comes_in_whatever_order_the_bytes_are_those_of_what_is_known_and_bounded(seed: int) -> None:
    random, most = Random(seed), 20_000
    references = References(most)
    devices = [DeviceId(f"dev-{n}") for n in range(4)]
    streams = [(boot, *STREAM[1:]) for boot in range(2)]
    for _ in range(40):
        device, stream = random.choice(devices), random.choice(streams)
        sequence = random.randrange(1, 40)
        if random.random() < 0.1:
            references.forget(device)
        else:
            references.put(
                device, stream, sequence, levels(sequence, random.randrange(2_000)), age=random.randrange(12)
            )
        kept = [
            references.get(device, stream, n)
            for device in devices
            for stream in streams
            for n in range(40)
            if references.get(device, stream, n) is not None
        ]
        assert references.bytes == sum(256 + len(one[0]) for one in kept if one is not None) <= most
        assert len(kept) <= MOST_FRAMES * len(devices)
