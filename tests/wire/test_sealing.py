"""Sealed frames in Python: the golden vectors, and lives, keys and threads around them."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import vectors

from cutpoint.wire import (
    SEAL_BYTES,
    CommandMessage,
    ExhaustedError,
    FrameError,
    Key,
    KeyFileError,
    Life,
    ModelId,
    Opener,
    Reason,
    Role,
    Sealer,
    SealError,
    encode,
    open_any,
    read_header,
)

SEALED = [pytest.param(vector, id=vector["name"]) for vector in vectors("sealed")]
OPENED = [pytest.param(vector, id=vector["name"]) for vector in vectors("opened")]
KEY = Key(bytes(range(32)))


def a_frame(sequence: int = 1, argument: bytes = b"abc") -> bytes:
    (frame,) = encode(CommandMessage(ModelId(bytes(4)), 1, sequence, 2, argument))
    return frame


@pytest.mark.parametrize("vector", SEALED)
def test_a_frame_is_sealed_byte_for_byte(vector: dict[str, Any]) -> None:
    life = Life(vector["boot"], vector["salt"])
    sealer = Sealer(Key.of_hex(vector["key"]), Role(vector["role"]), life, sealed=vector["sealed"])
    try:
        outcome = sealer.seal(bytes.fromhex(vector["plain"])).hex()
    except ExhaustedError:
        outcome = "exhausted"
    except SealError as error:
        outcome = str(error).rpartition(" ")[2]
    assert outcome == vector["outcome"]


@pytest.mark.parametrize("vector", OPENED)
def test_a_frame_is_opened_or_refused_for_its_reason(vector: dict[str, Any]) -> None:
    opener = Opener(Key.of_hex(vector["key"]), Role(vector["own"]))
    for step in vector["steps"]:
        try:
            outcome = opener.open(bytes.fromhex(step["frame"])).hex()
        except FrameError as error:
            outcome = error.reason.value
        assert outcome == step["outcome"]
    assert sum(opener.counters.values()) == len(vector["steps"])


@given(st.binary(max_size=1024), st.integers(0, 2**32 - 1), st.integers(0, 2**24 - 1))
def test_what_is_sealed_is_what_is_opened(argument: bytes, boot: int, salt: int) -> None:
    plain = a_frame(argument=argument)
    sealed = Sealer(KEY, Role.DEVICE, Life(boot, salt)).seal(plain)
    assert len(sealed) == len(plain) + SEAL_BYTES
    assert argument not in sealed or len(argument) < 4
    assert Opener(KEY, Role.EDGE).open(sealed) == plain


@given(st.data())
def test_no_change_of_a_sealed_frame_is_opened(data: st.DataObject) -> None:
    sealed = bytearray(Sealer(KEY, Role.DEVICE, Life(1, 1)).seal(a_frame()))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FrameError):
        Opener(KEY, Role.EDGE).open(bytes(sealed))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else(noise: bytes) -> None:
    with pytest.raises(FrameError):
        Opener(KEY, Role.DEVICE).open(noise)


def test_a_refusal_names_the_frame_it_is_about() -> None:
    opener = Opener(KEY, Role.EDGE)
    with pytest.raises(FrameError) as refused:
        opener.open(a_frame(77))
    assert refused.value.reason is Reason.PLAIN
    assert refused.value.header is not None
    assert refused.value.header.sequence == 77


def test_a_sealed_frame_shows_its_header_and_not_its_payload() -> None:
    sealed = Sealer(KEY, Role.DEVICE, Life(1, 2)).seal(a_frame(9, b"in plain sight"))
    assert read_header(sealed).sequence == 9
    assert b"in plain sight" not in sealed


def test_reading_along_takes_any_role_and_any_number_of_times() -> None:
    plain = a_frame()
    for role in Role:
        sealed = Sealer(KEY, role, Life(3, 3)).seal(plain)
        assert open_any(KEY, sealed) == open_any(KEY, sealed) == plain
    with pytest.raises(FrameError) as refused:
        open_any(Key.new(), sealed)
    assert refused.value.reason is Reason.FORGED


def test_threads_that_share_a_sealer_never_share_a_nonce() -> None:
    sealer, frame = Sealer(KEY, Role.EDGE, Life.now()), a_frame()
    made: list[bytes] = []

    def seal() -> None:
        made.extend([sealer.seal(frame) for _ in range(500)])

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({sealed[32:44] for sealed in made}) == 2000


def test_an_opener_goes_on_where_one_before_it_ended() -> None:
    sealer = Sealer(KEY, Role.DEVICE, Life(4, 4))
    frames = [sealer.seal(a_frame(number)) for number in range(1, 6)]
    before = Opener(KEY, Role.EDGE)
    assert before.newest(Role.DEVICE) is None
    before.open(frames[2])
    newest = before.newest(Role.DEVICE)
    assert newest == (Life(4, 4), 3)
    after = Opener(KEY, Role.EDGE)
    after.resume(Role.DEVICE, *newest)
    for number, frame in enumerate(frames, 1):
        if number > 3:
            after.open(frame)
        else:
            with pytest.raises(FrameError):
                after.open(frame)


def test_lives_begin_later_and_later_even_when_the_clock_does_not() -> None:
    first = Life.now()
    assert Life.now() > first
    far = Life(first.boot + 1000, 0xFF_FFFF)
    assert Life.now(after=far) == Life(first.boot + 1001, 0)
    assert Life.of_boot(5).boot == 5
    assert len({Life.of_boot(5) for _ in range(50)}) > 45


def test_a_cipher_that_fails_is_not_taken_for_a_forged_frame() -> None:
    opener = Opener(KEY, Role.EDGE)
    sealed = Sealer(KEY, Role.DEVICE, Life(1, 1)).seal(a_frame())
    with pytest.raises(TypeError):
        opener.open("no bytes")  # type: ignore[arg-type]
    assert opener.open(sealed) == a_frame()


def test_a_key_shows_itself_nowhere() -> None:
    key = Key(bytes(range(100, 132)))
    secret = key.reveal().hex()
    assert secret not in repr(key) + str(key) + f"{key}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    for wrong in (b"", bytes(31), bytes(33), bytes(32)):
        with pytest.raises(KeyFileError):
            Key(wrong)
    with pytest.raises(KeyFileError) as refused:
        Key.of_hex(secret + "00")
    assert secret not in str(refused.value)


def test_the_protocol_page_names_every_reason_of_a_sealed_frame() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    section = page.partition("## Sealed frames")[2].partition("\n## ")[0]
    reasons = (Reason.PLAIN, Reason.ROLE, Reason.ANY_LIFE, Reason.OLD_LIFE, Reason.REPLAYED, Reason.FORGED)
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert {reason.value.replace("_", " ") for reason in reasons} <= set(rows)
    assert all(f"{role.value} {role.name.lower()}" in section for role in Role)
    assert str(SEAL_BYTES) in section
