"""An update as the sender sees it: notes and times in, steps out. Knows no broker and no clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cutpoint.wire import (
    MOST_UPDATE_DATA_BYTES,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateKind,
    UpdateNote,
    UpdateState,
    UpdateStep,
)

WINDOW_BYTES = 24 * 1024
"""Sent beyond the last note at most: more than the 16 KiB between two notes, so that a good line is never idle."""
ASK_AGAIN_S = 3.0
"""Silence after which `begin`, or `end`, is said again; doubled up to `MOST_ASK_AGAIN_S`."""
MOST_ASK_AGAIN_S = 12.0
HOLD_REFUSAL_S = 1.5
"""A refusal may be about a step of an earlier life, connection or update that was still on its way: it counts after
this time without another word."""
AFTER_RENEWAL_S = 20.0
"""A device that comes back has at least so long to say something, however long it was away,"""
MOST_RENEWALS = 20
"""unless it comes back over and over without a word."""
_FIRST_GAP_S = 0.002
_MOST_GAP_S = 0.1
_SAME_GAP_S = 1.0


class Stage(StrEnum):
    """Where a transfer is."""

    ASKING = "asking"
    SENDING = "sending"
    VERIFYING = "verifying"
    TRYING = "trying"
    ENDED = "ended"


class Outcome(StrEnum):
    """How an update ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    RETURNED = "returned"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome and, in the device's words or ours, why."""

    outcome: Outcome
    text: str = ""


