"""A TCP proxy between MQTT clients and their broker, on a thread of its own, that can be told to misbehave."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable

from cutpoint.errors import UsageError
from host_tools.load.packets import PacketError, Splitter
from host_tools.load.scenario import Fault
from host_tools.load.tampering import HOLD_S, Tamperer

MOST_HELD_BYTES = 1 << 20
"""Bytes that one direction of a connection delays; then it reads no more until some have left."""
RETRANSMISSION_S = 0.2
"""What a lost segment costs: Linux's least retransmission time-out (RFC 6298 says 1 s)."""
_BACKLOG = 4096
_START_S = 5.0


class Proxy:
    """Forwards whole MQTT packets at once, and does to them what the faults ask that are active.

    `begin` and `end` may be called from any thread. `counts` says what was done, by name.
    """

    def __init__(self, upstream: tuple[str, int], *, seed: int = 0) -> None:
        self.counts: Counter[str] = Counter()
        self.upstream = upstream
        self.active: list[Fault] = []
        self.rng = random.Random(seed)
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="fault-proxy", daemon=True)
        self._listening = threading.Event()
        self._failure: OSError | None = None
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> tuple[str, int]:
        """Where clients connect."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    @property
    def connections(self) -> int:
        """How many there are now, dead ones included."""
        return len(self._pairs)

    def start(self) -> None:
        """Listen; returns when clients can connect."""
        self._thread.start()
        if not self._listening.wait(_START_S):
            raise UsageError(f"the fault proxy does not listen on {self.address}") from self._failure

    def stop(self) -> None:
        """Break every connection and end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_START_S)
        self._socket.close()

    def begin(self, fault: Fault) -> None:
        """A fault of the groups link and frame comes into force, or happens."""
        self._do(lambda: self._begin(fault))

    def end(self, fault: Fault) -> None:
        """It is over. Connections that are half open stay so: what was lost on them never comes."""
        self._do(lambda: self._end(fault))

    def _do(self, action: Callable[[], None]) -> None:
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        self._loop.call_soon_threadsafe(act)
        done.wait(_START_S)

    def _begin(self, fault: Fault) -> None:
        self.active.append(fault)
        hit = [pair for pair in self._pairs if pair.draw < fault.share]
        if fault.what == "link.reset":
            self.counts["reset"] += len(hit)
            for pair in hit:
                pair.break_off()
        elif fault.what == "link.half_open":
            self.counts["half_open"] += len(hit)
            for pair in hit:
                pair.deafen(fault.direction)

    def _end(self, fault: Fault) -> None:
        if fault in self.active:
            self.active.remove(fault)
        for pair in list(self._pairs):
            pair.resume()

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Near(self), sock=self._socket, backlog=_BACKLOG)
        )
        self._listening.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for pair in list(self._pairs):
                pair.break_off()
            self._loop.run_until_complete(asyncio.sleep(0))
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def add(self, pair: _Pair) -> None:
        self._pairs.add(pair)

    def remove(self, pair: _Pair) -> None:
        self._pairs.discard(pair)

    def refuses(self) -> bool:
        return any(fault.what == "link.refuse" for fault in self.active)


