"""What a virtual device does with new models and new firmware: the receiver of a board, on slots of a PC."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from cutpoint import _core
from cutpoint.board import SlotError, SlotImage
from cutpoint.errors import CutpointError
from cutpoint.wire import (
    Command,
    FrameError,
    Note,
    UpdateAbort,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateKind,
    UpdateNote,
    UpdateState,
    UpdateStep,
    decode_update,
)
from host_tools.device.slots import Slots

log = logging.getLogger(__name__)

NO_FIRMWARE = (
    "a device on a PC has no firmware that could be replaced: update the package cutpoint there instead"
)
_ON_TRIAL = "a new model is on trial: wait for how that ends"
_MOST_TEXT = 300


class Updates:
    """Belongs to the device's thread. `say` publishes a note; `slots` are made when a first update comes.

    `adopt` makes the device use an image, after a trial inference, or raises CutpointError and changes nothing.
    """

    def __init__(
        self,
        slots: Callable[[], Slots],
        *,
        policy: str,
        say: Callable[[Note], None],
        adopt: Callable[[SlotImage], None],
    ) -> None:
        self._make_slots = slots
        self._slots: Slots | None = None
        self._receiver: _core.UpdateReceiver | None = None
        self._policy = policy
        self._say = say
        self._adopt = adopt
        self.trial_due = False

    def take(self, command: Command, argument: bytes) -> bool:
        """Carry out one step, and say what came of it; False for what this device does not know or cannot."""
        kind = UpdateKind.MODEL if command is Command.NEW_MODEL else UpdateKind.FIRMWARE
        try:
            step = decode_update(argument)
        except FrameError as error:
            self._say(Note(note="error", text=f"{kind} update: no step that this device knows: {error}"))
            return False
        if kind is UpdateKind.FIRMWARE:
            if isinstance(step, UpdateBegin | UpdateEnd):
                self._tell(kind, UpdateState.REFUSED, text=NO_FIRMWARE)
            return False
        try:
            said = self._step(self._ready_receiver(), step)
        except CutpointError as error:
            self._tell(kind, UpdateState.REFUSED, text=f"this device keeps no second model: {error}")
            return False
        if said.say:
            self._tell(kind, UpdateState(said.state), said.offset, said.size, said.text)
        if said.state == "trying":
            self.trial_due = True
            self._ready_receiver().block(_ON_TRIAL)
        return True

    def rebooted(self) -> None:
        """Another life: what was under way is known from the store alone."""
        if not self.trial_due:
            self._receiver = None

    def try_image(self) -> bool:
        """Try what was received; True when the device runs it from now on."""
        self.trial_due = False
        slots = self._slots
        if slots is None:
            return False
        try:
            image = slots.begin_trial()
            self._adopt(image)
        except CutpointError as error:
            slots.fail()
            self._receiver = None
            self._tell(UpdateKind.MODEL, UpdateState.RETURNED, text=_refusal(error))
            return False
        slots.prove()
        # The spare slot is the other one now.
        self._receiver = None
        self._tell(
            UpdateKind.MODEL, UpdateState.DONE, image.size, image.size, f"{image.name} is in use from now on"
        )
        return True

    def boot(self) -> None:
        """Take up what the slots hold: the model in use, or one whose trial an end came before."""
        slots = self._slots = self._make_slots()
        image, reason = slots.boot()
        while image is not None:
            try:
                self._adopt(image)
            except CutpointError as error:
                if reason != "trial":
                    raise
                self._tell(UpdateKind.MODEL, UpdateState.RETURNED, text=_refusal(error))
                image, reason = slots.fail(), "settled"
                continue
            if reason == "trial":
                slots.prove()
                self._tell(
                    UpdateKind.MODEL, UpdateState.DONE, image.size, image.size, f"{image.name} is in use"
                )
            elif reason == "returned":
                text = "the new model did not end its trial: the one before is in use"
                self._tell(UpdateKind.MODEL, UpdateState.RETURNED, text=text)
            return

    def _ready_receiver(self) -> _core.UpdateReceiver:
        if self._receiver is None:
            if self._slots is None:
                self._slots = self._make_slots()
            self._receiver = _core.UpdateReceiver(
                self._slots.spare,
                hashlib.sha256,
                kind="model",
                progress=self._slots.progress,
                policy=self._policy,
            )
        return self._receiver

    @staticmethod
    def _step(receiver: _core.UpdateReceiver, step: UpdateStep) -> _core.UpdateNote:
        match step:
            case UpdateBegin(size, sha256):
                return receiver.begin(size, sha256)
            case UpdateData(offset, data):
                return receiver.data(offset, data)
            case UpdateEnd():
                return receiver.end()
            case UpdateAbort():
                return receiver.abort()

    def _tell(
        self, kind: UpdateKind, state: UpdateState, offset: int = 0, size: int = 0, text: str = ""
    ) -> None:
        log.info("event=update kind=%s state=%s offset=%d size=%d text=%r", kind, state, offset, size, text)
        self._say(UpdateNote(kind=kind, state=state, offset=offset, size=size, text=text[:_MOST_TEXT]))


def _refusal(error: CutpointError) -> str:
    what = "the slot" if isinstance(error, SlotError) else "the new model"
    return f"{what} cannot be used, the model before is: {error}"
