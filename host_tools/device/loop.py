"""The thread that a device lives on: one owner of session and engine, and everything else only enqueues."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint import _core
from cutpoint.errors import CutpointError, UsageError
from cutpoint.wire import Command, Note, note_json
from host_tools.device.driver import Body, Driver
from host_tools.device.events import (
    Connected,
    Disconnected,
    FrameArrived,
    Inbound,
    InputGiven,
    ModelsOffered,
    Poked,
    Restarted,
    Stopping,
)
from host_tools.device.offers import Offers
from host_tools.device.sealing import DeviceSealing
from host_tools.device.updates import Updates

log = logging.getLogger(__name__)

MOST_FRAMES_WAITING = 1024
"""Frames that arrived and were not looked at yet; a further one is dropped and counted as `inbox_full`."""
STOP_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 1.0
"""Of a restarted device, which answers nothing while it connects."""
CONNECT_AGAIN_S = 2.0


MOST_NOTES_WAITING = 8
"""Notes that wait for the broker; a further one pushes out the oldest."""


class DeviceStoppedError(UsageError):
    """The device was stopped while, or before, an inference was asked for."""


@dataclass(frozen=True, slots=True)
class Life:
    """What a device is from a boot number to the next: its body changes with the model that it runs."""

    session: _core.Session
    boot: int
    body: Body


class Notes:
    """What a device has to say, until its driver can publish it. Belongs to the device's thread."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque(maxlen=MOST_NOTES_WAITING)

    def say(self, note: Note) -> None:
        """Queue a note behind the others."""
        self.waiting.append(note_json(note))


