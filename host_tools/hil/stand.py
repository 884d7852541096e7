"""The test stand: one device, its broker, its edge, and the PC's truth, brought to a known state for every body."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.bus import Bus
from cutpoint.errors import PeerError, UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import (
    About,
    Activation,
    CodecId,
    DeviceId,
    Flag,
    Leaf,
    Presence,
    State,
    Topics,
    parse_about,
)
from host_tools.hil.broker import HilBroker
from host_tools.hil.edge import NotSaidError, ScriptedEdge, answer
from host_tools.hil.target import Ability, BoardAnswer, HilTarget, Picture, TargetError
from host_tools.hil.truth import Truth

TRIES = 20


@dataclass(frozen=True, slots=True)
class Inference:
    """One picture: what the device says of it, and the activation that it sent for it, if it sent one."""

    answer: BoardAnswer
    activation: Activation | None


class Stand:
    """Owns nothing but the edge; broker and target belong to whoever made them.

    patience: factor on every wait; boards and emulators boot, connect and compute slower than a PC.
    """

    def __init__(
        self,
        target: HilTarget,
        broker: HilBroker,
        bundle: Bundle,
        *,
        root: str = "cutpoint/1",
        device: str | None = None,
        patience: float = 1.0,
    ) -> None:
        """Powers the target and waits until it announces the bundle's model. Raises UsageError."""
        self.target, self.broker, self.root = target, broker, root
        self.patience = patience
        self._compare_with(bundle)
        finder = _Finder(broker.bus("hil-finder"), root, bundle, device)
        try:
            target.start()
            self.device = finder.found(self.s(20), target.said)
        finally:
            finder.close()
        target.id = self.device
        self.edge = ScriptedEdge(broker.bus("hil-edge"), bundle, self.device, root=root)
        self.edge.wait(State, lambda said: said.state is Presence.ONLINE, timeout_s=self.s(10))
        self.about = self.edge.wait(About, timeout_s=self.s(10))
        self._input_before: str | None = None
        self._take_pictures_from_here()

    def _take_pictures_from_here(self) -> None:
        """A device that looks at something else by itself is told to wait for the harness's pictures."""
        before = self.target.ask("get input", r"input = (\w+)", self.s(5))[1]
        if before == "serial":
            return
        since = self.edge.mark()
        self.target.say("set input serial")
        self.target.ask("save", "saved", self.s(5))
        self._input_before = before
        self.target.restart()
        self.born(since)

    def _compare_with(self, bundle: Bundle) -> None:
        self.bundle, self.truth = bundle, Truth(bundle)
        self.pictures = [tuple(sample.arrays) for sample in self.truth.pictures(6)]

    def serve(self, bundle: Bundle) -> None:
        """Another model is on board: be its edge, give it its pictures, and compare with it."""
        self._compare_with(bundle)
        self.edge.serve(bundle)
        self.about = self.edge.heard(About)[-1]

    def s(self, seconds: float) -> float:
        """Seconds that this target may take for what takes a PC so long."""
        return seconds * self.patience

    @property
    def on_board(self) -> int:
        """K, as the device says itself."""
        return self.about.operators

    @property
    def whole(self) -> bool:
        """Whether the device can finish by itself."""
        return self.on_board == self.bundle.n

    @property
    def middle(self) -> int:
        """A cut that splits the network between device and edge."""
        return max(1, min(self.on_board, self.bundle.n - 1) // 2)

    def close(self) -> None:
        """Clear the plan, put the input setting back, and leave the broker."""
        try:
            self.edge.forget_plan()
            if self._input_before is not None:
                self.target.say(f"set input {self._input_before}")
                self.target.ask("save", "saved", self.s(5))
        finally:
            self.edge.close()

    def ready(self) -> None:
        """Whatever the body before did: broker up, edge answering, device online and following a plan of ours."""
        self.broker.start()
        self.edge.reply = answer
        epoch = self.edge.plan(self.middle)
        give_up = time.monotonic() + self.s(60)
        while True:
            try:
                got = self.infer(self.pictures[0])
            except TargetError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)
                continue
            if got.activation is not None and got.activation.plan_epoch == epoch and got.answer.by == "edge":
                return
            if time.monotonic() > give_up:
                raise TargetError(
                    f"{self.device} does not follow a plan again: {got.answer}. {self.target.said()}"
                )
            if got.activation is None or got.activation.plan_epoch != epoch:
                epoch = self.edge.plan(self.middle)
            time.sleep(0.1)

    def infer(self, picture: Picture, *, timeout_s: float = 15.0) -> Inference:
        """Give a picture, wait for its answer, and fetch its activation if there was one."""
        since = self.edge.mark()
        got = self.target.infer(picture, self.s(timeout_s))
        # A device that answered by itself reports afterwards; isolated or offline it says nothing at all.
        quiet = got.by != "edge" and got.reason in ("isolated", "offline", "engine", "oversized")
        try:
            activation = self.edge.wait(
                Activation,
                lambda said: said.sequence == got.sequence,
                since=since,
                timeout_s=0.0 if quiet else self.s(2),
            )
        except NotSaidError:
            activation = None
        return Inference(got, activation)

    def follow(
        self,
        cut: int,
        picture: Picture,
        *,
        codec: CodecId = CodecId.RAW,
        setting: int = 0,
        flags: Flag = Flag.TIMINGS,
        deadline_ms: int = 5000,
    ) -> Inference:
        """Publish a plan and infer until the device follows it: plan and picture come on different ways."""
        epoch = self.edge.plan(cut, codec=codec, setting=setting, flags=flags, deadline_ms=deadline_ms)
        for _ in range(TRIES):
            got = self.infer(picture)
            if got.activation is not None and got.activation.plan_epoch == epoch:
                return got
            time.sleep(0.05)
        raise TargetError(f"{self.device} does not follow plan {epoch} (cut {cut}). {self.target.said()}")

    def until(
        self, wanted: Callable[[Inference], bool], what: str, *, seconds: float = 30.0, pause_s: float = 0.05
    ) -> Inference:
        """Infer until one is as wanted. Raises TargetError when the time is over."""
        give_up, seen = time.monotonic() + self.s(seconds), "none"
        while time.monotonic() < give_up:
            got = self.infer(self.pictures[0])
            if wanted(got):
                return got
            seen = f"{got.answer.by}, {got.answer.reason}"
            time.sleep(pause_s)
        raise TargetError(
            f"{self.device}: {what} did not happen in {self.s(seconds):g} s; last answer: {seen}"
        )

    def born(self, since: int, *, seconds: float = 20.0) -> About:
        """The next birth from the mark on: `about` and `online` of a boot number that is not the present one."""
        before = self.about.boot
        about = self.edge.wait(
            About, lambda said: said.boot != before, since=since, timeout_s=self.s(seconds), what="a birth"
        )
        self.edge.wait(
            State,
            lambda said: said.boot == about.boot and said.state is Presence.ONLINE,
            since=since,
            timeout_s=self.s(seconds),
        )
        self.about = about
        return about

    def right(self, got: Inference, picture: Picture) -> list[str]:
        """What is wrong with an inference, a sentence each: tensors that travelled, and outputs computed on board."""
        wrong = [] if got.activation is None else self.truth.differences(picture, got.activation)
        if got.answer.by == "device" and got.answer.outputs_crc != self.truth.outputs_crc(picture):
            wrong.append(f"cut {got.answer.cut}: the device's own outputs are not the PC's: {got.answer}")
        if got.answer.by == "none" and self.whole:
            wrong.append(f"no answer: {got.answer}")
        return wrong

    def need(self, ability: Ability) -> str | None:
        """Why the target cannot; None when it can."""
        if ability is Ability.LOSE_BROKER and not self.broker.own:
            return f"the broker at {self.broker} is not the harness's own, so it is not stopped"
        return self.target.lacks(ability)


