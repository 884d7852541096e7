"""The server as a whole: made of a catalogue, a gateway, a desk and a backend, and started and stopped as one."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cutpoint.bus import Bus, MqttBus
from cutpoint.wire import Command, DeviceId
from edge_server.backend import Backend, make_backend
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.shelf import Shelf
from edge_server.catalogue.watcher import Watcher
from edge_server.commands import Commands
from edge_server.config import ServeConfig
from edge_server.desk.desk import Desk
from edge_server.desk.handover import DeskHandover
from edge_server.events import Observer, ignore
from edge_server.gateway import Gateway
from edge_server.gateway.mqtt import ReplicaGateway, alone, among_others
from edge_server.logs import log_event
from edge_server.planning.planners import check_policy
from edge_server.rollouts.mover import Mover
from edge_server.sealing.sealing import SealingGateway, Seals
from edge_server.stats import NOTHING, Stats
from edge_server.store import Bounds, Journal
from edge_server.web.address import HttpAddress

if TYPE_CHECKING:
    from edge_server.web.web import Web

log = logging.getLogger("edge_server")

_DRAIN_S = 1.0
_STOP_S = 2.0
# At the stop: to save the devices that have changed, and to write them.
_SAVE_S = 1.5
_FLUSH_S = 2.0


class EdgeServer:
    """Serves devices from `start` until `stop`; may be started again.

    `bus` carries the messages when given, else an `MqttBus` is made from the config at every start. `observer` is
    called on the desk's thread, for every event, and should be quick.
    """

    def __init__(self, config: ServeConfig, bus: Bus | None = None, observer: Observer = ignore) -> None:
        self.config = config
        self.ready = threading.Event()
        self._bus = bus
        self._observers = [observer]
        self._stats: Stats | None = None
        self._desk: Desk | None = None
        self._gateway: Gateway | None = None
        self._commands: Commands | None = None
        self._seals: Seals | None = None
        self._journal: Journal | None = None
        self._web: Web | None = None
        self._catalogue = Catalogue()
        self._watcher: Watcher | None = None
        self._mover: Mover | None = None
        self._started_at = 0.0
        self._replica: ReplicaGateway | None = None

    def start(self) -> None:
        """Open the bundles, connect, and return once devices are heard; `ready` is set from then on.

        Raises CatalogueError, PolicyError, ConfigError, KeyFileError, StoreError or ConnectError, each with one
        sentence, and leaves nothing running.
        """
        if self._gateway is not None:
            return
        config = self.config
        shelf = Shelf(config.models, most_bytes=config.max_message_bytes)
        watched = config.watch_interval_s > 0
        catalogue = self._catalogue = shelf.fill(allow_empty=watched)
        check_policy(config, catalogue)
        seals = Seals.of(config)
        gateway = SealingGateway(self._opened(), seals)
        backend = make_backend(config)
        desk = Desk(config, catalogue, gateway, seals, backend, self._observers)
        commands = Commands(gateway, chunk_bytes=config.frame_bytes)
        mover = Mover(
            commands,
            desk.counters,
            at_once=config.updates_at_once,
            most_devices=config.max_devices,
            sealed=seals.sealed,
            connected=lambda: gateway.connected,
            mine=self._serves,
        )
        mover.stock(catalogue)
        desk.add_observer(mover.observe)
        desk.add_ticker(mover.tick)
        journal = Journal.open(config.store, Bounds(rows=config.history_rows, days=config.history_days))
        if journal is not None:
            journal.start()
            desk.remember(journal.reader, journal.waiting, owner=config.replica)
            desk.add_ticker(self._save_run)
        try:
            desk.start()
        except BaseException:
            if journal is not None:
                journal.stop(_FLUSH_S)
            raise
        if self._replica is not None:
            self._replica.serve_with(DeskHandover(desk))
        self._mover, self._journal = mover, journal
        self._stats = Stats(
            desk,
            backend,
            gateway,
            mover,
            journal=journal,
            replica=self._replica,
            catalogue=lambda: self._catalogue,
        )
        self._watcher = Watcher(shelf, config.watch_interval_s, self._stock) if watched else None
        self._desk = desk
        self._gateway, self._seals = gateway, seals
        self._commands = commands
        self._started_at = time.monotonic()
        try:
            if config.http is not None:
                self._show(config.http, desk, gateway, backend)
            gateway.start(desk.inbox.put, self._renew)
        except BaseException:
            self.stop()
            raise
        if self._watcher is not None:
            self._watcher.start()
        self.ready.set()
        log_event(
            log,
            logging.INFO,
            "ready",
            models=len(self._catalogue),
            workers=config.runner_threads,
            kernels=config.kernels,
        )

    def stop(self) -> None:
        """Hear no one any more, answer what was heard, and end; harmless when repeated.

        Within three seconds; for a store as long as there is something to write, at most four more; and for one of
        several replicas two more at most, until another has taken its devices over.
        """
        gateway, self._gateway = self._gateway, None
        desk = self._desk
        if gateway is None or desk is None:
            return
        self.ready.clear()
        if self._watcher is not None and not self._watcher.stop(_STOP_S):
            log_event(log, logging.ERROR, "worker_stuck")
        if self._replica is not None:
            self._replica.leave()
        if gateway.connected:
            desk.drain(_DRAIN_S)
        ended = desk.stop(_STOP_S)
        if not ended:
            log_event(log, logging.ERROR, "worker_stuck")
        gateway.stop()
        if self._seals is not None:
            self._seals.remember()
        if self._web is not None:
            self._web.stop()
            self._web = None
        self._stop_store(desk, ended=ended)
        log_event(log, logging.INFO, "stopped")

    def _serves(self, device: DeviceId) -> bool:
        """Whether a device is this server's: one of several replicas leaves the others' alone."""
        return self._replica is None or self._replica.owns(device)

    @property
    def http(self) -> HttpAddress | None:
        """Where metrics, probes and the fleet are shown now; None when they are not."""
        return None if self._web is None else self._web.address

    def command(self, device: DeviceId, command: Command, argument: bytes = b"") -> bool:
        """Ask something of a device, in the life that it is in now. From any thread.

        False when the command did not leave, or the server is stopped. A device that was not heard of yet is asked in
        whichever life it is, which one with a key does not obey.
        """
        if self._gateway is None or self._commands is None or self._desk is None:
            return False
        session = self._desk.sessions.get(device)
        about = None if session is None else session.about
        return self._commands.send(
            device,
            command,
            argument,
            model=None if about is None else about.model_id,
            boot=0 if session is None else session.boot,
        )

    def stats(self) -> dict[str, Any]:
        """Counters by name, and what is resident now. May be called from any thread, also after `stop`.

        `cpu_us` is processor time so far by stage: `gateway` (the broker's messages in and out), `decode`, `encode`,
        `publish` (handing over to the gateway), `plan` (learning and deciding), and `run` (the tails, with the copying
        of their tensors); `busy_us` is the kernels' time alone.
        """
        if self._stats is None:
            return dict(NOTHING)
        up_s = time.monotonic() - self._started_at if self._gateway is not None else 0.0
        return self._stats.all() | {"uptime_s": up_s}

    def idle(self) -> bool:
        """Whether nobody waits for an answer at this moment. From any thread."""
        return self._desk is None or self._desk.idle

    def add_observer(self, observer: Observer) -> None:
        """Tell one more observer of every event from now on; harmless before the start."""
        self._observers.append(observer)
        if self._desk is not None:
            self._desk.add_observer(observer)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _opened(self) -> Gateway:
        bus, name = self._bus or self._own_bus(), self.config.replica
        self._replica = None if name is None else among_others(self.config, bus, name)
        return self._replica or alone(self.config, bus)

    def _stock(self, catalogue: Catalogue) -> None:
        """Offer another catalogue from now on. From any thread."""
        desk, mover = self._desk, self._mover

        def stock() -> None:
            if desk is not None and mover is not None:
                self._catalogue = catalogue
                desk.stock(catalogue)
                mover.stock(catalogue)

        if desk is not None:
            desk.call(stock)

    def _renew(self) -> None:
        """The connection to the devices is back."""
        if self._desk is not None and self._mover is not None:
            self._desk.renew()
            self._desk.call(self._mover.renew)

    def _show(self, address: HttpAddress, desk: Desk, gateway: Gateway, backend: Backend) -> None:
        """Show this start of the server; what `/readyz` looks at is listed here. Raises ConfigError."""
        # Imported here: it takes 0.3 s and 10 MB, which a server that shows nothing need not pay.
        from edge_server.web.server_view import ServerView
        from edge_server.web.web import Web

        broker = f"no connection to the broker at {self.config.host}:{self.config.port}"
        checks = {
            "broker": lambda: "" if gateway.connected else broker,
            "models": lambda: "" if len(self._catalogue) else "no model is on offer",
            "backend": backend.faults,
        }
        if (replica := self._replica) is not None:
            checks["replica"] = replica.faults
        if (journal := self._journal) is not None:
            store = "the store cannot be written, which the log has the reason of (store_failed); it is tried again"
            checks["store"] = lambda: store if journal.failing else ""
        self._web = Web(address, self.config.max_devices)
        desk.add_observer(self._web.fleet)
        self._web.start(ServerView(self.config, self._web.fleet, desk, self.stats, checks))

    def _save_run(self, now_s: float) -> None:
        if self._journal is not None and self._stats is not None and self._journal.due(now_s):
            self._journal.save_run(self._stats.counters(), self._stats.models())

    def _stop_store(self, desk: Desk, *, ended: bool) -> None:
        journal = self._journal
        if journal is None:
            return
        if ended and desk.memory is not None:
            # The desk's thread is no more, so that its sessions have no other owner.
            desk.memory.save_all(_SAVE_S)
        if self._stats is not None:
            journal.save_run(self._stats.counters(), self._stats.models())
        if not journal.stop(_FLUSH_S):
            log_event(log, logging.ERROR, "store_stuck")

    def _own_bus(self) -> Bus:
        config = self.config
        # A name of its own for every start: two clients with one name would throw each other out for ever.
        client_id = f"cutpoint-edge-{secrets.token_hex(4)}"
        return MqttBus(
            config.host, config.port, client_id, username=config.username, password=config.password
        )
