"""Time to the last byte of an activation: sent when its head has run, and sent while the head runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cutpoint
from bench.figure import Figure, Section
from cutpoint import _core
from cutpoint.graph import Model, random_inputs
from cutpoint.graph.stream import compile_stream
from host_tools.device import Profile
from host_tools.device.engine import workloads
from host_tools.device.lines import Step
from host_tools.shipped import shipped_bundle

COMMAND = "python -m bench overlap"
BOARD = "esp32"
CASES = ((3, 4096), (5, 4096), (9, 4096), (6, 1024), (13, 1024))
"""Cuts of the shipped FOMO, of 18,432, 27,648, 9,216, 4,608 and 2,304 bytes, and bytes of a frame: what fits into one
frame of the usual 4,096 has nothing to send early."""
RATES = {"50 kB/s": 50e3, "250 kB/s": 250e3, "1 MB/s": 1e6, "5 MB/s": 5e6}
SEND_BUFFER_BYTES = 11_520
"""CONFIG_LWIP_TCP_SND_BUF_DEFAULT of firmware/esp32: beyond it a publish waits for the link."""


def measure(*, quick: bool) -> Section:
    """Every cut at every rate, on a clock that is set by hand: exact, and as quick as this machine.

    The session, the Stream engine, the frames and the order in which lines are made are the real ones. Modelled are the
    times: an operator takes what the board's profile says, each of its units an equal part; frames leave a send buffer
    at the link's rate, and a publish that finds it full waits, as on a board whose one task computes and sends.
    """
    figures = []
    for cut, chunk_bytes in CASES[::4] if quick else CASES:
        for name, bytes_per_s in RATES.items():
            early, late = (Sending(chunk_bytes, cut, bytes_per_s, overlap=way).run() for way in (True, False))
            if early.frames != late.frames:
                raise SystemExit(
                    f"cut {cut}: what is sent while the head runs is not what is sent afterwards"
                )
            figures.append(_figure(chunk_bytes, cut, name, early, late))
    return Section("overlap", COMMAND, tuple(figures))


@dataclass(frozen=True, slots=True)
class Sent:
    """Microseconds from the picture to the end of the head, and to the last byte on the link; the frames."""

    head_us: int
    last_byte_us: float
    frames: tuple[bytes, ...]


class PacedLink:
    """A send buffer that a link of so many bytes a second empties."""

    def __init__(self, clock: _core.ManualClock, bytes_per_s: float) -> None:
        self._clock = clock
        self._us_per_byte = 1e6 / bytes_per_s
        self.free_us = 0.0
        """When the last byte handed over so far will have left."""

    def publish(self, frame: bytes) -> None:
        """Take a frame, waiting until the buffer has room for all of it."""
        now_us = self._clock.now_us()
        self.free_us = max(self.free_us, now_us) + len(frame) * self._us_per_byte
        full_us = SEND_BUFFER_BYTES * self._us_per_byte
        if self.free_us - now_us > full_us:
            self._clock.advance(round(self.free_us - now_us - full_us))


class Sending:
    """One inference of the shipped FOMO up to a cut."""

    def __init__(self, chunk_bytes: int, cut: int, bytes_per_s: float, *, overlap: bool) -> None:
        model, plan, operators_us = _network()
        self._cut, self._overlap, self._operators_us = cut, overlap, operators_us[:cut]
        self._clock = _core.ManualClock(1)
        self._link = PacedLink(self._clock, bytes_per_s)
        count = len(model.operators)
        config = _core.SessionConfig(
            model_id=bytes(model.id),
            boot=1,
            operators=count,
            on_board=count,
            cut=cut,
            chunk_bytes=chunk_bytes,
        )
        self._session = _core.Session(config, self._clock)
        self._engine = _core.StreamEngine(plan)
        self._frames: list[bytes] = []
        for place, array in enumerate(random_inputs(model, 1, seed=0)[0]):
            self._engine.give(place, array.data)

    def run(self) -> Sent:
        """Connect, compute, send; until the session waits for the edge."""
        self._session.connected()
        self._pump()
        self._session.input()
        self._pump()
        if not self._engine.begin(0, self._cut):
            raise SystemExit(f"the Stream engine does not begin [0, {self._cut})")
        live = self._live()
        memory = [bytearray(len(data)) for _, _, data, _ in live]
        tensors = [(i, kind, to, fill) for (i, kind, _, fill), to in zip(live, memory, strict=True)]
        if self._overlap:
            self._session.running(0, self._cut, tensors)
        step, done_us, ready = Step.MORE, 0.0, [0] * len(live)
        while step is Step.MORE:
            step = Step(self._engine.advance(1))
            shares = self._engine.shares()
            now_us = sum(share * us for share, us in zip(shares, self._operators_us, strict=True))
            self._clock.advance(round(now_us) - round(done_us))
            done_us = now_us
            made = [self._engine.ready(place) for place in range(len(live))]
            if made != ready:
                ready = made
                self._fill(memory, ready)
            if self._overlap and self._session.progress(ready):
                self._pump()
        if step is not Step.DONE:
            raise SystemExit(f"the Stream engine ended with {step!r} at cut {self._cut}")
        self._fill(memory, [len(to) for to in memory])
        whole_us = [round(us) for us in self._operators_us]
        self._session.ran(0, self._cut, True, whole_us, [] if self._overlap else tensors)
        head_us = self._clock.now_us() - 1
        self._pump()
        return Sent(head_us, self._link.free_us - 1, tuple(self._frames))

    def _pump(self) -> None:
        while (action := self._session.poll()) is not None:
            if isinstance(action, _core.Publish) and action.leaf == "act":
                self._frames.append(action.payload)
                self._link.publish(action.payload)

    def _live(self) -> tuple[tuple[int, int, bytes, int], ...]:
        live = self._engine.live(self._cut)
        if live is None:
            raise SystemExit(f"the Stream engine shows no live tensors at cut {self._cut}")
        return live

    def _fill(self, memory: list[bytearray], ready: list[int]) -> None:
        for (_, _, data, _), to, count in zip(self._live(), memory, ready, strict=True):
            to[:count] = data[:count]


@cache
def _network() -> tuple[Model, bytes, tuple[float, ...]]:
    """The shipped FOMO, its plan, and what the board takes for each operator, us."""
    model = cutpoint.load(cutpoint.Bundle.open(shipped_bundle()).full)
    profile = Profile.load(BOARD)
    return (
        model,
        compile_stream(model).encode(),
        tuple(profile.operator_us(work) for work in workloads(model)),
    )


def _figure(chunk_bytes: int, cut: int, rate: str, early: Sent, late: Sent) -> Figure:
    size = sum(map(len, late.frames))
    return Figure(
        f"last byte, cut {cut}, {size:,} B in frames of {chunk_bytes:,} at {rate}",
        early.last_byte_us / 1000,
        "ms",
        baseline_name="sent when the head has run",
        baseline=late.last_byte_us / 1000,
        detail=f"{(late.last_byte_us - early.last_byte_us) / 1000:,.1f} ms sooner; on an {BOARD} (modelled) the head "
        f"takes {late.head_us / 1000:,.1f} ms, the bytes {(late.last_byte_us - late.head_us) / 1000:,.1f} ms",
    )
