"""A whole device on a PC: the core's session, an engine, a bus, and a board's tempo."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol, Self

from cutpoint import _core
from cutpoint.bus import Bus
from cutpoint.codec import names as codec_names
from cutpoint.errors import CutpointError, UsageError
from cutpoint.graph import Bundle, load
from cutpoint.wire import Command, DeviceId, Leaf, Topics
from host_tools.device.boots import BootClock
from host_tools.device.driver import Body, Driver
from host_tools.device.engine import OperatorEngine, open_engine, stand_in_reason
from host_tools.device.events import (
    Connected,
    DeviceEvent,
    Disconnected,
    FrameArrived,
    Inbound,
    InputGiven,
    Poked,
    Restarted,
    Stopping,
)
from host_tools.device.input_tensor import Array, InputTensor
from host_tools.device.link import Link
from host_tools.device.linked_bus import LinkedBus
from host_tools.device.pace import Pace
from host_tools.device.profile import Profile
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import DeviceSettings
from host_tools.device.sources import Sample, Source

log = logging.getLogger(__name__)

MOST_FRAMES_WAITING = 1024
"""Frames that arrived and were not looked at yet; a further one is dropped and counted as `inbox_full`."""
STOP_TIMEOUT_S = 10.0


class Boots(Protocol):
    """The settings store's one number."""

    def next(self) -> int: ...


class DeviceStoppedError(UsageError):
    """The device was stopped while, or before, an inference was asked for."""


