"""Chunks in every order that a network can make of them, and what a receiver says to each."""

from __future__ import annotations

import struct
from typing import Any

from layout import HEADER_BYTES, chunks, frame

Vector = dict[str, Any]


COMMAND = 5


def payload(size: int, seed: int = 0) -> bytes:
    """A command of `size` bytes, argument and all, so that every complete message can also be read."""
    argument = bytes((i * 7 + seed) % 256 for i in range(size - 4))
    return struct.pack("<HH", 4, len(argument)) + argument


def message(size: int, sequence: int = 1, boot: int = 1, seed: int = 0) -> list[bytes]:
    """In chunks of 40 bytes."""
    return chunks(payload(size, seed), HEADER_BYTES + 40, kind=COMMAND, sequence=sequence, boot=boot)


def single(size: int, sequence: int) -> bytes:
    """In one chunk."""
    return frame(payload(size), kind=COMMAND, sequence=sequence, boot=1)


def order(name: str, description: str, *steps: tuple[bytes, str], capacity: int = 4096) -> Vector:
    """Each step is a frame and its outcome: "pending", a reason, or the payload that it completes, in hex."""
    listed = [{"frame": one.hex(), "outcome": outcome} for one, outcome in steps]
    return {"name": name, "description": description, "capacity": capacity, "steps": listed}


A = message(100)  # three chunks of 40, 40 and 20 bytes
B = message(90, sequence=2, seed=5)
WHOLE_A, WHOLE_B = payload(100).hex(), payload(90, 5).hex()
ONE = single(7, sequence=2)
OLD_ONE = single(9, sequence=0xFFFF_FFFF)
AFTER_WRAP = message(100, sequence=0)
BEFORE_WRAP = message(100, sequence=0xFFFF_FFFF)
TWO_EQUAL = message(80)
LONG = message(1000, sequence=2)
OTHER = message(90, seed=5)
NEW_LIFE = message(100, boot=2)
FOUR = message(150)


def otherwise(**field: Any) -> list[bytes]:
    """A's chunks, but for one field of their headers."""
    return chunks(payload(100), HEADER_BYTES + 40, kind=COMMAND, sequence=1, boot=1, **field)


ORDERS = [
    order("in_order", "0 1 2", (A[0], "pending"), (A[1], "pending"), (A[2], WHOLE_A)),
    order(
        "backwards",
        "the last chunk is held until the size is known",
        (A[2], "pending"),
        (A[1], "pending"),
        (A[0], WHOLE_A),
    ),
    order("last_first", "2 0 1", (A[2], "pending"), (A[0], "pending"), (A[1], WHOLE_A)),
    order(
        "last_twice_first",
        "a repeated last chunk",
        (A[2], "pending"),
        (A[2], "duplicate"),
        (A[0], "pending"),
        (A[1], WHOLE_A),
    ),
    order(
        "exact_capacity",
        "100 bytes into 100",
        (A[2], "pending"),
        (A[1], "pending"),
        (A[0], WHOLE_A),
        capacity=100,
    ),
    order(
        "held_last_overlaps",
        "where the last chunk waits, the second belongs",
        (A[2], "pending"),
        (A[0], "pending"),
        (A[1], WHOLE_A),
        capacity=101,
    ),
    order(
        "last_of_full_size", "all chunks equal", (TWO_EQUAL[1], "pending"), (TWO_EQUAL[0], payload(80).hex())
    ),
    order(
        "repeated",
        "every chunk twice",
        (A[0], "pending"),
        (A[0], "duplicate"),
        (A[1], "pending"),
        (A[1], "duplicate"),
        (A[2], WHOLE_A),
    ),
    order(
        "sent_again",
        "a complete message is handed out again",
        (A[0], "pending"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
        (A[0], "pending"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
    ),
    order(
        "displaced",
        "a newer message takes the place of an unfinished one",
        (A[0], "pending"),
        (B[0], "pending"),
        (A[1], "stale"),
        (B[1], "pending"),
        (B[2], WHOLE_B),
    ),
    order(
        "displaced_by_one",
        "a newer message of one chunk",
        (A[0], "pending"),
        (ONE, payload(7).hex()),
        (A[1], "pending"),
    ),
    order(
        "older_of_one_chunk",
        "is stale while a newer one is unfinished",
        (A[0], "pending"),
        (OLD_ONE, "stale"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
    ),
    order(
        "sequence_wraps",
        "0 follows 4,294,967,295",
        (BEFORE_WRAP[0], "pending"),
        (AFTER_WRAP[0], "pending"),
        (BEFORE_WRAP[1], "stale"),
        (AFTER_WRAP[1], "pending"),
        (AFTER_WRAP[2], WHOLE_A),
    ),
    order(
        "new_life",
        "a new boot counts sequences anew",
        (message(100, sequence=9)[0], "pending"),
        (NEW_LIFE[0], "pending"),
        (NEW_LIFE[1], "pending"),
        (NEW_LIFE[2], WHOLE_A),
    ),
    order(
        "damage_between",
        "a damaged frame changes nothing",
        (A[0], "pending"),
        (A[1][:-1] + b"\xff", "crc"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
    ),
    order(
        "oversized_between",
        "nor does one that would not fit",
        (A[0], "pending"),
        (LONG[0], "oversized"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
        capacity=400,
    ),
    order(
        "other_content",
        "the same names with other content are the next message",
        (A[0], "pending"),
        (OTHER[0], "pending"),
        (OTHER[1], "pending"),
        (OTHER[2], WHOLE_B),
    ),
    order(
        "late_chunks_forever",
        "32 stale chunks in a row end the wait for a message that never comes",
        (B[0], "pending"),
        *[(A[0], "stale")] * 31,
        (A[0], "pending"),
        (A[1], "pending"),
        (A[2], WHOLE_A),
    ),
    *(
        order(
            f"other_{name}",
            f"a chunk with another {name} begins its own message",
            (A[0], "pending"),
            (other[1], "pending"),
            (A[2], "pending"),
            (A[0], "pending"),
            (A[1], WHOLE_A),
        )
        for name, other in (
            ("model", otherwise(model="0badcafe")),
            ("cut", otherwise(cut=1)),
            ("codec", otherwise(codec=1)),
            ("flags", otherwise(flags=0x20)),
            ("count", FOUR),
        )
    ),
]
