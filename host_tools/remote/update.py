"""An update of one device, from its announcement to the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.update import Ending, Image, Outcome, Transfer, Watch, data_bytes
from cutpoint.wire import Command, UpdateKind, encode_update
from host_tools.remote.peer import Peer, Reconnected

MODEL_PATIENCE_S = 60.0
FIRMWARE_PATIENCE_S = 180.0
"""New firmware has to boot, join its network and reach the broker; it is rolled back when it does not in a minute."""
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
    transfer = Transfer(
        image.kind,
        image.data,
        now=began,
        patience_s=patience_s,
        data_bytes=data_bytes(peer.about, sealed=peer.sealed),
    )
    watch = Watch(transfer, image, boot=peer.boot, about=peer.about)
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
        if isinstance(said, Reconnected):
            transfer.renew(time.monotonic())
        else:
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
