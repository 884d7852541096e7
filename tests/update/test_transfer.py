"""A transfer against the receiver of a board, over a line that loses, repeats and reorders, on a clock of its own."""

from __future__ import annotations

import hashlib
import random
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint import _core
from cutpoint.board import MemoryFlash, MemoryProgress
from cutpoint.update import Ending, Outcome, Stage, Transfer
from cutpoint.update.transfer import WINDOW_BYTES
from cutpoint.wire import (
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateKind,
    UpdateNote,
    UpdateState,
    UpdateStep,
)

SLOT_BYTES = 256 * 1024
PATIENCE_S = 60.0


@dataclass
class Board:
    """The receiver on flash that outlives it; a trial ends as `verdict` says, two seconds after the end."""

    verdict: UpdateState = UpdateState.DONE
    flash: MemoryFlash = field(default_factory=lambda: MemoryFlash(SLOT_BYTES))
    progress: MemoryProgress = field(default_factory=MemoryProgress)

    def __post_init__(self) -> None:
        self.trial_ends: float | None = None
        self.tried = b""
        self.boot()

    def boot(self) -> None:
        self.receiver = _core.UpdateReceiver(self.flash, hashlib.sha256, progress=self.progress)

    def take(self, step: UpdateStep, now: float) -> UpdateNote | None:
        match step:
            case UpdateBegin(size, sha256):
                said = self.receiver.begin(size, sha256)
            case UpdateData(offset, data):
                said = self.receiver.data(offset, data)
            case UpdateEnd():
                said = self.receiver.end()
            case UpdateAbort():
                said = self.receiver.abort()
        if said.state == "trying":
            self.trial_ends = now + 2.0
            # The trial runs on what is there now; a board's next update goes to its other slot.
            self.tried = bytes(self.flash.data[: said.size])
            self.receiver.block("a new model is on trial")
        if not said.say:
            return None
        state = UpdateState(said.state)
        return UpdateNote(
            kind=UpdateKind.MODEL, state=state, offset=said.offset, size=said.size, text=said.text
        )

    def tick(self, now: float) -> UpdateNote | None:
        if self.trial_ends is None or now < self.trial_ends:
            return None
        self.trial_ends = None
        self.receiver.block(None)
        return UpdateNote(kind=UpdateKind.MODEL, state=self.verdict)


@dataclass
class Line:
    """Steps there and notes back, `delay_s` each; what `lose` says is lost, and now and then repeated or late."""

    seed: int = 0
    loss: float = 0.0
    note_loss: float = 0.0
    repeat: float = 0.0
    late: float = 0.0
    delay_s: float = 0.02

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.steps: deque[tuple[float, UpdateStep]] = deque()
        self.notes: deque[tuple[float, UpdateNote]] = deque()
        self.broken = False

    def send(self, step: UpdateStep, now: float) -> None:
        if self.broken or self.random.random() < self.loss:
            return
        self.steps.append((now + self.delay_s, step))
        if self.random.random() < self.repeat:
            self.steps.append((now + self.delay_s, step))
        if len(self.steps) > 1 and self.random.random() < self.late:
            self.steps[-1], self.steps[-2] = self.steps[-2], self.steps[-1]

    def answer(self, note: UpdateNote | None, now: float) -> None:
        if note is not None and not self.broken and self.random.random() >= self.note_loss:
            self.notes.append((now + self.delay_s, note))


def arrived(waiting: deque[tuple[float, UpdateStep]] | deque[tuple[float, UpdateNote]], now: float) -> bool:
    return bool(waiting) and waiting[0][0] <= now


