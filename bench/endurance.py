"""Memory over millions of messages, faster than they would come: a server without a network, fed at its gateway."""

from __future__ import annotations

import gc
import itertools
import struct
import threading
import time
import zlib
from collections.abc import Callable, Mapping

import psutil

from bench.figure import Figure
from cutpoint.graph import Bundle
from cutpoint.wire import (
    Activation,
    CodecId,
    DeviceId,
    DType,
    Flag,
    ModelId,
    Presence,
    TensorRecord,
    Topics,
    encode,
    state_json,
)
from edge_server import EdgeServer, ServeConfig
from host_tools.load.recording import Recording

DEVICES = 1000
HOUR = 3_600_000
"""Inferences of 1,000 devices at one a second within an hour."""
MOST_FLYING = 200
SETTLED = 0.25
LEAST_SETTLED = 20 * DEVICES
"""Share of the messages, and least number, after which memory is looked at for growth: sessions and caches are full."""
_CRC = struct.Struct("<I")
_SEQUENCE_AT, _CRC_AT = 12, 28


class DeskBus:
    """A bus that ends here: what the test feeds comes in, results that go out are counted and dropped."""

    def __init__(self) -> None:
        self.on_connect: Callable[[], None] = lambda: None
        self.on_disconnect: Callable[[str], None] = lambda _reason: None
        self.on_message: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.results = 0
        self._room = threading.Semaphore(MOST_FLYING)

    @property
    def connected(self) -> bool:
        return True

    @property
    def drops(self) -> Mapping[str, int]:
        return {}

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = True) -> None:
        """Nobody would publish it."""

    def connect(self, timeout_s: float = 5.0) -> None:
        self.on_connect()

    def close(self) -> None:
        """Nothing is open."""

    def subscribe(self, topic_filter: str, qos: int = 0) -> None:
        """Everything that is fed arrives."""

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        if topic.endswith("/res"):
            self.results += 1
            self._room.release()
        return True

    def feed(self, topic: str, frame: bytes) -> None:
        """An activation, as soon as no more than `MOST_FLYING` are under way."""
        if not self._room.acquire(timeout=10):
            raise SystemExit("the server under test answered nothing for 10 s")
        self.on_message(topic, frame)


def endurance(bundle: Bundle, recording: Recording, seconds: float) -> list[Figure]:
    """As many inferences of 1,000 devices as fit into these seconds, up to an hour's worth; growth of this process.

    Sequence numbers rise as they would over a device's life; what an hour of the clock does besides (telemetry,
    decisions by time) is not hurried.
    """
    cut = min(range(bundle.n), key=lambda k: (bundle.cuts[k].bytes, -k))
    config = ServeConfig.checked(
        {
            "models": (bundle.path,),
            "policy": f"fixed:{cut}",
            "kernels": "xnnpack",
            "deadline_ms": 10_000,
            "inbox_size": 4 * MOST_FLYING,
            "queue_size": 4 * MOST_FLYING,
        },
        "bench.endurance",
    )
    bus, me, seen = DeskBus(), psutil.Process(), []
    topics = [Topics().act(DeviceId(f"long-{number}")) for number in range(DEVICES)]
    templates = frames_of(recording, cut)
    with EdgeServer(config, bus) as server:
        for topic in topics:
            bus.on_message(topic.removesuffix("act") + "state", state_json(Presence.ONLINE, 1))
        sent, began = 0, time.monotonic()
        for sequence in itertools.count(1):
            for place, topic in enumerate(topics):
                bus.feed(topic, numbered(templates[(place + sequence) % len(templates)], sequence))
            sent += len(topics)
            seen.append((sent, me.memory_info().rss))
            if sent >= HOUR or time.monotonic() - began > seconds:
                break
        took = time.monotonic() - began
        counters = server.stats()["counters"]
    gc.collect()
    settled = [(count, rss) for count, rss in seen if count >= max(SETTLED * sent, LEAST_SETTLED)] or seen[
        -2:
    ]
    first, last = settled[0], settled[-1]
    grown = 100 * (last[1] - first[1]) / first[1]
    whole = grown * HOUR / max(1, last[0] - first[0]) if sent < HOUR else grown
    refused = {
        name: count
        for name, count in counters.items()
        if name.startswith("answered_") and name != "answered_ok"
    }
    return [
        Figure(
            f"edge server: growth of memory over {HOUR / 1e6:.1f} M inferences of {DEVICES:,} devices",
            whole,
            "%",
            target=2.0,
            detail=f"{sent:,} were really sent, {sent / took:,.0f}/s past the gateway, cut {cut}, XNNPACK tail; "
            f"{first[1] / 1e6:.1f} MB after {first[0]:,}, {last[1] / 1e6:.1f} MB at the end"
            + (
                ""
                if sent >= HOUR
                else f", {grown:.2f} % in {last[0] - first[0]:,}, drawn out in a straight line"
            )
            + f"; refused {refused or 0}",
        )
    ]


def frames_of(recording: Recording, cut: int) -> list[bytes]:
    """One activation frame for each picture, of boot 1 and sequence 1."""
    frames = []
    for picture in recording.pictures:
        tensors = tuple(
            TensorRecord(index, DType(dtype), data, fill=fill)
            for index, dtype, data, fill in picture.live[cut]
        )
        (frame,) = encode(
            Activation(ModelId(recording.model_id), 1, 1, cut, CodecId.RAW, Flag(0), 0, tensors, None),
            chunk_bytes=0xFFFF,
        )
        frames.append(frame)
    return frames


def numbered(frame: bytes, sequence: int) -> bytes:
    """The frame of another inference: its number, and the checksum made anew."""
    made = bytearray(frame)
    _CRC.pack_into(made, _SEQUENCE_AT, sequence)
    _CRC.pack_into(made, _CRC_AT, 0)
    _CRC.pack_into(made, _CRC_AT, zlib.crc32(made))
    return bytes(made)
