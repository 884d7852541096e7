"""A whole device on a PC: the core's session, an engine, a bus, and a board's tempo."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from cutpoint import _core
from cutpoint.board import SlotImage, slot_image
from cutpoint.bus import Bus
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.picture.input_tensor import Array, InputTensor
from cutpoint.wire import SEAL_BYTES, DeviceId, Key, Leaf, Topics, cuts_text
from host_tools.device.about import about_fields
from host_tools.device.boots import BootClock
from host_tools.device.camera import Camera
from host_tools.device.coding_time import encode_ns_per_byte
from host_tools.device.driver import Body
from host_tools.device.events import DeviceEvent, InputGiven, Poked
from host_tools.device.lines import cuts_taken
from host_tools.device.link import Link
from host_tools.device.linked_bus import LinkedBus
from host_tools.device.loop import DeviceStoppedError, Life, Loop, Notes
from host_tools.device.on_board import OnBoard
from host_tools.device.opening import DeviceEngine, stand_in_reason
from host_tools.device.pace import Pace
from host_tools.device.profile import Profile
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import LEAST_CHUNK_BYTES, DeviceSettings
from host_tools.device.slots import FolderStore, MemoryStore, Slots
from host_tools.device.sources import Sample, Source
from host_tools.device.updates import Updates


class Boots(Protocol):
    """The settings store's one number."""

    def next(self) -> int: ...


