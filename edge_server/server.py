"""The server as a whole: made of a catalogue, a gateway and workers, and started and stopped as one."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from types import FrameType, TracebackType
from typing import Any, Self

from cutpoint.bus import Bus, MqttBus
from cutpoint.wire import Command, DeviceId, Topics
from edge_server.catalogue.catalogue import Catalogue
from edge_server.commands import Commands
from edge_server.config import ServeConfig
from edge_server.counters import Counters, added
from edge_server.desk.desk import Worker
from edge_server.events import Observer, ignore
from edge_server.gateway import Arrival, Gateway
from edge_server.gateway.mqtt import MqttGateway, ReplicaGateway
from edge_server.planning.plans import check_policy
from edge_server.replicas import Announcement, Standing
from edge_server.sealing.sealing import SealingGateway, Seals

log = logging.getLogger("edge_server")

_STOP_S = 2.0
# The header and the fixed part of a payload, on top of the largest tensor.
_FRAME_ROOM = 1024
# A replica knows the devices of all replicas, and has sessions of its own ones.
_DEVICES_OF_ALL = 16


class EdgeServer:
    """Serves devices from `start` until `stop`; may be started again.

    `bus` carries the messages when given, else an `MqttBus` is made from the config at every start. `observer` is
    called on the workers' threads, for every event, and should be quick.
    """

    def __init__(self, config: ServeConfig, bus: Bus | None = None, observer: Observer = ignore) -> None:
        self.config = config
        self.ready = threading.Event()
        self._bus = bus
        self._observer = observer
        self._topics = Topics(config.root)
        self._workers: tuple[Worker, ...] = ()
        self._gateway: Gateway | None = None
        self._commands: Commands | None = None
        self._seals: Seals | None = None
        self._catalogue = Catalogue({})
        self._started_at = 0.0
        self._replica: ReplicaGateway | None = None
        self._replica_counters = Counters()

    def start(self) -> None:
        """Open the bundles, connect, and return once devices are heard; `ready` is set from then on.

        Raises CatalogueError, PolicyError, ConfigError, KeyFileError or ConnectError, each with one sentence, and
        leaves nothing running.
        """
        if self._gateway is not None:
            return
        config = self.config
        self._catalogue = Catalogue.open(config.models, most_bytes=config.max_message_bytes)
        check_policy(config, self._catalogue)
        seals = Seals.of(config)
        gateway = SealingGateway(self._mqtt(), seals)
        self._workers = tuple(
            Worker(str(number), config, self._catalogue, gateway, seals, self._observer)
            for number in range(config.workers)
        )
        for worker in self._workers:
            worker.start()
        self._gateway, self._seals = gateway, seals
        self._commands = Commands(gateway, chunk_bytes=config.frame_bytes)
        self._started_at = time.monotonic()
        try:
            gateway.start(self._accept, self._renewed)
        except BaseException:
            self.stop()
            raise
        self.ready.set()
        log.info(
            "event=ready models=%d workers=%d kernels=%s",
            len(self._catalogue),
            config.workers,
            config.kernels,
        )

    def stop(self) -> None:
        """Hear no one any more, finish what is at hand, and end; within two seconds. Harmless when repeated."""
        gateway, self._gateway = self._gateway, None
        if gateway is None:
            return
        self.ready.clear()
        gateway.stop()
        give_up = time.monotonic() + _STOP_S
        for worker in self._workers:
            if not worker.stop(max(0.0, give_up - time.monotonic())):
                log.error("event=worker_stuck")
        if self._seals is not None:
            self._seals.remember()
        log.info("event=stopped")

    def command(self, device: DeviceId, command: Command, argument: bytes = b"") -> bool:
        """Ask something of a device, in the life that it is in now. From any thread.

        False when the command did not leave, or the server is stopped. A device that was not heard of yet is asked in
        whichever life it is, which one with a key does not obey.
        """
        if self._gateway is None or self._commands is None:
            return False
        session = self._worker(device).sessions.get(device)
        about = None if session is None else session.about
        return self._commands.send(
            device,
            command,
            argument,
            model=None if about is None else about.model_id,
            boot=0 if session is None else session.boot,
        )

    def stats(self) -> dict[str, Any]:
        """Counters by name, and what is resident now. May be called from any thread, also after `stop`."""
        counts = Counter(added([*(worker.counters for worker in self._workers), self._replica_counters]))
        for worker in self._workers:
            counts.update(worker.inbox.drops.copy())
        if self._gateway is not None:
            counts.update(self._gateway.drops())
        seen = {} if self._replica is None else {"replica": self._replica.seen()}
        return seen | {
            "models": {model.id.hex: model.bundle.name for model in self._catalogue},
            "devices": sum(len(worker.sessions) for worker in self._workers),
            "tails": sum(len(worker.tails) for worker in self._workers),
            "waiting": sum(len(worker.inbox) for worker in self._workers),
            "uptime_s": time.monotonic() - self._started_at if self._gateway is not None else 0.0,
            "counters": dict(sorted(counts.items())),
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _own_bus(self) -> Bus:
        config = self.config
        # A name of its own for every start: two clients with one name would throw each other out for ever.
        client_id = f"cutpoint-edge-{secrets.token_hex(4)}"
        return MqttBus(
            config.host, config.port, client_id, username=config.username, password=config.password
        )

    def _mqtt(self) -> Gateway:
        config = self.config
        bus = self._bus or self._own_bus()
        most_bytes = config.max_message_bytes + _FRAME_ROOM
        self._replica, self._replica_counters = None, Counters()
        if config.replica is None:
            return MqttGateway(
                bus, self._topics, connect_timeout_s=config.connect_timeout_s, most_bytes=most_bytes
            )
        me = Announcement(
            replica=config.replica,
            standing=Standing.JOINING,
            started_ns=time.time_ns(),
            weight=config.replica_weight,
            version=version("cutpoint"),
        )
        self._replica = ReplicaGateway(
            bus,
            self._topics,
            me,
            lease_ns=int(1e9 * config.replica_lease_s),
            most_devices=_DEVICES_OF_ALL * config.max_devices,
            counters=self._replica_counters,
            connect_timeout_s=config.connect_timeout_s,
            most_bytes=most_bytes,
        )
        return self._replica

    def _accept(self, arrival: Arrival) -> None:
        self._worker(arrival.device).inbox.put(arrival)

    def _worker(self, device: DeviceId) -> Worker:
        """The same for a device as long as the server runs."""
        workers = self._workers
        return workers[zlib.crc32(str(device).encode()) % len(workers) if len(workers) > 1 else 0]

    def _renewed(self) -> None:
        for worker in self._workers:
            worker.inbox.renew()


def serve(
    config: ServeConfig,
    *,
    observer: Observer = ignore,
    on_ready: Callable[[EdgeServer], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called once when devices are heard.

    Must be called on the main thread. Raises what `EdgeServer.start` raises.
    """
    asked_to_stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with EdgeServer(config, observer=observer) as server:
            if on_ready is not None:
                on_ready(server)
            asked_to_stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