class _Finder:
    """Listens for announcements under the root before the device is powered."""

    def __init__(self, bus: Bus, root: str, bundle: Bundle, device: str | None) -> None:
        self._bus, self._topics, self._device = bus, Topics(root), device
        self._model = bundle.model_id.hex()
        self._said: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._others: set[str] = set()
        bus.on_message = lambda topic, data: self._said.put((topic, data))
        bus.subscribe(self._topics.all(Leaf.ABOUT), 1)
        bus.connect()

    def close(self) -> None:
        self._bus.close()

    def found(self, timeout_s: float, console: Callable[[], str]) -> DeviceId:
        """The device that announces the model. Raises UsageError."""
        give_up = time.monotonic() + timeout_s
        while (left_s := give_up - time.monotonic()) > 0:
            try:
                topic, data = self._said.get(timeout=left_s)
                device, about = self._topics.parse(topic)[0], parse_about(data)
            except (queue.Empty, PeerError):
                continue
            if self._device not in (None, str(device)):
                continue
            if about.model == self._model:
                return device
            self._others.add(f"{device} with model {about.model}")
        others = f"; announced were {', '.join(sorted(self._others))}" if self._others else ""
        raise UsageError(
            f"no device announced model {self._model} ({self._device or 'any id'}) in {timeout_s:g} s{others}; "
            f"is it provisioned for this broker, and is --bundle its model? {console()}"
        )