class Transfer:
    """One image on its way to one device.

    `next_step` gives what to send now, `wait_s` says when to ask again. The device owns the truth: every `ready` and
    `receiving` says which byte it expects, and `begin` asks for that again whenever there is doubt, so that either end
    and the broker may vanish at any time.
    """

    def __init__(
        self,
        kind: UpdateKind,
        image: bytes,
        *,
        now: float,
        patience_s: float,
        data_bytes: int = MOST_UPDATE_DATA_BYTES,
    ) -> None:
        """`patience_s`: how long a device may say nothing before the update is given up."""
        self.kind = kind
        self.size = len(image)
        self.sha256 = hashlib.sha256(image).digest()
        self.stage = Stage.ASKING
        self.ending: Ending | None = None
        self.confirmed = 0
        self.resumed_at: int | None = None
        self.steps_sent = 0
        self._image = image
        self._patience_s = patience_s
        self._data_bytes = data_bytes
        self._sent = 0
        self._heard_at = now
        self._ask_at = now
        self._ask_again_s = ASK_AGAIN_S
        self._end_sent = False
        self._gap_s = 0.0
        self._send_at = now
        self._went_back_at = -_SAME_GAP_S
        self._went_back_to = -1
        self._held: tuple[float, Ending] | None = None
        self._renewals = 0

    def next_step(self, now: float) -> UpdateStep | None:
        """What to send now; None to wait for `wait_s` or a note."""
        if self.stage is Stage.ENDED:
            return None
        if self._held is not None and now >= self._held[0]:
            self._end(self._held[1])
        elif now - self._heard_at >= self._patience_s:
            self._end(Ending(Outcome.TIMED_OUT, self._silence()))
        elif self.stage in (Stage.ASKING, Stage.VERIFYING):
            return self._ask(now) if now >= self._ask_at else None
        elif self.stage is Stage.SENDING:
            return self._send(now)
        return None

    def wait_s(self, now: float) -> float:
        """Seconds until `next_step` may have something although nothing was heard."""
        at = self._heard_at + self._patience_s
        if self._held is not None:
            at = min(at, self._held[0])
        if self.stage in (Stage.ASKING, Stage.VERIFYING) or (self.stage is Stage.SENDING and self._full):
            at = min(at, self._ask_at)
        elif self.stage is Stage.SENDING:
            at = min(at, self._send_at)
        return max(0.0, at - now)

    def hear(self, note: UpdateNote, now: float) -> None:
        """Take what the device said."""
        if note.kind is not self.kind or self.stage is Stage.ENDED:
            return
        self._heard_at = now
        self._renewals = 0
        self._ask_again_s = ASK_AGAIN_S
        if self.stage is not Stage.ASKING:
            self._ask_at = now + self._ask_again_s
        match note.state:
            case UpdateState.READY:
                self._ready(note)
            case UpdateState.RECEIVING:
                self._receiving(note, now)
            case UpdateState.TRYING:
                self._held = None
                self.confirmed = self.size
                self.stage = Stage.TRYING
            case UpdateState.REFUSED:
                self._refused(note, now)
            case UpdateState.DONE | UpdateState.FAILED | UpdateState.RETURNED:
                self._end(Ending(Outcome(note.state.value), note.text))

    def hear_done(self, text: str) -> None:
        """The device was seen to use the image, though it did not say so here."""
        if self._end_sent and self.stage is not Stage.ENDED:
            self._end(Ending(Outcome.DONE, text))

    def renew(self, now: float) -> None:
        """The broker or the device was away: ask where to go on. A trial is left alone, it ends by itself."""
        self._renewals += 1
        if self._renewals <= MOST_RENEWALS:
            self._heard_at = max(self._heard_at, now - self._patience_s + AFTER_RENEWAL_S)
        if self.stage is Stage.SENDING:
            self.stage = Stage.ASKING
        self._ask_again_s = ASK_AGAIN_S
        self._ask_at = now

    def unsent(self, step: UpdateStep, now: float) -> None:
        """The step could not leave; it is sent again a little later."""
        self._send_at = self._ask_at = now + _MOST_GAP_S
        if isinstance(step, UpdateData):
            self._sent = min(self._sent, step.offset)

    def give_up(self, text: str) -> None:
        """End it from here."""
        self._end(Ending(Outcome.TIMED_OUT, text))

    @property
    def _full(self) -> bool:
        """Whether the window is full: no more is sent before the next note."""
        return self._sent < self.size and self._sent - self.confirmed >= WINDOW_BYTES

    def _ask(self, now: float) -> UpdateStep:
        self._ask_at = now + self._ask_again_s
        self._ask_again_s = min(2 * self._ask_again_s, MOST_ASK_AGAIN_S)
        self.steps_sent += 1
        return UpdateEnd() if self.stage is Stage.VERIFYING else UpdateBegin(self.size, self.sha256)

    def _send(self, now: float) -> UpdateStep | None:
        if self._full:
            # The notes that would move the window are lost: begin again to learn where the device stands.
            return self._ask(now) if now >= self._ask_at else None
        if now < self._send_at:
            return None
        offset = self._sent
        if offset >= self.size:
            # What is still missing, the answer says.
            self.stage, self._end_sent = Stage.VERIFYING, True
            return self._ask(now)
        data = self._image[offset : offset + self._data_bytes]
        self._sent += len(data)
        self._send_at = now + self._gap_s
        self._ask_at = now + self._ask_again_s
        self.steps_sent += 1
        return UpdateData(offset, data)

    def _ready(self, note: UpdateNote) -> None:
        if self.stage is Stage.TRYING or note.offset > self.size:
            return
        if self.resumed_at is None:
            self.resumed_at = note.offset
        self._held = None
        self.confirmed = self._sent = note.offset
        self.stage = Stage.SENDING

    def _receiving(self, note: UpdateNote, now: float) -> None:
        if self.stage not in (Stage.SENDING, Stage.VERIFYING) or note.size != self.size:
            return
        self._held = None
        if not note.text:
            self.confirmed = max(self.confirmed, min(note.offset, self._sent))
        elif note.offset < self._sent and not self._is_repeated(note.offset, now):
            # A piece is missing there, and the device does not keep what comes after it.
            self._went_back_to, self._went_back_at = note.offset, now
            self._sent = self.confirmed = note.offset
            self.stage = Stage.SENDING
            # It lost pieces, so it is slower than the line.
            self._gap_s = min(max(2 * self._gap_s, _FIRST_GAP_S), _MOST_GAP_S)

    def _is_repeated(self, offset: int, now: float) -> bool:
        """Whether the pieces from there are on their way again already."""
        return (
            self.stage is Stage.SENDING
            and offset == self._went_back_to
            and now - self._went_back_at < _SAME_GAP_S
        )

    def _refused(self, note: UpdateNote, now: float) -> None:
        ending = Ending(Outcome.REFUSED, note.text)
        if self.stage is Stage.TRYING:
            return  # about a step that came twice: the image itself is on trial
        if self._held is None:
            self._held = (now + HOLD_REFUSAL_S, ending)
        if self.stage is not Stage.ASKING:
            # A device that was started anew knows of no update; it may know how far it came.
            self.stage, self._ask_at = Stage.ASKING, now

    def _silence(self) -> str:
        waited = f"the device has said nothing for {self._patience_s:.0f} s"
        if self.resumed_at is None:
            return f"{waited}, not even whether it takes the update: does its firmware know updates?"
        if self.stage is Stage.TRYING:
            return f"{waited} since it began to try the image; look at its console"
        return (
            f"{waited}; {self.confirmed:,} of {self.size:,} bytes had arrived, the same command goes on there"
        )

    def _end(self, ending: Ending) -> None:
        self.stage, self.ending, self._held = Stage.ENDED, ending, None