class VirtualDevice:
    """One device: `start`, any number of `infer`, `stop`; or a `with` block.

    A thread of its own owns session and engine; the bus's callbacks and `infer` only enqueue. `observer` is called on
    that thread with every `DeviceEvent`: it must not block, nor call `infer` or `stop`; what it raises is logged.
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
        key: Key | None = None,
        state: Path | None = None,
        boots: Boots | None = None,
        clock: _core.Clock | None = None,
        observer: Callable[[DeviceEvent], None] | None = None,
    ) -> None:
        """`link` wraps `bus` in an emulated link; with a `key`, frames are sealed, and only sealed ones are heard.
        `state`: a folder that keeps models received over MQTT, and updates under way, over restarts.

        Raises UsageError, also when the engine cannot run the model.
        """
        self.id = DeviceId(id)
        self.settings = settings or DeviceSettings()
        self.profile = profile if isinstance(profile, Profile) else Profile.load(profile)
        self.bundle = bundle
        self._chunk_bytes = self.settings.chunk_bytes - (0 if key is None else SEAL_BYTES)
        if self._chunk_bytes < LEAST_CHUNK_BYTES:
            raise UsageError(
                f"chunk_bytes is {self.settings.chunk_bytes}; sealed frames need {LEAST_CHUNK_BYTES + SEAL_BYTES}"
            )
        self._engine_name = engine
        self._notes = Notes()
        self._updates = Updates(
            self._slots, policy=self.settings.update, say=self._notes.say, adopt=self._adopt
        )
        self._state = state
        self._block_bytes = None if self.profile.memory is None else self.profile.memory.arena_bytes
        self._model = OnBoard.of_bundle(bundle, engine, self.settings.on_board, self._block_bytes)
        if self.settings.cut is not None and self.settings.cut > self.engine.on_board:
            raise UsageError(
                f"cut {self.settings.cut} is beyond the {self.engine.on_board} operators on board"
            )
        cuts = cuts_taken(self.engine.lines(), self.engine.on_board)
        if cuts is not None and self.settings.cut is not None and self.settings.cut not in cuts:
            raise UsageError(
                f"the engine has no memory for cut {self.settings.cut}; it can take {cuts_text(cuts)}"
            )
        if state is not None and bundle.max_cut > 0:
            self._updates.boot()
        emulated = Link.parse(link) if isinstance(link, str) else link
        self._linked = None if emulated is None else LinkedBus(bus, emulated, seed=self.settings.seed)
        self._bus: Bus = self._linked or bus
        self._boots = boots or BootClock()
        self._clock = clock or _core.MonotonicClock()
        self._observer = observer or _unobserved
        self._key = key
        self._body = self._new_body()
        self._loop: Loop | None = None
        self._counted: Mapping[str, int] = {}
        self._one_at_a_time = threading.Lock()

    def _new_body(self) -> Body:
        """What the device consists of with the model that it has now."""
        topics = Topics(self.settings.root)
        return Body(
            id=self.id,
            topics={leaf.value: topics.of(self.id, leaf) for leaf in Leaf},
            engine=self.engine,
            rule=self._model.rule,
            profile=self.profile,
            pace=Pace(self.profile, self.engine.workloads, seed=self.settings.seed),
            bus=self._bus,
            current_link=lambda: self.link,
            observer=self._observer,
            key=self._key,
            camera=self._camera(),
        )

    def _camera(self) -> Camera | None:
        if self.settings.jpeg is None:
            return None
        if len(self.inputs) != 1:
            raise UsageError(f"a camera fills one input, and this network has {len(self.inputs)}")
        return Camera(self.inputs[0], self.settings.jpeg)

    @property
    def boot(self) -> int | None:
        """The boot number of this life; None when stopped."""
        loop = self._loop
        return None if loop is None else loop.boot

    @property
    def model(self) -> OnBoard:
        """What it runs now: the bundle's network, or one that came over MQTT."""
        return self._model

    @property
    def engine(self) -> DeviceEngine:
        return self._model.engine

    @property
    def inputs(self) -> tuple[InputTensor, ...]:
        """What one inference takes."""
        return self.engine.inputs

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
        loop = self._loop
        return "stopped" if loop is None else loop.driver.session.state

    @property
    def counters(self) -> Mapping[str, int]:
        """The session's counters by name; `overruns`, runs in which this computer was the slower one;
        `inbox_full`, frames dropped unread; and with a key `sealed_<reason>`, frames that were not opened, or not
        sealed (`sealed_exhausted`). Of the last life when stopped.
        """
        loop = self._loop
        return self._counted if loop is None else self._counted_by(loop)

    @property
    def activation_bytes(self) -> int:
        """Bytes of activation frames that this session handed over: questions, reports of its own answers, probes."""
        loop = self._loop
        return 0 if loop is None else loop.driver.activation_bytes

    def notes(self) -> list[str]:
        """What a user should know of this device before trusting its figures, a sentence each."""
        said = [reason] if (reason := stand_in_reason(self.engine)) else []
        on_board, memory = self.engine.on_board, self.profile.memory
        arenas = {k: arena for k, arena in self._model.arenas.items() if k <= on_board}
        needed = arenas.get(on_board)
        if memory is not None and needed is not None and needed > memory.arena_bytes:
            fits = max((k for k, arena in arenas.items() if arena <= memory.arena_bytes), default=0)
            said.append(
                f"a real {self.profile.title} could not run this: {on_board} operators need an arena of {needed:,} B, "
                f"its largest block is {memory.arena_bytes:,} B ({memory.basis}), which fits {fits} operators"
            )
        if self._model.trouble is not None:
            said.append(self._model.trouble)
        if self.profile.modelled and any(t.dtype.kind == "f" for t in self.inputs):
            said.append(f"profile {self.profile.name} models int8 kernels; this model takes floats")
        if self.profile.modelled and self.engine.name == "stream":
            said.append(
                f"profile {self.profile.name} has the times of TFLM with ESP-NN: how long the Stream engine takes on "
                "that board has not been measured"
            )
        return said

    def start(self) -> None:
        """Boot and connect. Raises ConnectError when the broker cannot be reached; the device is then stopped."""
        if self._loop is not None:
            raise UsageError(f"device {self.id} runs already; stop it first")
        self._body.pace.start()
        self._loop = Loop(self._clock, self.settings.telemetry_s, self._new_life, self._updates, self._notes)
        try:
            self._loop.start()
        except BaseException:
            self._loop = None
            raise

    def stop(self) -> None:
        """Say `sleeping` if there is somebody to say it to, leave the broker, end the thread. Harmless twice."""
        loop = self._loop
        if loop is not None:
            loop.stop()
            self._counted = self._counted_by(loop)
            self._loop = None

    def infer(self, picture: Array | Sequence[Array] | Sample, name: str = "") -> InferenceRecord:
        """Run one inference, and wait for its answer: from the edge, from here, or that there is none.

        One array for a model with one input, else one for each: of the input's dtype and shape, a uint8 picture of
        any size, or float values. Raises InputError when they do not fit, DeviceStoppedError when the device ends.
        """
        given: list[Array]
        if isinstance(picture, Sample):
            name, given = name or picture.name, list(picture.arrays)
        else:
            given = [picture] if isinstance(picture, np.ndarray) else list(picture)
        if len(given) != len(self.inputs):
            raise UsageError(f"the model takes {len(self.inputs)} inputs, {len(given)} given")
        arrays = tuple(tensor.of_array(array) for tensor, array in zip(self.inputs, given, strict=True))
        with self._one_at_a_time:
            loop = self._loop
            if loop is None or not loop.alive:
                cause = None if loop is None else loop.failure
                raise DeviceStoppedError(f"device {self.id} is not running; start it first") from cause
            answer: Future[InferenceRecord] = Future()
            loop.put(InputGiven(name, arrays, answer))
            while True:
                try:
                    return answer.result(timeout=1.0)
                except TimeoutError:
                    if not loop.alive and not answer.done():
                        raise DeviceStoppedError(f"device {self.id} ended") from loop.failure

    def run(
        self, source: Source, count: int | None = None, interval_s: float = 0.0
    ) -> Iterator[InferenceRecord]:
        """Infer on the source's samples, over and over until `count` (default: once each).

        interval_s is from start to start; an inference that takes longer is followed at once.
        """
        left = len(source) if count is None else count
        while left > 0 and len(source) > 0:
            for sample in source:
                began = time.monotonic()
                yield self.infer(sample)
                left -= 1
                if left == 0:
                    return
                time.sleep(max(0.0, began + interval_s - time.monotonic()))

    def poke(self) -> None:
        """Look at the clock now: for a clock that somebody moves by hand."""
        loop = self._loop
        if loop is not None:
            loop.put(Poked())

    def about(self, boot: int) -> dict[str, object]:
        """What the device says of itself on its `about` topic in the life of that boot number."""
        return about_fields(self._model, self.profile, self.settings, boot)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _counted_by(self, loop: Loop) -> Mapping[str, int]:
        counted = loop.driver.session.counters
        drops = {"inbox_full": 0, **loop.drops}
        return {**counted, **drops, "overruns": self._body.pace.overruns}

    def _slots(self) -> Slots:
        """The model slots, the first of them with the bundle that this device was made with."""
        store = MemoryStore() if self._state is None else FolderStore(self._state)
        slots = Slots(store, self.settings.slot_bytes)
        slots.flash(slot_image(self.bundle, min(self.engine.on_board, self.bundle.max_cut)))
        return slots

    def _adopt(self, image: SlotImage) -> None:
        """Run another model from the next life on. Raises CutpointError, and changes nothing, when it cannot be run."""
        model, before = (
            OnBoard.of_slot(image, self._engine_name, self.bundle, self._block_bytes),
            self._model,
        )
        self._model = model
        try:
            self._camera()
        except UsageError:
            self._model = before
            raise

    def _new_life(self) -> Life:
        """The session of the next life, its boot number, and the body that it has."""
        settings, model, boot = self.settings, self._model, self._boots.next()
        on_board = model.engine.on_board
        cuts = cuts_taken(model.engine.lines(), on_board)
        if self._body.engine is not model.engine:
            overruns = self._body.pace.overruns
            self._body = self._new_body()
            self._body.pace.overruns = overruns
        config = _core.SessionConfig(
            model_id=bytes(model.model_id),
            boot=boot,
            operators=model.operators,
            on_board=on_board,
            cut=_first_cut(cuts, on_board if settings.cut is None else min(settings.cut, on_board)),
            cuts=cuts,
            deadline_ms=settings.deadline_ms,
            isolate_after=settings.isolate_after,
            probe_first_ms=settings.probe_first_ms,
            probe_max_ms=settings.probe_max_ms,
            chunk_bytes=self._chunk_bytes,
            about=json.dumps(self.about(boot)),
            result_capacity=model.result_bytes,
            tables=None if model.tables is None else model.tables.data,
            history_bytes=settings.history,
            encode_ns=encode_ns_per_byte(self.profile),
        )
        return Life(_core.Session(config, self._clock), boot, self._body)


def _first_cut(cuts: tuple[int, ...] | None, wanted: int) -> int:
    """The largest cut up to `wanted` that there is the memory for, else the smallest; `cuts` None for all."""
    if cuts is None or not cuts:
        return wanted
    return max((cut for cut in cuts if cut <= wanted), default=cuts[0])


def _unobserved(_event: DeviceEvent) -> None:
    """The observer of a device that nobody watches."""