class VirtualDevice:
    """One device: `start`, any number of `infer`, `stop`; or a `with` block.

    A thread of its own owns session and engine; the bus's callbacks and `infer` only enqueue. `observer` is called on
    that thread with every `DeviceEvent`, so it must not block, and must not call `infer`.
    """

    def __init__(
        self,
        id: str,
        bundle: Bundle,
        *,
        bus: Bus,
        engine: str = "auto",
        profile: str | Profile = "host",
        link: Link | str | None = None,
        settings: DeviceSettings | None = None,
        boots: Boots | None = None,
        clock: _core.Clock | None = None,
        observer: Callable[[DeviceEvent], None] | None = None,
    ) -> None:
        """`link` wraps `bus` in an emulated link. Raises UsageError, also when the engine cannot run the model."""
        self.id = DeviceId(id)
        self.settings = settings or DeviceSettings()
        self.profile = profile if isinstance(profile, Profile) else Profile.load(profile)
        self.bundle = bundle
        self.drops: Counter[str] = Counter()
        self.boot = 0
        self._engine = open_engine(load(bundle.device), engine, on_board=self.settings.on_board)
        self._pace = Pace(self.profile, self._engine.workloads, seed=self.settings.seed)
        emulated = Link.parse(link) if isinstance(link, str) else link
        self._linked = None if emulated is None else LinkedBus(bus, emulated, seed=self.settings.seed)
        self._bus: Bus = bus if self._linked is None else self._linked
        topics = Topics(self.settings.root)
        self._boots = boots or BootClock()
        self._clock = clock or _core.MonotonicClock()
        self._body = Body(
            id=self.id,
            topics={leaf.value: topics.of(self.id, leaf) for leaf in Leaf},
            engine=self._engine,
            rule=bundle.answer_rule,
            profile=self.profile,
            pace=self._pace,
            bus=self._bus,
            current_link=lambda: self.link,
            observer=observer or _unobserved,
            obey=self._obey,
        )
        self._driver: Driver | None = None
        self._inbox: queue.SimpleQueue[Inbound] = queue.SimpleQueue()
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._life = 0
        self._restart_due = False

    @property
    def engine(self) -> OperatorEngine:
        return self._engine

    @property
    def inputs(self) -> tuple[InputTensor, ...]:
        """What one inference takes."""
        return self._engine.inputs

    @property
    def link(self) -> Link | None:
        """The emulated link; None without one. May be set while the device runs, if it was made with one."""
        return None if self._linked is None else self._linked.link

    @link.setter
    def link(self, link: Link) -> None:
        if self._linked is None:
            raise UsageError(
                'this device was made without an emulated link; give link="none" to change it later'
            )
        self._linked.link = link

    @property
    def state(self) -> str:
        """`offline`, `online` or `isolated`; `stopped` before the start and after the end."""
        return "stopped" if self._driver is None else self._driver.session.state

    @property
    def counters(self) -> Mapping[str, int]:
        """The session's counters by name, and `overruns`: operators runs in which this computer was the slower one."""
        counted = {} if self._driver is None else dict(self._driver.session.counters)
        return {**counted, "overruns": self._pace.overruns}

    def notes(self) -> list[str]:
        """What a user should know of this device before trusting its figures, a sentence each."""
        said = [reason] if (reason := stand_in_reason(self._engine)) else []
        arena = self.bundle.cuts[self._engine.on_board].arena_bytes.get("tflm")
        memory = self.profile.memory
        if memory is not None and arena is not None and arena > memory.arena_bytes:
            said.append(
                f"a real {self.profile.title} could not run this: {self._engine.on_board} operators need an arena of "
                f"{arena:,} B, its largest block is {memory.arena_bytes:,} B ({memory.basis}); give on_board to limit"
            )
        if self.profile.modelled and any(t.dtype.kind == "f" for t in self.inputs):
            said.append(f"profile {self.profile.name} models int8 kernels; this model takes floats")
        return said

    def start(self) -> None:
        """Boot and connect. Raises ConnectError when the broker cannot be reached; the device is then stopped."""
        if self._thread is not None:
            raise UsageError(f"device {self.id} runs already; stop it first")
        self._failure = None
        self._inbox = queue.SimpleQueue()
        self._pace.start()
        self._be_born()
        self._thread = threading.Thread(target=self._live, name=f"device-{self.id}", daemon=True)
        self._thread.start()
        try:
            self._bus.connect()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Say `sleeping` if there is somebody to say it to, leave the broker, end the thread. Harmless twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._pace.stop()
        self._inbox.put(Stopping())
        thread.join(STOP_TIMEOUT_S)
        self._bus.close()
        self._driver = None

    def infer(self, picture: Array | Sequence[Array] | Sample, name: str = "") -> InferenceRecord:
        """Run one inference, and wait for its answer: from the edge, from here, or that there is none.

        One array for a model with one input, else one for each: of the input's dtype and shape, a uint8 picture of
        any size, or float values. Raises InputError when they do not fit, DeviceStoppedError when the device ends.
        """
        if isinstance(picture, Sample):
            name, picture = name or picture.name, picture.arrays
        given = list(picture) if isinstance(picture, (list, tuple)) else [picture]
        if len(given) != len(self.inputs):
            raise UsageError(f"the model takes {len(self.inputs)} inputs, {len(given)} given")
        arrays = tuple(tensor.of_array(array) for tensor, array in zip(self.inputs, given, strict=True))
        with self._one_at_a_time:
            thread = self._thread
            if thread is None or not thread.is_alive():
                raise DeviceStoppedError(f"device {self.id} is not running") from self._failure
            answer: Future[InferenceRecord] = Future()
            self._inbox.put(InputGiven(name, arrays, answer))
            while True:
                try:
                    return answer.result(timeout=1.0)
                except TimeoutError:
                    if not thread.is_alive() and not answer.done():
                        raise DeviceStoppedError(f"device {self.id} ended") from self._failure

    def run(
        self, source: Source, count: int | None = None, interval_s: float = 0.0
    ) -> Iterator[InferenceRecord]:
        """Infer on the source's samples, over and over until `count` (default: once each).

        interval_s is from start to start; an inference that takes longer is followed at once.
        """
        left = len(source) if count is None else count
        while left > 0:
            for sample in source:
                began = time.monotonic()
                yield self.infer(sample)
                left -= 1
                if left == 0:
                    return
                time.sleep(max(0.0, began + interval_s - time.monotonic()))

    def poke(self) -> None:
        """Look at the clock now: for a clock that somebody moves by hand."""
        self._inbox.put(Poked())

    def about(self) -> dict[str, object]:
        """What the device says of itself on its `about` topic."""
        fields: dict[str, object] = {
            "firmware": f"cutpoint-pc {_version()}",
            "chip": self.profile.chip,
            "modelled": self.profile.modelled,
            "model": self.bundle.model_id.hex(),
            "operators": self._engine.on_board,
            "engine": self._engine.name,
            "codecs": list(codec_names()),
            "max_payload": self.settings.chunk_bytes,
            "boot": self.boot,
        }
        if self.profile.memory is not None:
            fields["free_ram"] = self.profile.memory.arena_bytes
        return fields

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _be_born(self) -> None:
        self.boot = self._boots.next()
        self._life += 1
        life, settings, count = self._life, self.settings, self.bundle.n
        on_board = self._engine.on_board
        session = _core.Session(
            _core.SessionConfig(
                model_id=bytes(self.bundle.model_id),
                boot=self.boot,
                operators=count,
                on_board=on_board,
                cut=on_board if settings.cut is None else settings.cut,
                deadline_ms=settings.deadline_ms,
                isolate_after=settings.isolate_after,
                probe_first_ms=settings.probe_first_ms,
                probe_max_ms=settings.probe_max_ms,
                chunk_bytes=settings.chunk_bytes,
                about=json.dumps(self.about()),
            ),
            self._clock,
        )
        self._driver = Driver(session, self._body)
        topics, will = self._body.topics, session.will()
        self._bus.set_will(topics[will.leaf], will.payload, will.qos, will.retain)
        self._bus.on_connect = lambda: self._inbox.put(Connected(life))
        self._bus.on_disconnect = lambda reason: self._inbox.put(Disconnected(life, reason))
        self._bus.on_message = lambda _topic, payload: self._arrived(life, payload)
        for leaf, qos in (("res", 0), ("plan", 1), ("cmd", 1)):
            self._bus.subscribe(topics[leaf], qos)

    def _arrived(self, life: int, payload: bytes) -> None:
        if self._inbox.qsize() >= MOST_FRAMES_WAITING:
            self.drops["inbox_full"] += 1
            return
        self._inbox.put(FrameArrived(life, payload))

    def _live(self) -> None:
        try:
            self._loop()
        except BaseException as error:
            self._failure = error
            log.exception("event=device_failed device=%s", self.id)
        finally:
            ended = DeviceStoppedError(f"device {self.id} was stopped")
            if self._driver is not None:
                self._driver.abandon(ended)
            while not self._inbox.empty():
                event = self._inbox.get()
                if isinstance(event, InputGiven):
                    event.answer.set_exception(ended)

    def _loop(self) -> None:
        telemetry_s = self.settings.telemetry_s
        telemetry_due = time.monotonic() + telemetry_s
        while True:
            event = self._next_event(telemetry_due if telemetry_s else None)
            driver = self._driver
            assert driver is not None
            match event:
                case Stopping():
                    driver.session.sleeping()
                    driver.pump()
                    return
                case InputGiven():
                    driver.begin(event)
                case FrameArrived(life, data) if life == self._life:
                    driver.session.frame(data)
                case Connected(life) if life == self._life:
                    driver.session.connected()
                case Disconnected(life, reason) if life == self._life:
                    log.info("event=broker_lost device=%s reason=%s", self.id, reason)
                    driver.session.disconnected()
                case None | Poked():
                    driver.session.tick()
            driver.pump()
            if telemetry_s and time.monotonic() >= telemetry_due:
                driver.telemetry()
                telemetry_due = time.monotonic() + telemetry_s
            if self._restart_due and not driver.busy:
                self._restart()

    def _next_event(self, telemetry_due: float | None) -> Inbound | None:
        assert self._driver is not None
        waits = []
        wakeup_us = self._driver.session.next_wakeup_us()
        if wakeup_us is not None:
            waits.append((wakeup_us - self._clock.now_us()) / 1e6)
        if telemetry_due is not None:
            waits.append(telemetry_due - time.monotonic())
        try:
            return self._inbox.get(timeout=max(0.0, min(waits)) if waits else None)
        except queue.Empty:
            return None

    def _obey(self, command: Command) -> bool:
        if command is Command.RESTART:
            self._restart_due = True
        return command in (Command.IDENTIFY, Command.RESTART)

    def _restart(self) -> None:
        self._restart_due = False
        self._bus.close()
        self._be_born()
        log.info("event=restarted device=%s boot=%d", self.id, self.boot)
        self._body.observer(Restarted(self.boot))
        try:
            self._bus.connect()
        except CutpointError as error:
            log.warning("event=broker_unreachable device=%s reason=%s", self.id, error)


def _version() -> str:
    try:
        return version("cutpoint")
    except PackageNotFoundError:
        return "unknown"


def _unobserved(_event: DeviceEvent) -> None:
    """The observer of a device that nobody watches."""
