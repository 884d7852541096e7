"""What else than its notes tells a transfer how a device stands: its lives, and the model that it runs."""

from __future__ import annotations

from cutpoint.update.image import Image
from cutpoint.update.transfer import Transfer
from cutpoint.wire import About, Presence, State, UpdateNote

_ABOUT_WORDLESS_S = 5.0


class Watch:
    """Stands between a device and the transfer to it. Knows no clock: the caller says what time it is."""

    def __init__(self, transfer: Transfer, image: Image, *, boot: int, about: About | None) -> None:
        """`boot` and `about`: what the device was before the transfer began."""
        self._transfer = transfer
        self._boot = boot
        # Only a device that ran another model before shows by its model that it changed.
        before = None if about is None else about.model
        model = None if image.model_id is None else image.model_id.hex
        self._wanted = None if model == before else model
        self._done_at: float | None = None

    def hear(self, said: object, now: float) -> None:
        """Take what the device said: notes of updates, states and abouts matter."""
        if isinstance(said, UpdateNote):
            self._transfer.hear(said, now)
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
