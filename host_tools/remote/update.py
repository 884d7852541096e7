"""An update of one device, from its announcement to the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.wire import About, Command, Presence, State, UpdateKind, UpdateNote, encode_update
from host_tools.remote.images import Image
from host_tools.remote.peer import Peer, Reconnected
from host_tools.remote.transfer import Ending, Outcome, Transfer

MODEL_PATIENCE_S = 60.0
FIRMWARE_PATIENCE_S = 180.0
"""New firmware has to boot, join its network and reach the broker; it is rolled back when it does not in a minute."""
_ABOUT_WORDLESS_S = 5.0
_LONGEST_WAIT_S = 0.5

_COMMANDS = {UpdateKind.MODEL: Command.NEW_MODEL, UpdateKind.FIRMWARE: Command.NEW_FIRMWARE}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an update. `resumed_at`: bytes that the device had before; None when it never answered."""

    device: str
    kind: UpdateKind
    name: str
    size: int
    sha256: bytes
    outcome: Outcome
    text: str
    resumed_at: int | None
    steps: int
    seconds: float


def send_update(
    peer: Peer,
    image: Image,
    *,
    patience_s: float | None = None,
    progress: Callable[[str, int], None] = lambda _stage, _confirmed: None,
) -> Report:
    """Send an image to a device that was met, and wait for the end. `progress` gets the stage and confirmed bytes."""
    if patience_s is None:
        patience_s = MODEL_PATIENCE_S if image.kind is UpdateKind.MODEL else FIRMWARE_PATIENCE_S
    began = time.monotonic()
    transfer = Transfer(image.kind, image.data, now=began, patience_s=patience_s, data_bytes=peer.data_bytes)
    watch = _Watch(transfer, image, peer)
    while True:
        now = time.monotonic()
        watch.tick(now)
        step = transfer.next_step(now)
        if step is not None and not peer.send(_COMMANDS[image.kind], encode_update(step)):
            transfer.unsent(step, now)
        progress(transfer.stage.value, transfer.confirmed)
        if transfer.ending is not None:
            break
        said = peer.hear(0.0 if step is not None else min(transfer.wait_s(now), _LONGEST_WAIT_S))
        watch.hear(said, time.monotonic())
    ending: Ending = transfer.ending
    return Report(
        str(peer.device),
        image.kind,
        image.name,
        transfer.size,
        transfer.sha256,
        ending.outcome,
        ending.text,
        transfer.resumed_at,
        transfer.steps_sent,
        time.monotonic() - began,
    )


class _Watch:
    """Tells a transfer what else than its notes happens to the device."""

    def __init__(self, transfer: Transfer, image: Image, peer: Peer) -> None:
        self._transfer = transfer
        self._boot = peer.boot
        # Only a device that ran another model before shows by its model that it changed.
        before = None if peer.about is None else peer.about.model
        model = None if image.model_id is None else image.model_id.hex
        self._wanted = None if model == before else model
        self._done_at: float | None = None

    def hear(self, said: object, now: float) -> None:
        if isinstance(said, UpdateNote):
            self._transfer.hear(said, now)
        elif isinstance(said, Reconnected):
            self._transfer.renew(now)
        elif isinstance(said, State):
            if said.state is Presence.ONLINE and said.boot != self._boot:
                self._boot = said.boot
                self._transfer.renew(now)
        elif isinstance(said, About) and self._done_at is None and said.model == self._wanted:
            self._done_at = now + _ABOUT_WORDLESS_S

    def tick(self, now: float) -> None:
        """The note `done` may have been lost while the broker was away; what the device says it is was not."""
        if self._done_at is not None and now >= self._done_at:
            self._transfer.hear_done("the device says that it runs the new model")