@dataclass
class Run:
    """Everything on one clock of 5 ms; `at` does something at a byte that the device confirmed."""

    transfer: Transfer
    board: Board
    line: Line
    now: float = 0.0
    most_ahead: int = 0

    def step(self) -> None:
        for _ in range(8):
            step = self.transfer.next_step(self.now)
            if step is None:
                break
            if isinstance(step, UpdateData):
                ahead = step.offset + len(step.data) - self.transfer.confirmed
                self.most_ahead = max(self.most_ahead, ahead)
            self.line.send(step, self.now)
        while arrived(self.line.steps, self.now):
            self.line.answer(self.board.take(self.line.steps.popleft()[1], self.now), self.now)
        self.line.answer(self.board.tick(self.now), self.now)
        while arrived(self.line.notes, self.now):
            self.transfer.hear(self.line.notes.popleft()[1], self.now)
        self.now += 0.005

    def until(self, confirmed: int) -> None:
        while self.transfer.confirmed < confirmed and self.transfer.ending is None:
            self.step()

    def to_the_end(self, most_s: float = 900.0) -> Ending:
        while self.transfer.ending is None:
            assert self.now < most_s, f"no end: {self.transfer.stage}, {self.transfer.confirmed}"
            self.step()
        return self.transfer.ending


def run(image: bytes, board: Board | None = None, line: Line | None = None) -> Run:
    transfer = Transfer(UpdateKind.MODEL, image, now=0.0, patience_s=PATIENCE_S)
    return Run(transfer, board or Board(), line or Line())


def test_a_good_line_needs_one_step_a_piece(image: bytes) -> None:
    way = run(image)
    assert way.to_the_end().outcome is Outcome.DONE
    assert way.transfer.steps_sent == -(-len(image) // 1016) + 2
    assert bytes(way.board.flash.data[: len(image)]) == image
    assert way.most_ahead <= WINDOW_BYTES + 1016


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1 << 20),
    loss=st.sampled_from([0.0, 0.05, 0.3]),
    note_loss=st.sampled_from([0.0, 0.05]),
    repeat=st.sampled_from([0.0, 0.3]),
    late=st.sampled_from([0.0, 0.3]),
)
def test_lost_repeated_and_reordered_steps_cost_only_time(
    image: bytes, seed: int, loss: float, note_loss: float, repeat: float, late: float
) -> None:
    way = run(image, line=Line(seed, loss, note_loss, repeat, late))
    # A lost note of the end is made up for by what the device says it is, which the runner sees.
    ending = way.to_the_end()
    assert ending.outcome is Outcome.DONE or note_loss > 0
    assert way.board.tried == image


def test_a_device_that_restarts_goes_on_where_its_store_says(image: bytes) -> None:
    way = run(image)
    way.until(16384)
    way.board.boot()
    way.line.steps.clear()
    way.transfer.renew(way.now)
    assert way.to_the_end().outcome is Outcome.DONE
    assert way.transfer.steps_sent < 1.6 * len(image) / 1016
    assert bytes(way.board.flash.data[: len(image)]) == image


def test_a_restart_that_nobody_noticed_is_made_up_for(image: bytes) -> None:
    way = run(image)
    way.until(16384)
    way.board.boot()  # what is on its way is refused: no update is under way there
    assert way.to_the_end().outcome is Outcome.DONE
    assert bytes(way.board.flash.data[: len(image)]) == image


def test_a_sender_that_starts_anew_goes_on_where_the_device_is(image: bytes) -> None:
    first = run(image)
    first.until(16384)
    second = Run(
        Transfer(UpdateKind.MODEL, image, now=first.now, patience_s=PATIENCE_S),
        first.board,
        Line(),
        first.now,
    )
    assert second.to_the_end().outcome is Outcome.DONE
    assert second.transfer.resumed_at is not None
    assert second.transfer.resumed_at >= 16384


def test_a_broker_that_breaks_costs_only_what_was_under_way(image: bytes) -> None:
    way = run(image)
    way.until(16384)
    way.line.broken = True
    way.line.steps.clear()
    way.line.notes.clear()
    for _ in range(4000):
        way.step()
    way.line.broken = False
    way.transfer.renew(way.now)
    assert way.to_the_end().outcome is Outcome.DONE


