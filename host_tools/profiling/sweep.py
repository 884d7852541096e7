"""Sends a device through its cuts by plan frames, being its edge meanwhile, and leaves its plan as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import About, Activation, CodecId, Flag, Gauge, Plan, State, Telemetry
from host_tools.hil.codec_choice import CodecChoice
from host_tools.hil.edge import NotSaidError, ScriptedEdge
from host_tools.profiling.figures import CutFigures, Samples, Sweep, operator_medians, spread

RAW = CodecChoice()
FIRST_WORD_S = 5.0
MOST_STRANGE = 200
MOST_PROBES = 3
LAST_ANSWER_S = 2.0
"""A device that answers by itself under the restored plan may report nothing any more."""


class SweepError(UsageError):
    """The device cannot be swept: absent, of another model, silent, or served by another edge."""


class Sweeper:
    """One sweep over one device, through an edge that is connected already.

    The first inference after each plan is not counted: caches, tails and the device's own pipeline are cold then.
    """

    def __init__(
        self,
        edge: ScriptedEdge,
        bundle: Bundle,
        *,
        count: int = 10,
        codec: CodecChoice = RAW,
        deadline_ms: int = 10_000,
        timeout_s: float = 30.0,
    ) -> None:
        """count: inferences of each cut. timeout_s: how long to wait for an activation. Raises SweepError."""
        self._edge, self._bundle = edge, bundle
        self._count, self._codec = count, codec
        self._deadline_ms, self._timeout_s = deadline_ms, timeout_s
        try:
            self.about = edge.wait(About, timeout_s=FIRST_WORD_S)
            edge.wait(State, timeout_s=FIRST_WORD_S)
        except NotSaidError:
            raise SweepError(
                f"no device {edge.device} has announced itself on this broker; is it on, and is the --root its own?"
            ) from None
        state = edge.heard(State)[-1]
        if state.state != "online":
            raise SweepError(f"{edge.device} is {state.state} (boot {state.boot}); a sweep needs it online")
        if self.about.model_id != edge.model:
            raise SweepError(
                f"{edge.device} runs model {self.about.model}, bundle {bundle.name} is {edge.model}; give its --bundle"
            )
        self._samples: dict[int, Samples] = {}
        self._where: dict[int, int] = {}
        self._configured: tuple[int, CodecId, int, Flag] | None = None

    @property
    def possible(self) -> range:
        """The cuts that this device can be asked for: what it holds of the network."""
        return range(0, min(self.about.operators, self._bundle.n) + 1)

    def run(self, cuts: Sequence[int], told: Callable[[CutFigures], None] | None = None) -> Sweep:
        """Sweep these cuts in this order; `told` hears of each. The plan before is restored, whatever happens."""
        wrong = [cut for cut in cuts if cut not in self.possible]
        if wrong:
            raise SweepError(
                f"cut {wrong[0]} is not possible: {self._edge.device} holds {self.about.operators} of "
                f"{self._bundle.n} operators"
            )
        other = [cut for cut in cuts if self._codec.cut not in (None, cut)]
        if other:
            raise SweepError(f"{self._codec.label} is for cut {self._codec.cut}, not for {other[0]}")
        try:
            for cut in cuts:
                self._samples[cut] = Samples(cut)
                self._one(cut)
                if told is not None:
                    told(CutFigures.of(self._samples[cut], self._bundle.n))
        finally:
            self._restore()
        return self._sweep(list(cuts))

    def _one(self, cut: int) -> None:
        samples = self._samples[cut]
        since = self._edge.mark()
        if self._configured is None and self._edge.found_plan is None:
            self._look_at_configuration()
        codec, setting = self._codec.codec, self._codec.setting
        epoch = self._edge.plan(
            cut, codec=codec, setting=setting, flags=Flag.TIMINGS, deadline_ms=self._deadline_ms
        )
        cold, strange, probes = True, 0, 0
        while len(samples.operators_us) < self._count:
            activation, since = self._next(since, epoch, cut)
            self._learn_answered(activation)
            if Flag.PROBE in activation.flags:
                probes += 1
            if probes > MOST_PROBES:
                raise SweepError(
                    f"{self._edge.device} is isolated: answers do not reach it within {self._deadline_ms} ms at "
                    f"cut {cut}; give it a longer --deadline-ms or a better link"
                )
            if activation.plan_epoch != epoch or activation.cut != cut or Flag.PROBE in activation.flags:
                strange += 1
                if strange > MOST_STRANGE:
                    raise SweepError(
                        f"{self._edge.device} does not follow the plan for cut {cut} (it follows plan "
                        f"{activation.plan_epoch}, cut {activation.cut}); does another edge plan for it?"
                    )
                continue
            if (activation.codec, activation.setting) != (codec, setting):
                raise SweepError(
                    f"{self._edge.device} follows the plan with {activation.codec.name.lower()} instead of "
                    f"{self._codec.label}: it has no such codec tables; `cutpoint update --model` sends them"
                )
            if cold:
                cold = False
                continue
            # Silent about its times although asked: a device that has to be told again is no use to wait for.
            if activation.timings is None:
                raise SweepError(f"{self._edge.device} reports no timings; its firmware has to")
            samples.operators_us.append(activation.timings.operators_us)
            samples.encode_us.append(activation.timings.encode_us)
            self._where[activation.sequence] = cut
        self._settle(since, epoch, cut)

    def _next(self, since: int, epoch: int, cut: int) -> tuple[Activation, int]:
        try:
            number, activation = self._edge.next(Activation, since=since, timeout_s=self._timeout_s)
        except NotSaidError:
            raise SweepError(
                f"{self._edge.device} sent nothing for {self._timeout_s:g} s under plan {epoch} (cut {cut}); it has to "
                "be given pictures, and to be online. A device with a key needs --keys"
            ) from None
        if self._edge.foreign:
            kinds = ", ".join(sorted(self._edge.foreign))
            raise SweepError(
                f"another edge serves {self._edge.device} (it sent {kinds}); stop it, or let it serve another --root, "
                "since two edges would plan against each other"
            )
        if activation.boot != self.about.boot:
            raise SweepError(
                f"{self._edge.device} restarted during the sweep (boot {activation.boot}); begin again"
            )
        return activation, number + 1

    def _learn_answered(self, activation: Activation) -> None:
        """The round trip of an inference rides on a later activation."""
        last = None if activation.timings is None else activation.timings.last
        cut = None if last is None else self._where.pop(last.sequence, None)
        if last is None or cut is None:
            return
        samples = self._samples[cut]
        samples.edge_us.append(last.edge_us)
        samples.link_us.append(max(0, last.round_trip_us - last.edge_us))
        samples.bytes_up.append(last.bytes_up)
        samples.bytes_down.append(last.bytes_down)

    def _settle(self, since: int, epoch: int, cut: int) -> None:
        """One more activation brings the last round trip; what is not known then was not answered in time."""
        activation, _ = self._next(since, epoch, cut)
        self._learn_answered(activation)
        self._where.clear()

    def _look_at_configuration(self) -> None:
        """Without a plan a device follows its own settings; its next activation shows them."""
        activation, _ = self._next(self._edge.mark(), 0, -1)
        flags = activation.flags & (Flag.HEDGED | Flag.TIMINGS)
        self._configured = (activation.cut, activation.codec, activation.setting, flags)

    def _restore(self) -> None:
        """The decision of before under a newer epoch, since a device ignores the old one; none stays none."""
        before = self._edge.found_plan
        since = self._edge.mark()
        if before is not None:
            fresh = Plan(
                before.model,
                self._edge.epoch + 1,
                before.cut,
                before.codec,
                before.flags,
                before.deadline_ms,
                before.parameters,
            )
            self._edge.send(fresh)
            self._last_answer(since, fresh.epoch)
        elif self._configured is not None:
            cut, codec, setting, flags = self._configured
            epoch = self._edge.plan(cut, codec=codec, setting=setting, flags=flags, deadline_ms=1000)
            self._edge.forget_plan()
            self._last_answer(since, epoch)

    def _last_answer(self, since: int, epoch: int) -> None:
        """Be there until the device follows the restored plan: one inference still waits under the sweep's deadline."""
        with suppress(NotSaidError):
            self._edge.activation(since=since, epoch=epoch, timeout_s=LAST_ANSWER_S)

    def _sweep(self, cuts: list[int]) -> Sweep:
        n, about = self._bundle.n, self.about
        samples = [self._samples[cut] for cut in cuts]
        figures = tuple(CutFigures.of(one, n) for one in samples)
        whole = [one for one in figures if one.total_us is not None]
        return Sweep(
            device=str(self._edge.device),
            chip=about.chip or "unknown",
            firmware=about.firmware or "unknown",
            engine=about.engine or "unknown",
            model=about.model,
            bundle=self._bundle.name,
            boot=about.boot,
            operators=n,
            on_board=about.operators,
            codec=self._codec.label,
            modelled=self._edge.about_fields.get("modelled") is True,
            cuts=figures,
            operators_us=operator_medians(samples, n),
            spread=spread(samples, n),
            clock_mhz=self._clock_mhz(),
            best_cut=min(whole, key=lambda one: one.total_us or 0.0).cut if whole else None,
        )

    def _clock_mhz(self) -> int | None:
        for telemetry in reversed(self._edge.heard(Telemetry)):
            if Gauge.CPU_CLOCK_MHZ in telemetry.gauges:
                return telemetry.gauges[Gauge.CPU_CLOCK_MHZ]
        return None


def cuts_of(text: str | None, possible: range) -> list[int]:
    """`0,3,8-12` as cuts, in ascending order, each once; None: all. Raises SweepError."""
    if text is None:
        return list(possible)
    cuts: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise SweepError(f"--cuts {text!r}: {part!r} is no cut; write for instance 0,3,8-12")
        cuts |= set(range(int(first), int(last or first) + 1))
    return sorted(cuts)
