"""Brings devices to the model that a rollout gives them."""

from __future__ import annotations

import heapq
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.errors import CutpointError, UsageError
from cutpoint.update import Image, Outcome, check_fit, model_image
from cutpoint.wire import About, DeviceId, ModelId, Presence, State
from edge_server.catalogue.catalogue import Catalogue, Step
from edge_server.catalogue.rollout import Rollout
from edge_server.catalogue.served import ServedModel
from edge_server.commands import Commands
from edge_server.counters import Counters
from edge_server.events import AboutSeen, DeviceSeen, Event, NoteSeen
from edge_server.logs import log_event
from edge_server.rollouts.move import Move, Seen
from edge_server.rollouts.progress import FIRST_BACKOFF_S, Backoff, Progress

log = logging.getLogger("edge_server")

_TAKES_MODELS = ("model", "all")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rollout stands: devices that run, or are answered by, its new version among those of either."""

    rollout: Rollout
    on_new: int
    on_old: int
    moving: int
    moved: int
    failed: int
    unfit: int
    halted: str | None

    def fields(self) -> dict[str, object]:
        """As plain values; `reached` is the share of the devices that run, or are answered by, the new version."""
        known = self.on_new + self.on_old
        return {
            "name": self.rollout.name,
            "new": self.rollout.new,
            "over": self.rollout.over,
            "share": self.rollout.share,
            "reached": self.on_new / known if known else None,
            "devices_on_new": self.on_new,
            "devices_on_over": self.on_old,
            "moving": self.moving,
            "moved": self.moved,
            "failed": self.failed,
            "unfit": self.unfit,
            "halted": self.halted,
        }


class Mover:
    """An observer of the server, and a ticker of its desk; belongs to the desk's thread.

    A device is moved when it is online, takes models over MQTT, and runs another model than its place in the rollouts
    gives it; at most `at_once` are under way. It keeps no state over restarts and needs none: what a device runs says
    whether it has to be moved, and a transfer goes on where the device says that it is.
    """

    def __init__(
        self,
        commands: Commands,
        counters: Counters,
        *,
        at_once: int,
        most_devices: int,
        sealed: Callable[[DeviceId], bool],
        connected: Callable[[], bool],
        mine: Callable[[DeviceId], bool] = lambda _device: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`sealed` says which devices have a key, `connected` whether devices can be reached now, `mine` which of them
        are this server's among several; `clock` counts seconds.
        """
        self._commands = commands
        self._counters = counters
        self._at_once = at_once
        self._most_devices = most_devices
        self._sealed = sealed
        self._connected = connected
        self._mine = mine
        self._clock = clock
        self._catalogue = Catalogue()
        self._seen: OrderedDict[DeviceId, Seen] = OrderedDict()
        self._due: OrderedDict[DeviceId, None] = OrderedDict()
        self._moves: dict[DeviceId, Move] = {}
        self._backoffs: dict[DeviceId, Backoff] = {}
        self._resting: list[tuple[float, DeviceId]] = []
        self._progress: dict[Rollout, Progress] = {}
        self._images: dict[ServedModel, Image] = {}

    def stock(self, catalogue: Catalogue) -> None:
        """Follow another catalogue from now on. What is under way to another model than is wanted now is broken off."""
        before = {step.rollout: step for step in self._catalogue.steps}
        self._catalogue = catalogue
        steps = {step.rollout: step for step in catalogue.steps}
        if steps == before:
            return
        self._progress = {
            rollout: self._progress.get(rollout, Progress()) if before.get(rollout) == step else Progress()
            for rollout, step in steps.items()
        }
        self._images.clear()
        self._backoffs.clear()
        self._resting.clear()
        for device, move in list(self._moves.items()):
            if not move.trying and catalogue.wanted(move.was, device) is not move.target:
                move.abort(self._commands, self._seen[device])
                del self._moves[device]
        self._due.update(dict.fromkeys(self._seen))

    def observe(self, event: Event) -> None:
        """Take what a device said of itself."""
        now = self._clock()
        if isinstance(event, AboutSeen):
            self._about(event.device, event.about, now)
        elif isinstance(event, DeviceSeen):
            self._state(event.device, State(state=event.state, boot=event.boot), now)
        elif isinstance(event, NoteSeen) and (move := self._moves.get(event.device)) is not None:
            move.hear(event.note, now)
            self._go_on(move, now)

    def tick(self, now: float) -> None:
        """Send what is due, end what ended, begin what there is room for. To be called every 50 ms or so.

        Without a connection everything under way is put off: that is no fault of the devices.
        """
        if not self._connected():
            self._due.update(dict.fromkeys(self._moves))
            self._moves.clear()
            return
        for move in list(self._moves.values()):
            if self._mine(move.device):
                self._go_on(move, now)
            else:
                del self._moves[move.device]
        while self._resting and self._resting[0][0] <= now:
            self._due[heapq.heappop(self._resting)[1]] = None
        while self._due and len(self._moves) < self._at_once:
            device, _ = self._due.popitem(last=False)
            self._consider(device, now)

    def renew(self) -> None:
        """The connection to the broker stands again: what was under way may be lost."""
        now = self._clock()
        for move in self._moves.values():
            move.renew(now)

    def standings(self) -> tuple[Standing, ...]:
        """How every rollout in force stands."""
        return tuple([self._standing(step) for step in self._catalogue.steps])

    def _about(self, device: DeviceId, about: About, now: float) -> None:
        self._of(device).about = about
        move = self._moves.get(device)
        if move is not None:
            move.hear(about, now)
        self._due[device] = None

    def _state(self, device: DeviceId, state: State, now: float) -> None:
        seen = self._of(device)
        seen.online, seen.boot = state.state is Presence.ONLINE, state.boot
        move = self._moves.get(device)
        if move is not None and seen.online:
            move.hear(state, now)
        elif move is not None and not move.trying:
            # Whoever went away may stay away: others come first, and it goes on where it was.
            del self._moves[device]
        self._due[device] = None

    def _of(self, device: DeviceId) -> Seen:
        seen = self._seen.get(device)
        if seen is None:
            seen = self._seen[device] = Seen()
            if len(self._seen) > self._most_devices:
                forgotten, _ = self._seen.popitem(last=False)
                for kept in (self._moves, self._due, self._backoffs):
                    kept.pop(forgotten, None)
        self._seen.move_to_end(device)
        return seen

    def _consider(self, device: DeviceId, now: float) -> None:
        """Begin to move a device, if it is to be moved now."""
        seen = self._seen.get(device)
        if seen is None or seen.about is None or not seen.online or device in self._moves:
            return
        if not self._mine(device):
            return
        target = self._catalogue.wanted(seen.about.model_id, device)
        if target is None or target.id == seen.about.model_id:
            return
        progress = self._progress_of(seen.about.model_id, target)
        if progress.halted is not None:
            return
        backoff = self._backoffs.get(device)
        if backoff is not None and now < backoff.until:
            return
        try:
            image = self._image(target)
            if seen.about.update not in _TAKES_MODELS:
                raise UsageError("it does not say that it takes models over MQTT")
            check_fit(image, seen.about)
        except CutpointError as error:
            if device not in progress.unfit:
                progress.unfit.add(device)
                self._counters.note(str(device), "rollout_unfit", error)
            return
        log_event(
            log,
            logging.INFO,
            "rollout_moves",
            device=device,
            was=seen.about.model,
            to=target.id,
            folder=target.folder,
        )
        move = Move(device, seen.about, seen.boot, target, image, sealed=self._sealed(device), now=now)
        self._moves[device] = move
        self._go_on(move, now)

    def _go_on(self, move: Move, now: float) -> None:
        seen = self._seen[move.device]
        move.send(self._commands, seen, now)
        if move.ending is not None:
            del self._moves[move.device]
            self._end(move, now)

    def _end(self, move: Move, now: float) -> None:
        device, ending = move.device, move.ending
        progress = self._progress_of(move.was, move.target)
        if ending is None or ending.outcome is Outcome.DONE:
            self._counters.count("rollout_moved")
            log_event(log, logging.INFO, "rollout_moved", device=device, was=move.was, to=move.target.id)
            progress.succeed()
            self._backoffs.pop(device, None)
            return
        self._counters.note(
            str(device), "rollout_failed", f"{move.target.folder}: {ending.outcome.value}: {ending.text}"
        )
        backoff = self._backoffs.get(device)
        if backoff is None:
            backoff = self._backoffs[device] = Backoff(now + FIRST_BACKOFF_S, FIRST_BACKOFF_S)
        else:
            backoff.again(now)
        heapq.heappush(self._resting, (backoff.until, device))
        if progress.fail():
            self._counters.count("rollout_halted")
            detail = f"{progress.halted}; no more are moved until its share is changed"
            log_event(
                log,
                logging.ERROR,
                "rollout_halted",
                to=move.target.id,
                folder=move.target.folder,
                detail=detail,
            )

    def _progress_of(self, model: ModelId, target: ServedModel) -> Progress:
        step = self._catalogue.step_to(model, target)
        # A rollout that ended while its last device tried the image is counted for nobody.
        return Progress() if step is None else self._progress.setdefault(step.rollout, Progress())

    def _image(self, target: ServedModel) -> Image:
        image = self._images.get(target)
        if image is None:
            image = self._images[target] = model_image(target.bundle)
        return image

    def _standing(self, step: Step) -> Standing:
        progress = self._progress.get(step.rollout, Progress())
        on_new = on_old = 0
        # A copy in one step: other threads ask, too.
        for device, seen in list(self._seen.items()):
            if seen.about is None or not self._mine(device):
                continue
            version = self._catalogue.get(seen.about.model_id, device)
            on_new += version is step.new
            on_old += version is step.over
        moving = sum(move.target in (step.new, step.over) for move in list(self._moves.values()))
        return Standing(
            step.rollout,
            on_new,
            on_old,
            moving,
            progress.moved,
            progress.failed,
            len(progress.unfit),
            progress.halted,
        )