def test_a_device_that_says_nothing_is_given_up_in_a_sentence(image: bytes) -> None:
    way = run(image, line=Line(loss=1.0))
    ending = way.to_the_end()
    assert ending.outcome is Outcome.TIMED_OUT
    assert "does its firmware know updates?" in ending.text
    assert PATIENCE_S <= way.now < PATIENCE_S + 1


def test_a_device_that_falls_silent_under_way_is_given_up_and_the_sentence_says_how_to_go_on(
    image: bytes,
) -> None:
    way = run(image)
    way.until(16384)
    way.line.broken = True
    ending = way.to_the_end()
    assert ending.outcome is Outcome.TIMED_OUT
    assert "the same command goes on there" in ending.text


def test_a_device_that_comes_back_over_and_over_without_a_word_is_given_up(image: bytes) -> None:
    way = run(image, line=Line(loss=1.0))
    while way.transfer.ending is None:
        assert way.now < 1000
        way.transfer.renew(way.now)
        way.now += 10.0
        way.step()
    assert way.transfer.ending.outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("verdict", [UpdateState.DONE, UpdateState.RETURNED, UpdateState.FAILED])
def test_the_end_is_what_the_device_says_it_is(image: bytes, verdict: UpdateState) -> None:
    assert run(image, Board(verdict)).to_the_end().outcome.value == verdict.value


def test_an_image_too_large_is_refused_at_once(image: bytes) -> None:
    way = run(image, Board(flash=MemoryFlash(16384)))
    ending = way.to_the_end()
    assert ending.outcome is Outcome.REFUSED
    assert "16384" in ending.text
    assert way.now < 3


def test_a_foreign_file_fails_at_its_head_and_not_at_its_end() -> None:
    way = run(b"\x7fELF" + bytes(200_000))
    assert way.to_the_end().outcome is Outcome.FAILED
    assert way.transfer.steps_sent < 40


def test_a_trial_that_runs_already_is_waited_for(image: bytes) -> None:
    """`end` came twice: the second is refused because the first began the trial."""
    way = run(image)
    while way.transfer.stage is not Stage.VERIFYING:
        way.step()
    way.line.steps.append((way.now, UpdateEnd()))
    way.line.steps.append((way.now, UpdateEnd()))
    assert way.to_the_end().outcome is Outcome.DONE


def test_a_device_seen_to_run_the_image_counts_as_done_only_after_the_end(image: bytes) -> None:
    way = run(image)
    way.until(16384)
    way.transfer.hear_done("its about says so")
    assert way.transfer.ending is None
    while way.transfer.stage is not Stage.TRYING:
        way.step()
    way.transfer.hear_done("its about says so")
    assert way.transfer.ending == Ending(Outcome.DONE, "its about says so")


notes = st.builds(
    UpdateNote,
    kind=st.sampled_from(UpdateKind),
    state=st.sampled_from(UpdateState),
    offset=st.integers(0, 0xFFFF_FFFF),
    size=st.integers(0, 0xFFFF_FFFF) | st.just(50_000),
    text=st.sampled_from(["", "out of order"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 30), st.none() | notes), max_size=40))
def test_no_note_makes_a_transfer_stumble_or_go_on_for_ever(
    heard: list[tuple[float, UpdateNote | None]],
) -> None:
    transfer = Transfer(UpdateKind.MODEL, bytes(50_000), now=0.0, patience_s=PATIENCE_S)
    now = 0.0
    for wait_s, note in heard:
        now += wait_s
        if note is None:
            transfer.renew(now)
        else:
            transfer.hear(note, now)
        for _ in range(100):
            step = transfer.next_step(now)
            if step is None:
                break
            if isinstance(step, UpdateData):
                assert 0 <= step.offset < step.offset + len(step.data) <= 50_000
        assert transfer.wait_s(now) >= 0
    while transfer.ending is None:
        assert now < 10_000
        transfer.next_step(now)
        now += 1.0
