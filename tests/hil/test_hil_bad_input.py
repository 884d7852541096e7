"""What nobody should send: the device counts it, says so where it can, and goes on answering."""

from __future__ import annotations

import random
import struct
import time

import pytest

from cutpoint.codec import CodecId
from cutpoint.wire import Command, CommandMessage, Leaf, Plan, encode
from cutpoint.wire.messages import Flag
from host_tools.hil import Stand
from host_tools.hil.packet import MAGIC, picture_packet


def still_right(stand: Stand) -> None:
    """Same life, right answer."""
    boot = stand.about.boot
    stand.until(lambda one: one.answer.by == "edge", "an answer of the edge", seconds=10)
    got = stand.follow(stand.middle, stand.pictures[0])
    assert got.answer.by == "edge"
    assert got.activation is not None
    assert got.activation.boot == boot, "it restarted"
    assert not stand.right(got, stand.pictures[0])


def test_commands_that_do_not_exist_or_say_nonsense(stand: Stand) -> None:
    stand.edge.command(99)
    stand.edge.command(0xFFFF, bytes(1024))
    for command in (Command.NEW_MODEL, Command.NEW_FIRMWARE, Command.IDENTIFY, Command.PROFILE):
        stand.edge.command(command, b"\xff" * 7)
    stand.edge.command(Command.RESTART, boot=0xFFFF_FFFE)  # of another life
    stand.infer(stand.pictures[0])
    still_right(stand)


def test_frames_that_are_cut_short_spoilt_oversized_or_noise(stand: Stand) -> None:
    chance = random.Random(5)
    (good,) = encode(CommandMessage(stand.edge.model, 0, 77, Command.IDENTIFY))
    for leaf in (Leaf.CMD, Leaf.PLAN, Leaf.RES):
        for size in (1, 31, len(good) - 1):
            stand.edge.send_raw(leaf, good[:size])
        for _ in range(8):
            spoilt = bytearray(good)
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
            stand.edge.send_raw(leaf, bytes(spoilt))
        stand.edge.send_raw(leaf, chance.randbytes(3000))
        # Longer than a frame may be, by one byte, by as much as a client's buffer holds, and by far.
        for size in (4097, 4200, 4300, 20_000):
            stand.edge.send_raw(leaf, chance.randbytes(size))
    still_right(stand)


def test_plans_that_cannot_be_followed(stand: Stand) -> None:
    epoch = stand.edge.epoch + 1
    impossible = (stand.on_board + 1, stand.bundle.n + 1, 0xFFFF)
    for cut in impossible:
        stand.edge.send(Plan(stand.edge.model, epoch, cut, CodecId.RAW, Flag.TIMINGS, 1000))
    stand.edge.send(Plan(stand.edge.model, 1, 0, CodecId.RAW, Flag.TIMINGS, 1000))  # long stale
    got = stand.infer(stand.pictures[0])
    assert got.answer.cut not in impossible
    still_right(stand)


@pytest.mark.parametrize(
    "noise",
    [
        b"\n\n\r\n",
        b"no_such_command with words\n",
        b"x" * 5000 + b"\n",
        bytes(range(256)) + b"\n",
        b"set\nget\nset tele_ms\ncut banana\nbench -1\n",
        MAGIC + struct.pack("<II", 0xFFFF_FFFF, 0) + b"\n",
    ],
)
def test_noise_on_the_console(stand: Stand, noise: bytes) -> None:
    stand.target.send(noise + b"\n")
    still_right(stand)


def test_a_picture_with_a_wrong_crc_or_of_another_size_is_refused_and_the_next_one_taken(
    stand: Stand,
) -> None:
    packet = bytearray(picture_packet(stand.pictures[0]))
    packet[-1] ^= 0x40
    since = stand.target.mark()
    stand.target.send(bytes(packet))
    seconds = 1.5 * len(packet) / stand.target.line.bytes_per_s if stand.target.line.bytes_per_s else 0.0
    refused = stand.target.event("input", since=since, timeout_s=stand.s(5) + seconds)
    assert refused["ok"] is False
    assert refused["text"]
    since = stand.target.mark()
    stand.target.send(picture_packet([stand.pictures[0][0].reshape(-1)[:100]]))
    assert stand.target.event("input", since=since, timeout_s=stand.s(5))["ok"] is False
    still_right(stand)


def test_half_a_picture_does_not_swallow_the_next_one(stand: Stand) -> None:
    packet = picture_packet(stand.pictures[0])
    stand.target.send(packet[: len(packet) // 2])
    time.sleep(3.0)  # the console gives half a packet up after two seconds
    still_right(stand)
