"""The gateway of one of several replicas: it hears what its own devices send, and no others' tensors."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from cutpoint.bus import Bus
from cutpoint.wire import DeviceId, Leaf, Topics
from edge_server.counters import Counters
from edge_server.gateway.mqtt.gateway import LISTENED, MqttGateway
from edge_server.gateway.mqtt.handover import Handover, NoHandover
from edge_server.gateway.mqtt.own_devices import OwnDevices
from edge_server.gateway.port import Arrival
from edge_server.logs import log_event
from edge_server.replicas import (
    Announcement,
    AnnouncementError,
    Membership,
    Moved,
    ReplicaTopics,
    Shares,
    Standing,
    parse_announcement,
)

log = logging.getLogger("edge_server")

# Rare and small, and heard of every device: who is there, what it is, and its notes, which nobody says twice.
_OF_OWN = (Leaf.ACT, Leaf.TELE)
_OF_ALL: Mapping[Leaf, int] = {leaf: qos for leaf, qos in LISTENED.items() if leaf not in _OF_OWN}

SETTLE_NS = 500_000_000
"""How long a newcomer listens for the others before it serves."""
LINGER_NS = 250_000_000
"""How long a device that moves away is still served here, so that chunks and jobs on the way find their end."""
_TICK_S = 0.05
_START_S = 10.0


class ReplicaGateway:
    """Shares the devices with the other replicas, each served by one, chosen by its name alone (`replicas.owner`).

    The broker itself keeps the replicas apart: what a device sends often is subscribed to by its owner only, under
    the device's own topic. Own thread: membership, subscriptions, handing over. The bus's thread only looks up whose
    a message is. Sessions are told of a device (what it last said of itself) when its first frame comes, so that a
    replica that takes thousands of devices at once answers those that ask before all others.
    """

    def __init__(
        self,
        bus: Bus,
        topics: Topics,
        me: Announcement,
        *,
        lease_ns: int,
        settle_ns: int = SETTLE_NS,
        linger_ns: int = LINGER_NS,
        most_devices: int,
        counters: Counters,
        connect_timeout_s: float = 5.0,
        most_bytes: int = 1 << 20,
    ) -> None:
        """`counters` are this gateway's alone."""
        self._bus = bus
        self._topics = topics
        self._replicas = ReplicaTopics(topics.root)
        self._membership = Membership(me, lease_ns=lease_ns, settle_ns=settle_ns)
        self._linger_ns = linger_ns
        self._shares = Shares(me.replica, most_devices)
        self._counters = counters
        self._handover: Handover = NoHandover()
        self._gateway = MqttGateway(
            bus,
            topics,
            connect_timeout_s=connect_timeout_s,
            most_bytes=most_bytes,
            listened=_OF_ALL,
            besides=self._besides,
        )
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._leaving: deque[tuple[int, tuple[DeviceId, ...]]] = deque()
        self._own = OwnDevices(most_devices)
        self._met: list[DeviceId] = []
        self._lingering = 0
        self._serving = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def serve_with(self, handover: Handover) -> None:
        """Who keeps the sessions; before `start`."""
        self._handover = handover

    def start(self, accept: Callable[[Arrival], None], renewed: Callable[[], None]) -> None:
        """Connect, learn of the others and the devices, and return once this replica serves its share.

        Raises ConnectError.
        """
        self._accept, self._renewed = accept, renewed
        self._ended = False
        self._serving.clear()
        me = self._membership.me
        self._bus.set_will(self._replicas.of(me.replica), me.standing_as(Standing.GONE).payload())
        self._bus.subscribe(self._replicas.all, 1)
        self._gateway.start(self._arrived, self._reconnected)
        self._membership.start(time.monotonic_ns())
        self._thread = threading.Thread(target=self._work, name=f"replica-{me.replica}", daemon=True)
        self._thread.start()
        # It stays unset while a later server of this name is there: this one then waits in reserve.
        self._serving.wait(_START_S)

    def leave(self) -> None:
        """Save, say good-bye, and serve on until the others have taken over. Harmless when repeated."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._events.put(self._leave)
            thread.join(_START_S)

    def stop(self) -> None:
        """Receive nothing more, after leaving."""
        self.leave()
        self._gateway.stop()

    @property
    def cpu_us(self) -> int:
        return self._gateway.cpu_us

    @property
    def connected(self) -> bool:
        return self._gateway.connected

    def owns(self, device: DeviceId) -> bool:
        """Whether this replica serves a device now. From any thread."""
        return self._own.holds(device)

    def counts(self) -> Mapping[str, int]:
        """What happened to the membership, by name of the counter."""
        return self._counters.counts.copy()

    def send(self, device: DeviceId, leaf: Leaf, frame: bytes) -> bool:
        return self._gateway.send(device, leaf, frame)

    def drops(self) -> dict[str, int]:
        return self._gateway.drops() | {"gateway_stray": self._own.strays}

    def faults(self) -> str:
        """Why this replica serves nobody; empty while it does."""
        if self._membership.stood_down:
            return "a server that started later has this replica's name"
        return "" if self._membership.me.standing is Standing.HERE else "this replica does not serve yet"

    def seen(self) -> dict[str, object]:
        """For an operator: this replica's name, who serves besides, and how many of the known devices are its own,
        and how many move away at this moment."""
        return {
            "name": self._membership.me.replica,
            "standing": self._membership.me.standing.value,
            "serving": sorted(self._membership.serving()),
            "own": self._shares.own,
            "leaving": self._lingering,
            "known": len(self._shares),
        }

    # On the bus's thread.

    def _arrived(self, arrival: Arrival) -> None:
        for one in self._own.sift(arrival):
            self._accept(one)
        device = arrival.device
        if arrival.leaf is Leaf.STATE and not arrival.payload:
            self._events.put(lambda: self._part(device))
        elif arrival.leaf in (Leaf.STATE, Leaf.ABOUT) and device not in self._shares:
            self._events.put(lambda: self._met.append(device))

    def _besides(self, topic: str, payload: bytes) -> bool:
        if not self._replicas.holds(topic):
            return False
        if payload:
            self._events.put(lambda: self._heard(topic, payload))
        return True

    def _reconnected(self) -> None:
        self._events.put(lambda: self._membership.renewed(time.monotonic_ns()))
        self._renewed()

    # On the gateway's own thread.

    def _work(self) -> None:
        while not self._ended:
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001  it is logged, with its traceback
                # One bad moment must not end the membership, which would end the service.
                self._counters.count("internal_error")
                log_event(log, logging.ERROR, "internal_error", error)

    def _turn(self) -> None:
        try:
            self._events.get(timeout=_TICK_S)()
            # A fleet that is born together is subscribed to together.
            while True:
                self._events.get_nowait()()
        except queue.Empty:
            pass
        self._meet()
        now_ns = time.monotonic_ns()
        if not self._gateway.connected:
            # Or an outage of the broker longer than a lease would make every replica take all devices.
            self._membership.deaf(now_ns)
        for silent in self._membership.tick(now_ns):
            log_event(log, logging.WARNING, "replica_lost", replica=silent, detail="not heard for a lease")
        if self._membership.settled(now_ns):
            # First subscribed, then announced: whoever reads it may give up its devices at once.
            self._settle(self._membership.with_me())
            self._membership.serve()
            self._serving.set()
            log_event(
                log, logging.INFO, "replica_serves", replica=self._membership.me.replica, own=self._shares.own
            )
        elif self._membership.me.standing is not Standing.JOINING:
            self._settle(self._membership.serving())
        if self._handover.alive():
            self._say(now_ns)
        self._let_go(now_ns)

    def _say(self, now_ns: int) -> None:
        said = self._membership.to_say(now_ns)
        if said is not None:
            self._bus.publish(self._replicas.of(said.replica), said.payload(), 1, True)

    def _heard(self, topic: str, payload: bytes) -> None:
        try:
            said = parse_announcement(payload)
            if topic != self._replicas.of(said.replica):
                raise AnnouncementError(f"{said.replica} under the topic of another")
        except AnnouncementError as error:
            self._counters.note(topic[-64:], "bad_announcement", error)
            return
        before, stood_down = self._membership.serving(), self._membership.stood_down
        self._membership.heard(said, time.monotonic_ns())
        after = self._membership.serving()
        if self._membership.stood_down and not stood_down:
            log_event(
                log,
                logging.ERROR,
                "replica_twice",
                replica=said.replica,
                detail="a server that started later has this name; this one stands down. Give each its own",
            )
        for name in sorted(after.keys() - before.keys() - {self._membership.me.replica}):
            log_event(log, logging.INFO, "replica_joined", replica=name)
        for name in sorted(before.keys() - after.keys() - {self._membership.me.replica}):
            log_event(
                log, logging.WARNING, "replica_lost", replica=name, detail="it left, or its last will says so"
            )
        if said.standing is Standing.JOINING:
            moving = self._shares.would_give(self._membership.with_newcomers())
            if moving:
                # While the newcomer settles, so that what it loads is as it is now.
                self._handover.save(moving, wait=False)

    def _meet(self) -> None:
        met, self._met = self._met, []
        moved, refused = self._shares.meet(met)
        if refused:
            self._counters.count("devices_refused", refused)
        self._take_up(moved)

    def _part(self, device: DeviceId) -> None:
        self._give_up(self._shares.part(device).given, now_ns=time.monotonic_ns())

    def _settle(self, serving: Mapping[str, float]) -> None:
        moved = self._shares.settle(serving)
        self._take_up(moved)
        self._give_up(moved.given, now_ns=time.monotonic_ns())

    def _take_up(self, moved: Moved) -> None:
        if not moved.taken:
            return
        self._own.add(moved.taken)
        self._bus.subscribe_all(self._paths(moved.taken))
        self._counters.count("devices_taken", len(moved.taken))

    def _give_up(self, devices: tuple[DeviceId, ...], *, now_ns: int) -> None:
        if devices:
            self._leaving.append((now_ns + self._linger_ns, devices))
            self._lingering += len(devices)

    def _let_go(self, now_ns: int) -> None:
        while self._leaving and self._leaving[0][0] <= now_ns:
            _, devices = self._leaving.popleft()
            self._lingering -= len(devices)
            # What came back while it lingered stays.
            gone = tuple(device for device in devices if not self._shares.is_own(device))
            if not gone:
                continue
            self._bus.unsubscribe(self._paths(gone))
            self._own.remove(gone)
            self._handover.release(gone)
            self._counters.count("devices_given", len(gone))

    def _leave(self) -> None:
        own = self._own.all()
        if own and not self._membership.stood_down:
            self._handover.save(own, wait=True)
        self._membership.leave()
        self._say(time.monotonic_ns())
        # The others subscribe meanwhile; what still comes here is answered.
        time.sleep(self._linger_ns / 1e9)
        self._ended = True

    def _paths(self, devices: Iterable[DeviceId]) -> list[str]:
        return [self._topics.of(device, leaf) for device in devices for leaf in _OF_OWN]