class _Lane:
    """One direction of one connection: packets in, and out again when their time has come."""

    def __init__(self, proxy: Proxy, pair: _Pair, direction: str) -> None:
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self.deaf = False
        self._proxy, self._pair = proxy, pair
        self._splitter = Splitter()
        self._tamperer = Tamperer(direction, pair.draw, proxy.rng, proxy.counts)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._blocked = False

    def take(self, data: bytes) -> None:
        """Bytes of the source."""
        if self.deaf:
            return
        packets = self._splitter.feed(data)
        faults = self._proxy.active
        if not faults and not self._queue and self._tamperer.held is None:
            if packets:
                self._write(packets[0] if len(packets) == 1 else b"".join(packets))
            return
        frame_faults = [fault for fault in faults if fault.group == "frame"]
        for packet in packets:
            for sent in self._tamperer.apply(packet, frame_faults):
                self._send(sent)
        if self._tamperer.held is not None:
            asyncio.get_running_loop().call_later(HOLD_S, self._release)

    def flow(self) -> None:
        """Write what is due, and come back for the rest."""
        self._timer = None
        loop = asyncio.get_running_loop()
        if self._stalled():
            return
        while self._queue and self._queue[0][0] <= loop.time():
            _, data = self._queue.popleft()
            self._held_bytes -= len(data)
            if not self.deaf:
                self._write(data)
        if self._queue:
            self._timer = loop.call_at(self._queue[0][0], self.flow)
        self._throttle()

    def block(self, blocked: bool) -> None:
        """The target's buffer is full, or has room again."""
        self._blocked = blocked
        self._throttle()

    def _write(self, data: bytes) -> None:
        # asyncio complains on standard error of each write to a connection that has just broken.
        if self.target is not None and not self.target.is_closing():
            self.target.write(data)

    def _release(self) -> None:
        packet, self._tamperer.held = self._tamperer.held, None
        if packet is not None and not self.deaf:
            self._send(packet)

    def _send(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        due = self._due(len(data), loop.time())
        if due <= loop.time() and not self._queue and not self._stalled():
            self._write(data)
            return
        # TCP keeps the order: nothing overtakes what was sent before it.
        self._queue.append((max(due, self._queue[-1][0]) if self._queue else due, data))
        self._held_bytes += len(data)
        if self._timer is None and not self._stalled():
            self._timer = loop.call_at(self._queue[0][0], self.flow)
        self._throttle()

    def _due(self, size: int, now: float) -> float:
        """When bytes that came now may leave."""
        due = now
        for fault in self._proxy.active:
            if self._pair.draw >= fault.share:
                continue
            if fault.what == "link.delay":
                jitter = self._proxy.rng.uniform(0, fault.jitter_ms)
                due += (fault.delay_ms + jitter) / 1000
            elif fault.what == "link.bandwidth":
                self._free_at = max(now, self._free_at) + size / fault.bytes_per_s
                due = max(due, self._free_at)
            elif fault.what == "link.loss" and self._proxy.rng.random() < fault.rate:
                self._proxy.counts["lost"] += 1
                due += RETRANSMISSION_S
        return due

    def _stalled(self) -> bool:
        return any(
            fault.what == "link.stall" and self._pair.draw < fault.share for fault in self._proxy.active
        )

    def _throttle(self) -> None:
        source = self.source
        if source is None or source.is_closing():
            return
        if self._blocked or self._held_bytes > MOST_HELD_BYTES:
            source.pause_reading()
        elif not source.is_reading():
            source.resume_reading()


class _Pair:
    """A client's connection to us, and ours to the broker. `draw` decides which shares of the connections it is in."""

    def __init__(self, proxy: Proxy) -> None:
        self.draw = proxy.rng.random()
        self.up, self.down = _Lane(proxy, self, "up"), _Lane(proxy, self, "down")
        self._proxy = proxy

    def break_off(self) -> None:
        """Both ends see a reset."""
        for transport in (self.up.source, self.down.source):
            if transport is not None:
                transport.abort()

    def deafen(self, direction: str) -> None:
        """Nothing moves any more in that direction, and no end is told."""
        self.up.deaf = self.up.deaf or direction in ("both", "up")
        self.down.deaf = self.down.deaf or direction in ("both", "down")

    def resume(self) -> None:
        """A fault is over: what was stalled flows."""
        self.up.flow()
        self.down.flow()

    def lost(self, lane: _Lane, error: Exception | None) -> None:
        """One end is gone: the other one learns it, unless the connection is half open."""
        lane.source = None
        other = self.down if lane is self.up else self.up
        other.target = None
        if other.source is None:
            self._proxy.remove(self)
        elif not (self.up.deaf or self.down.deaf):
            if error is None:
                other.source.close()
            else:
                other.source.abort()


class _Half(asyncio.Protocol):
    """What both ends of a pair have in common."""

    lane: _Lane
    pair: _Pair

    def data_received(self, data: bytes) -> None:
        try:
            self.lane.take(data)
        except PacketError:
            self.pair.break_off()

    def connection_lost(self, error: Exception | None) -> None:
        self.pair.lost(self.lane, error)

    def other(self) -> _Lane:
        return self.pair.down if self.lane is self.pair.up else self.pair.up

    def pause_writing(self) -> None:
        self.other().block(True)

    def resume_writing(self) -> None:
        self.other().block(False)


class _Near(_Half):
    """The client's end."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.pair = _Pair(proxy)
        self.lane = self.pair.up

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._proxy.add(self.pair)
        self.lane.source = self.pair.down.target = transport
        if self._proxy.refuses():
            self._proxy.counts["refused"] += 1
            transport.abort()
            return
        _no_delay(transport)
        transport.pause_reading()
        self._reaching = asyncio.get_running_loop().create_task(self._reach())

    async def _reach(self) -> None:
        near = self.lane.source
        try:
            await asyncio.get_running_loop().create_connection(lambda: _Far(self.pair), *self._proxy.upstream)
        except OSError:
            self._proxy.counts["unreachable"] += 1
            if near is not None:
                near.abort()
            return
        if near is not None and not near.is_closing():
            near.resume_reading()


class _Far(_Half):
    """The broker's end."""

    def __init__(self, pair: _Pair) -> None:
        self.pair = pair
        self.lane = pair.down

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        _no_delay(transport)
        self.lane.source = self.pair.up.target = transport
        if self.pair.up.source is None:
            transport.abort()


def _no_delay(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
