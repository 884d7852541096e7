"""Sealed frames by docs/protocol.md and `cryptography`: what sealing makes, and what an opener says to each frame."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from layout import HEADER, HEADER_BYTES, chunks, frame

Vector = dict[str, Any]

KEY = bytes(range(0x40, 0x60))
OTHER_KEY = bytes(range(0x80, 0xA0))
DEVICE, EDGE, TOOL = 1, 2, 3
ACT, RES, PLAN, TELE, CMD = range(1, 6)
ENCRYPTED = 0x01
BOOT, SALT = 7, 0x112233
START, FRACTION = 1_790_000_000, 0x800001
LAST_COUNTER = 0xFFFF_FFFF


def nonce_of(role: int, boot: int, salt: int, counter: int) -> bytes:
    return struct.pack("<B3sII", role, salt.to_bytes(3, "little"), boot, counter)


def with_crc(head: bytes, payload: bytes) -> bytes:
    """A frame out of 28 bytes of header and its payload."""
    return head + struct.pack("<I", zlib.crc32(head + bytes(4) + payload)) + payload


def seal(
    plain: bytes,
    counter: int,
    role: int = DEVICE,
    boot: int = BOOT,
    salt: int = SALT,
    key: bytes = KEY,
    aad: bytes | None = None,
) -> bytes:
    """The sealed form of a frame; `aad` overrides what is authenticated besides the text."""
    fields = list(HEADER.unpack(plain[:HEADER_BYTES]))
    fields[8] |= ENCRYPTED
    fields[11] += 12 + 16
    head = HEADER.pack(*fields[:12], 0)[:28]
    nonce = nonce_of(role, boot, salt, counter)
    sealed = AESGCM(key).encrypt(nonce, plain[HEADER_BYTES:], aad or head + bytes(4))
    return with_crc(head, nonce + sealed)


def changed(sealed: bytes, at: int, mask: int = 1) -> bytes:
    """One byte changed, checksum mended: what an attacker does."""
    out = bytearray(sealed)
    out[at] ^= mask
    return with_crc(bytes(out[:28]), bytes(out[HEADER_BYTES:]))


def resized(sealed: bytes, payload: bytes) -> bytes:
    """Another payload, size and checksum mended."""
    return with_crc(sealed[:24] + struct.pack("<I", len(payload)), payload)


def act(number: int, size: int = 40) -> bytes:
    return frame(bytes((i * 5 + number) % 256 for i in range(size)), sequence=number, boot=BOOT, cut=3)


def command(boot: int, number: int = 1) -> bytes:
    return frame(struct.pack("<HH", 2, 0), kind=CMD, boot=boot, sequence=number)


RESULT = frame(struct.pack("<BBHI", 0, 0, 0, 1234), kind=RES, boot=BOOT, sequence=1, cut=3)
PLAN_FRAME = frame(struct.pack("<IIH", 5, 800, 0), kind=PLAN, cut=4, flags=0x04)
TELEMETRY = frame(struct.pack("<IIHHI", 1, 100_000, 1, 1, 9), kind=TELE, boot=BOOT)
MANY = chunks(bytes(range(200)), HEADER_BYTES + 64, sequence=2, boot=BOOT, cut=3, codec=1, flags=0x24)


def sealing(
    name: str,
    description: str,
    plain: bytes,
    counter: int = 1,
    role: int = DEVICE,
    boot: int = BOOT,
    salt: int = SALT,
    refused: str = "",
) -> Vector:
    """What the sealer of a life makes of a frame, after it has sealed `counter` - 1."""
    return {
        "name": name,
        "description": description,
        "key": KEY.hex(),
        "role": role,
        "boot": boot,
        "salt": salt,
        "sealed": counter - 1,
        "plain": plain.hex(),
        "outcome": refused or seal(plain, counter, role, boot, salt).hex(),
    }


SEALED = [
    sealing("activation", "the first frame of a life", act(1)),
    sealing("telemetry", "the second", TELEMETRY, 2),
    *(sealing(f"chunk_{i}", "each chunk by itself", one, 3 + i) for i, one in enumerate(MANY)),
    sealing("empty", "no payload: nonce and tag alone", frame(b"", kind=TELE, boot=BOOT)),
    sealing("block", "16 bytes, one block of the cipher", act(2, 16)),
    sealing("long", "1,000 bytes", act(3, 1000)),
    sealing("every_bit", "the largest numbers", act(4), LAST_COUNTER, DEVICE, 0xFFFF_FFFF, 0xFF_FFFF),
    sealing("first_life", "a device that counts from 0", act(5), 1, DEVICE, 0, 0),
    sealing("result", "by the edge", RESULT, 1, EDGE, START, FRACTION),
    sealing("plan", "by the edge", PLAN_FRAME, 2, EDGE, START, FRACTION),
    sealing("command", "by the edge", command(BOOT), 3, EDGE, START, FRACTION),
    sealing("tool", "a command by an operator's tool", command(BOOT), 1, TOOL, START, FRACTION),
    sealing("exhausted", "no nonce is left", act(6), LAST_COUNTER + 1, refused="exhausted"),
    sealing("sealed_twice", "sealed already", seal(act(1), 1), 2, refused="flags"),
    sealing("damaged", "no whole frame", act(1)[:-1] + b"\xee", 2, refused="crc"),
    sealing("half", "half a frame", act(1)[:-1], 2, refused="truncated"),
]


def opening(name: str, description: str, own: int, *steps: tuple[bytes, bytes | str]) -> Vector:
    """Each step is a frame and its outcome: the plain frame, or a reason."""
    listed = [
        {"frame": one.hex(), "outcome": outcome if isinstance(outcome, str) else outcome.hex()}
        for one, outcome in steps
    ]
    return {"name": name, "description": description, "key": KEY.hex(), "own": own, "steps": listed}


def row(*counters: int, **life: int) -> list[tuple[bytes, bytes]]:
    """Frames that are taken, by their counters."""
    return [(seal(act(1), counter, **life), act(1)) for counter in counters]


FIRST = seal(act(1), 1)
NEXT = (seal(act(2), 2), act(2))
NEW_SALT = {"salt": SALT + 1}
NEW_BOOT = {"boot": BOOT + 1, "salt": 0}
EDGE_LIFE = {"role": EDGE, "boot": START, "salt": FRACTION}
LATER_EDGE = {"role": EDGE, "boot": START, "salt": FRACTION + 1}
TOOL_LIFE = {"role": TOOL, "boot": START, "salt": FRACTION}
HEADER_FIELDS = {
    "kind": 3,
    "model": 4,
    "boot": 8,
    "sequence": 12,
    "cut": 16,
    "codec": 18,
    "flags": 19,
}


def again(steps: list[tuple[bytes, bytes]]) -> list[tuple[bytes, str]]:
    return [(one, "replayed") for one, _ in steps]


OPENED = [
    opening("in_order", "each once", EDGE, *row(1, 2, 3)),
    opening("gap", "frames are lost", EDGE, *row(1, 5, 1000)),
    opening("reordered", "within the window", EDGE, *row(3, 1, 2, 66, 4, 65)),
    opening("repeated", "again at once", EDGE, (FIRST, act(1)), (FIRST, "replayed"), NEXT),
    opening("repeated_late", "again later", EDGE, *row(1, 2, 3), *again(row(1, 2, 3))),
    opening("edge_of_window", "63 behind is taken, 64 behind is not", EDGE, *row(100, 37), *again(row(36))),
    opening(
        "window_moves", "what was taken stays taken", EDGE, *row(1, 40, 64), *again(row(1, 40, 64)), *row(2)
    ),
    opening("window_jumps", "everything before is gone", EDGE, *row(10, 74), *again(row(10)), *row(11)),
    opening("last_counter", "the end of a life", EDGE, *row(LAST_COUNTER), *again(row(LAST_COUNTER, 1))),
    opening("counter_0", "counters begin at 1", EDGE, (seal(act(1), 0), "replayed"), *row(1)),
    opening(
        "next_boot",
        "a device starts anew",
        EDGE,
        *row(500),
        *row(1, 2, **NEW_BOOT),
        *((one, "old_life") for one, _ in row(501, 1)),
    ),
    opening(
        "same_boot_other_salt",
        "an erased boot counter: the greater salt is later",
        EDGE,
        *row(9),
        *row(1, **NEW_SALT),
        *((one, "old_life") for one, _ in row(10)),
    ),
    opening("wrong_key", "costs only itself", EDGE, (seal(act(1), 1, key=OTHER_KEY), "forged"), *row(1)),
    opening(
        "forged_far_ahead",
        "a forged frame moves no window",
        EDGE,
        *row(5),
        (seal(act(1), 4_000_000, key=OTHER_KEY), "forged"),
        (seal(act(1), 1, boot=BOOT + 9, key=OTHER_KEY), "forged"),
        *row(6),
    ),
    opening("plain", "not sealed", EDGE, (act(1), "plain"), *row(1)),
    opening(
        "stripped",
        "the flag taken off",
        EDGE,
        (changed(FIRST, HEADER_FIELDS["flags"], ENCRYPTED), "plain"),
        *row(1),
    ),
    *(
        opening(
            f"header_{name}",
            "a field of the header changed",
            EDGE,
            (changed(FIRST, at, 4), "forged"),
            *row(1),
        )
        for name, at in HEADER_FIELDS.items()
        if name not in ("kind", "codec", "flags")
    ),
    opening("header_kind", "an activation made telemetry", EDGE, (changed(FIRST, 3, 5), "forged"), *row(1)),
    opening("header_codec", "raw made bitmap", EDGE, (changed(FIRST, 18), "forged"), *row(1)),
    opening("header_flags", "timings claimed", EDGE, (changed(FIRST, 19, 4), "forged"), *row(1)),
    opening("header_count", "one chunk made two", EDGE, (changed(FIRST, 22, 3), "forged"), *row(1)),
    opening(
        "nonce_salt", "another salt, and it is later", EDGE, (changed(FIRST, 35, 0x80), "forged"), *row(1)
    ),
    opening("nonce_boot", "another boot", EDGE, (changed(FIRST, 36, 8), "forged"), *row(1)),
    opening("nonce_counter", "another counter", EDGE, (changed(FIRST, 40, 2), "forged"), *row(1)),
    opening("text", "the first byte of the text", EDGE, (changed(FIRST, 44), "forged"), *row(1)),
    opening(
        "tag", "the last byte of the tag", EDGE, (changed(FIRST, len(FIRST) - 1, 0x80), "forged"), *row(1)
    ),
    opening("no_aad", "the header not authenticated", EDGE, (seal(act(1), 1, aad=bytes(32)), "forged")),
    opening("damaged", "a bit flipped on the way", EDGE, (FIRST[:50] + b"\0" + FIRST[51:], "crc"), *row(1)),
    opening("cut_short", "the last byte is missing", EDGE, (FIRST[:-1], "truncated"), *row(1)),
    opening("shortened", "and the size mended", EDGE, (resized(FIRST, FIRST[32:-1]), "forged"), *row(1)),
    opening(
        "lengthened", "and the size mended", EDGE, (resized(FIRST, FIRST[32:] + b"\0"), "forged"), *row(1)
    ),
    opening("no_room", "27 bytes hold no nonce and tag", EDGE, (resized(FIRST, FIRST[32:59]), "truncated")),
    opening("tag_only", "an empty text that was not sealed", EDGE, (resized(FIRST, FIRST[32:60]), "forged")),
    opening(
        "empty_chunk",
        "of several chunks, every one has at least one byte",
        EDGE,
        (seal(frame(b"x", sequence=1, count=2), 1), frame(b"x", sequence=1, count=2)),
        (resized(changed(FIRST, 22, 3), FIRST[32:60]), "chunk"),
    ),
    opening(
        "reflected",
        "a device's frame sent back to it",
        DEVICE,
        (FIRST, "role"),
        (seal(RESULT, 1, **EDGE_LIFE), RESULT),
    ),
    opening("edge_to_edge", "an edge's frame sent to an edge", EDGE, (seal(RESULT, 1, **EDGE_LIFE), "role")),
    opening(
        "unknown_role",
        "role 9",
        DEVICE,
        (seal(RESULT, 1, 9, START, FRACTION), "role"),
        (seal(RESULT, 1, 0), "role"),
    ),
    opening(
        "edge_restarts",
        "frames of the life before are refused",
        DEVICE,
        (seal(RESULT, 80, **EDGE_LIFE), RESULT),
        (seal(RESULT, 1, **LATER_EDGE), RESULT),
        (seal(RESULT, 81, **EDGE_LIFE), "old_life"),
        (seal(RESULT, 1, **LATER_EDGE), "replayed"),
    ),
    opening(
        "tool_beside_edge",
        "each with a window of its own",
        DEVICE,
        (seal(RESULT, 80, **EDGE_LIFE), RESULT),
        (seal(command(BOOT), 1, **TOOL_LIFE), command(BOOT)),
        (seal(RESULT, 81, **EDGE_LIFE), RESULT),
        (seal(command(BOOT), 1, **TOOL_LIFE), "replayed"),
    ),
    opening(
        "command_for_any_life",
        "a sealed command names the boot that it is for",
        DEVICE,
        (seal(command(0), 1, **EDGE_LIFE), "any_life"),
        (seal(command(BOOT), 1, **EDGE_LIFE), command(BOOT)),
        (seal(PLAN_FRAME, 2, **EDGE_LIFE), PLAN_FRAME),
    ),
]


def lines() -> list[str]:
    """Both, for suites without JSON."""
    out = []
    for one in SEALED:
        numbers = [str(one[key]) for key in ("role", "boot", "salt", "sealed")]
        out.append("\t".join(["seal", one["name"], one["key"], *numbers, one["plain"], one["outcome"]]))
    for one in OPENED:
        steps = [f"{step['outcome']}={step['frame']}" for step in one["steps"]]
        out.append("\t".join(["open", one["name"], one["key"], str(one["own"]), *steps]))
    return out
