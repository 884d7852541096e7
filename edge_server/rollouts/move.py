"""One device on its way from one model to another."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.update import Ending, Image, Stage, Transfer, Watch, data_bytes
from cutpoint.wire import About, Command, DeviceId, UpdateAbort, encode_update
from edge_server.catalogue.served import ServedModel
from edge_server.commands import Commands

PATIENCE_S = 60.0
# A window of the transfer is 24 KiB: more steps at once are not asked for.
_MOST_STEPS = 64


@dataclass(slots=True)
class Seen:
    """What a device said of itself last; `online` and `boot` from its state."""

    about: About | None = None
    boot: int = 0
    online: bool = False


class Move:
    """Belongs to the desk's thread. The device owns the truth of how far it is: every move may begin anew."""

    def __init__(
        self,
        device: DeviceId,
        about: About,
        boot: int,
        target: ServedModel,
        image: Image,
        *,
        sealed: bool,
        now: float,
    ) -> None:
        self.device = device
        self.target = target
        self.was = about.model_id
        self._transfer = Transfer(
            image.kind,
            image.data,
            now=now,
            patience_s=PATIENCE_S,
            data_bytes=data_bytes(about, sealed=sealed),
        )
        self._watch = Watch(self._transfer, image, boot=boot, about=about)

    @property
    def ending(self) -> Ending | None:
        """How it ended, None while it is under way."""
        return self._transfer.ending

    @property
    def trying(self) -> bool:
        """The device has the image and tries it: only it can say how that ends."""
        return self._transfer.stage is Stage.TRYING

    def hear(self, said: object, now: float) -> None:
        """Take what the device said."""
        self._watch.hear(said, now)

    def renew(self, now: float) -> None:
        """The broker was away."""
        self._transfer.renew(now)

    def send(self, commands: Commands, seen: Seen, now: float) -> None:
        """Send what is due now."""
        self._watch.tick(now)
        for _ in range(_MOST_STEPS):
            step = self._transfer.next_step(now)
            if step is None:
                return
            if not _send(commands, self.device, seen, encode_update(step)):
                self._transfer.unsent(step, now)
                return

    def abort(self, commands: Commands, seen: Seen) -> None:
        """Tell the device that no more comes; what it has it may keep."""
        _send(commands, self.device, seen, encode_update(UpdateAbort()))


def _send(commands: Commands, device: DeviceId, seen: Seen, argument: bytes) -> bool:
    model = None if seen.about is None else seen.about.model_id
    return commands.send(device, Command.NEW_MODEL, argument, model=model, boot=seen.boot)
