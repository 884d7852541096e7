"""Commands to devices: numbered, framed, and handed to the gateway."""

from __future__ import annotations

from cutpoint.wire import Command, CommandMessage, CommandNumbers, DeviceId, Leaf, ModelId, encode
from edge_server.gateway import Gateway

_NO_MODEL = ModelId(bytes(4))


class Commands:
    """The way to all devices. From any thread. Numbers go on over restarts of the server."""

    def __init__(self, gateway: Gateway, *, chunk_bytes: int) -> None:
        self._gateway = gateway
        self._chunk_bytes = chunk_bytes
        self._numbers = CommandNumbers()

    def send(
        self,
        device: DeviceId,
        command: Command,
        argument: bytes = b"",
        *,
        model: ModelId | None = None,
        boot: int = 0,
    ) -> bool:
        """False when the command did not leave. `boot`: the life that it is for, 0 for whichever it is.

        A device with a key obeys no command for boot 0. Raises MessageError for an argument above 1,024 bytes.
        """
        message = CommandMessage(model or _NO_MODEL, boot, self._numbers.next(), command, argument)
        frames = encode(message, chunk_bytes=self._chunk_bytes)
        return all(self._gateway.send(device, Leaf.CMD, frame) for frame in frames)