class Loop:
    """One run of a device, from start to stop; a restart command or a new model gives it another life in between."""

    def __init__(
        self,
        clock: _core.Clock,
        telemetry_s: float,
        new_life: Callable[[], Life],
        updates: Updates,
        notes: Notes,
    ) -> None:
        self.drops: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._clock = clock
        self._telemetry_s = telemetry_s
        self._new_life = new_life
        self._updates = updates
        self._notes = notes
        self._inbox: queue.SimpleQueue[Inbound] = queue.SimpleQueue()
        self._put_off: deque[Inbound] = deque()
        self._life = 0
        self._restart_due = False
        self._connect_due: float | None = None
        self.driver = self._begin_life()
        self._thread = threading.Thread(target=self._live, name=f"device-{self._body.id}", daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        """Run the thread, and connect. Raises ConnectError; the thread is then ended."""
        self._thread.start()
        try:
            self._body.bus.connect()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Say `sleeping` if there is somebody to say it to, end the thread, leave the broker."""
        self._body.pace.stop()
        self._inbox.put(Stopping())
        self._thread.join(STOP_TIMEOUT_S)
        self._body.bus.close()

    def put(self, event: InputGiven | Poked) -> None:
        """Queue an event behind everything that came before."""
        self._inbox.put(event)

    def obey(self, command: Command, argument: bytes) -> bool:
        """Do what a command asks, if a PC can."""
        if command in (Command.NEW_MODEL, Command.NEW_FIRMWARE):
            return self._updates.take(command, argument)
        if command is Command.RESTART:
            self._restart_due = True
        return command in (Command.IDENTIFY, Command.RESTART)

    def _begin_life(self) -> Driver:
        """A session with the next boot number, and the bus turned to it: will, callbacks, subscriptions."""
        next_life = self._new_life()
        session, self.boot, self._body = next_life.session, next_life.boot, next_life.body
        key = self._body.key
        self._offers = Offers(self.boot)
        self._sealing = None if key is None else DeviceSealing(key, self.boot, self._body.id, self.drops)
        self._life += 1
        life, bus, topics, will = self._life, self._body.bus, self._body.topics, session.will()
        bus.set_will(topics[will.leaf], will.payload, will.qos, will.retain)
        bus.on_connect = lambda: self._inbox.put(Connected(life))
        bus.on_disconnect = lambda reason: self._inbox.put(Disconnected(life, reason))
        bus.on_message = lambda _topic, payload: self._arrived(life, payload)
        for leaf, qos in (("res", 0), ("plan", 1), ("cmd", 1)):
            bus.subscribe(topics[leaf], qos)
        return Driver(session, self._body, self.obey, self._sealing, self._notes.waiting)

    def _hand_over(self, frame: bytes) -> None:
        """To the session, opened where the device has a key."""
        opened = frame if self._sealing is None else self._sealing.incoming(frame)
        if opened is None:
            return
        self.driver.session.frame(opened)
        if (offer := self._offers.hear(opened)) is not None:
            self.driver.tell(ModelsOffered(*offer))

    def _arrived(self, life: int, payload: bytes) -> None:
        if self._inbox.qsize() >= MOST_FRAMES_WAITING:
            self.drops["inbox_full"] += 1
            return
        self._inbox.put(FrameArrived(life, payload))

    def _live(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.failure = error
            log.exception("event=device_failed device=%s", self._body.id)
        finally:
            ended = DeviceStoppedError(f"device {self._body.id} was stopped")
            ended.__cause__ = self.failure
            self.driver.abandon(ended)
            left = list(self._put_off)
            while not self._inbox.empty():
                left.append(self._inbox.get())
            for event in left:
                if isinstance(event, InputGiven):
                    event.answer.set_exception(ended)

    def _work(self) -> None:
        telemetry_due = time.monotonic() + self._telemetry_s
        while True:
            event = self._next_event(telemetry_due if self._telemetry_s else None)
            driver = self.driver
            match event:
                case Stopping():
                    driver.session.sleeping()
                    driver.pump()
                    return
                case InputGiven():
                    driver.begin(event)
                case FrameArrived(life, data) if life == self._life:
                    self._hand_over(data)
                case Connected(life) if life == self._life:
                    driver.session.connected()
                case Disconnected(life, reason) if life == self._life:
                    log.info("event=broker_lost device=%s reason=%s", self._body.id, reason)
                    driver.session.disconnected()
                case None | Poked():
                    driver.session.tick()
            driver.pump(self._take_frames)
            if self._telemetry_s and time.monotonic() >= telemetry_due:
                driver.telemetry()
                telemetry_due = time.monotonic() + self._telemetry_s
            if self._updates.trial_due and not driver.busy:
                # A board loads what it received between two pictures, too.
                # That it is done, the next life says: after it has announced the model.
                if self._updates.try_image():
                    self._restart_due = True
                else:
                    driver.pump(self._take_frames)
            if self._restart_due and not driver.busy:
                self._restart()
            if self._connect_due is not None and time.monotonic() >= self._connect_due:
                self._connect()

    def _take_frames(self) -> None:
        """Between two operators: hand over the frames that came; everything else waits its turn."""
        while not self._inbox.empty():
            event = self._inbox.get()
            if isinstance(event, FrameArrived) and event.life == self._life:
                self._hand_over(event.data)
            else:
                self._put_off.append(event)
        self.driver.session.tick()

    def _next_event(self, telemetry_due: float | None) -> Inbound | None:
        if self._put_off:
            return self._put_off.popleft()
        waits = []
        wakeup_us = self.driver.session.next_wakeup_us()
        if wakeup_us is not None:
            waits.append((wakeup_us - self._clock.now_us()) / 1e6)
        for due in (telemetry_due, self._connect_due):
            if due is not None:
                waits.append(due - time.monotonic())
        try:
            return self._inbox.get(timeout=max(0.0, min(waits)) if waits else None)
        except queue.Empty:
            return None

    def _restart(self) -> None:
        self._restart_due = False
        self._updates.rebooted()
        self._body.bus.close()
        self.driver = self._begin_life()
        log.info("event=restarted device=%s boot=%d", self._body.id, self.boot)
        self.driver.tell(Restarted(self.boot))
        self._connect()

    def _connect(self) -> None:
        self._connect_due = None
        try:
            self._body.bus.connect(CONNECT_TIMEOUT_S)
        except CutpointError as error:
            log.warning("event=broker_unreachable device=%s reason=%s", self._body.id, error)
            self._connect_due = time.monotonic() + CONNECT_AGAIN_S
