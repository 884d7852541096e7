"""The thread that owns all that is known of the devices: sessions, planners, plans."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

from cutpoint.wire import DeviceId, FrameError, Leaf
from edge_server.auditing.audits import Audits
from edge_server.backend import Backend
from edge_server.batching import Finished, JobQueue, Late, Prepared
from edge_server.catalogue.catalogue import Catalogue
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.desk.inbox import Inbox
from edge_server.desk.inference import Inference
from edge_server.desk.memory import Memory
from edge_server.desk.partial_answers import PartialAnswers
from edge_server.desk.reception import Reception
from edge_server.desk.reply import Reply
from edge_server.desk.session import DeviceSession
from edge_server.desk.stages import Laps
from edge_server.desk.timers import Timers
from edge_server.errors import KeylessError
from edge_server.events import Dropped, Event, Observer
from edge_server.gateway import Arrival, Gateway
from edge_server.logs import log_event
from edge_server.planning.load import LoadWatch
from edge_server.planning.plans import Plans
from edge_server.sealing.sealing import Seals
from edge_server.store import StoreReader, Waiting

log = logging.getLogger("edge_server")

Ticker = Callable[[float], None]

_TICK_S = 0.05


class Desk:
    """Takes arrivals, calls and finished work from its inbox, one at a time.

    One thread, because a session has one owner; tails run elsewhere, in a `Backend`. Everything else that wants to
    know or change something of a device asks by `call`. Observers and tickers run on the desk's thread: their time is
    the devices'.
    """

    def __init__(
        self,
        config: ServeConfig,
        catalogue: Catalogue,
        gateway: Gateway,
        seals: Seals,
        backend: Backend,
        observers: Iterable[Observer],
    ) -> None:
        self.inbox = Inbox(config.inbox_size, config.when_full)
        self.queue = JobQueue(
            size=config.queue_size,
            per_device=config.queue_per_device,
            batch_most=config.batch_most,
            window_us=config.batch_window_us,
            late=self._when_late,
        )
        self.counters = Counters()
        self.laps = Laps()
        self.sessions: OrderedDict[DeviceId, DeviceSession] = OrderedDict()
        self.memory: Memory | None = None
        """What is continued from after a restart; None for a server that remembers nothing."""
        self.turned_s = time.monotonic()
        """`time.monotonic()` of the last turn: an idle desk turns every 50 ms."""
        self._config = config
        self._seals = seals
        self._observers = list(observers)
        self._tickers: list[Ticker] = []
        self._timers = Timers()
        self.plans = Plans(config, backend, gateway, self.counters, self._tell)
        self._reply = Reply(config, gateway, self.counters, self.laps, self._tell, self.plans.learn)
        audits = Audits(self.queue, self.counters, self._tell)
        self._inference = Inference(
            config, catalogue, self.queue, self._reply, self.counters, self.laps, audits
        )
        if config.partial_answers:
            self._inference.partial = PartialAnswers(self._timers, self._inference.take_part)
        self._reception = Reception(
            catalogue, self.plans, self._inference, self._reply, self.counters, self._tell
        )
        load = LoadWatch(backend, self.plans.price, lambda: self._inference.under_way)
        self._observers.append(load.seen)
        self._tickers += [load.tick, audits.tick, lambda _now_s: self.plans.reprice(self.sessions.values)]
        self._capacity = _capacity(config, catalogue)
        self._backend = backend
        self._thread = threading.Thread(target=self._work, name="edge-desk", daemon=True)

    def remember(self, reader: StoreReader, waiting: Waiting, *, owner: str | None) -> None:
        """Continue with what is known of the devices, and keep what changes; before the start."""
        memory = Memory(reader, waiting, self.plans, self.sessions, self.counters, owner=owner)
        self.memory = memory
        self._observers.append(memory.take)
        self._tickers.append(memory.tick)

    def start(self) -> None:
        """Start the backend on this desk's queue, and the thread. Raises UsageError when the backend cannot start."""
        self._backend.start(self.queue, self._when_finished, self._when_prepared)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether nothing that was heard waits for its answer. From any thread, and true for that moment only."""
        return not len(self.inbox) and not self._inference.under_way

    def drain(self, timeout_s: float) -> bool:
        """Take no message any more and finish what was heard; False when that takes longer than `timeout_s`."""
        self.inbox.hear_no_more()
        give_up = time.monotonic() + timeout_s
        quiet = 0
        # Twice, since the first look may come between taking a message and queueing its job.
        while quiet < 2 and (left_s := give_up - time.monotonic()) > 0:
            looked = threading.Event()
            seen: list[int] = []

            def look(seen: list[int] = seen, looked: threading.Event = looked) -> None:
                seen.append(len(self.inbox) + self._inference.under_way)
                looked.set()

            self.call(look)
            if looked.wait(left_s):
                quiet = 0 if seen[0] else quiet + 1
                time.sleep(0.001 if quiet else 0.005)
        return quiet >= 2

    def stop(self, timeout_s: float) -> bool:
        """End, with the backend; what still waits is dropped. False when that takes longer than `timeout_s`."""
        give_up = time.monotonic() + timeout_s
        self.queue.close()
        ended = self._backend.stop(timeout_s)
        self.inbox.close()
        self._thread.join(max(0.0, give_up - time.monotonic()))
        return ended and not self._thread.is_alive()

    def call(self, function: Callable[[], None]) -> None:
        """Have a function run on the desk's thread, soon. From any thread; what it raises is logged and counted."""
        self.inbox.call(function)

    def add_observer(self, observer: Observer) -> None:
        """Tell one more observer of every event from now on."""
        self.call(lambda: self._observers.append(observer))

    def add_ticker(self, ticker: Ticker) -> None:
        """Call this on the desk's thread about every 50 ms, with `time.monotonic()`."""
        self.call(lambda: self._tickers.append(ticker))

    def forget(self, devices: Iterable[DeviceId]) -> None:
        """Forget what is known of these devices, without saving it. On the desk's thread."""
        for device in devices:
            session = self.sessions.pop(device, None)
            if session is not None:
                self.plans.end(session)
            self._inference.references.forget(device)
            if self.memory is not None:
                self.memory.forget(device)

    def stock(self, catalogue: Catalogue) -> None:
        """Offer another catalogue from now on. On the desk's thread."""
        self._inference.stock(catalogue)
        self._capacity = _capacity(self._config, catalogue)
        sessions = tuple(self.sessions.values())
        for session in sessions:
            session.make_room(self._capacity)
        self._reception.stock(catalogue, sessions)

    def renew(self) -> None:
        """A lost connection to the devices is back."""
        self.call(lambda: self.plans.renew(self.sessions.values()))

    def _work(self) -> None:
        next_tick_s = 0.0
        while (turn := self.inbox.get(self._timers.wait_s(time.perf_counter_ns(), _TICK_S))) is not None:
            self.laps.begin()
            for call in turn.calls:
                self._guarded(call)
            for refused in turn.refused:
                self._guarded(partial(self._refuse_arrival, refused))
            for arrival in turn.arrivals:
                self._guarded(partial(self._take, arrival))
            for call in self._timers.due(time.perf_counter_ns()):
                self._guarded(call)
            now_s = self.turned_s = time.monotonic()
            if now_s >= next_tick_s:
                next_tick_s = now_s + _TICK_S
                for ticker in self._tickers:
                    self._guarded(partial(ticker, now_s))

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001  the log has its traceback
            # One message must not end the service of every other device.
            self.counters.count("internal_error")
            log_event(log, logging.ERROR, "internal_error", error)

    def _take(self, arrival: Arrival) -> None:
        if (opened := self._open(arrival)) is not None:
            self._reception.take(self._session(opened.device), opened)

    def _refuse_arrival(self, arrival: Arrival) -> None:
        if (opened := self._open(arrival)) is not None:
            self._reply.overloaded(opened)

    def _open(self, arrival: Arrival) -> Arrival | None:
        """The arrival with a plain frame, None when that is refused. Nobody is answered: nobody is known to ask."""
        try:
            return self._seals.open(arrival)
        except KeylessError as error:
            self._refuse(arrival.device, "keyless", error)
        except FrameError as error:
            kind = "frame" if arrival.leaf is Leaf.ACT else "telemetry"
            self._refuse(arrival.device, f"bad_{kind}_{error.reason.value}", error)
        return None

    def _session(self, device: DeviceId) -> DeviceSession:
        session = self.sessions.get(device)
        if session is not None:
            self.sessions.move_to_end(device)
            return session
        if len(self.sessions) >= self._config.max_devices:
            _, evicted = self.sessions.popitem(last=False)
            self.counters.count("devices_evicted")
            if self.memory is not None:
                self.memory.end(evicted)
            self.plans.end(evicted)
            self._inference.references.forget(evicted.device)
        session = DeviceSession(
            device, capacity=self._capacity, remembered_answers=self._config.remembered_answers
        )
        self.sessions[device] = session
        self.counters.count("devices_seen")
        if self.memory is not None:
            self.memory.begin(session)
        return session

    def _when_finished(self, finished: Finished) -> None:
        self.call(lambda: self._inference.finished(finished))

    def _when_late(self, late: Late) -> None:
        self.call(lambda: self._inference.late(late))

    def _when_prepared(self, prepared: Prepared) -> None:
        self.call(lambda: self.plans.prepared(prepared))

    def _refuse(self, device: DeviceId, reason: str, detail: object) -> None:
        self.counters.note(str(device), reason, detail)
        self._tell(Dropped(device, reason))

    def _tell(self, event: Event) -> None:
        for observer in self._observers:
            try:
                observer(event)
            except Exception as error:  # noqa: BLE001  the log has its traceback
                self.counters.count("observer_failed")
                log_event(log, logging.ERROR, "observer_failed", error)


def _capacity(config: ServeConfig, catalogue: Catalogue) -> int:
    """Bytes of payload that a device may send: what the largest honest activation of any model on offer needs."""
    return min(config.max_message_bytes, catalogue.capacity or config.max_message_bytes)
