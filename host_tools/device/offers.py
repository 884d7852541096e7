"""What the edge has instead of a model that it does not know: read beside the session, to which it is a refusal."""

from __future__ import annotations

from cutpoint.wire import FrameError, Kind, ModelId, Receiver, Result, Status

_CAPACITY = 1024
_KIND_AT, _CHUNK_COUNT_AT, _STATUS_AT = 3, 22, 32


class Offers:
    """Watches the frames of one life of a device."""

    def __init__(self, boot: int) -> None:
        self._boot = boot
        self._receiver = Receiver(_CAPACITY)
        self._said: tuple[ModelId, tuple[ModelId, ...]] | None = None

    def hear(self, frame: bytes) -> tuple[ModelId, tuple[ModelId, ...]] | None:
        """(the model that is unknown, the ids on offer) where that is news; None for everything else.

        Only frames that may be such a result are read: an answer is not read twice. What is damaged the session counts.
        """
        if frame[_KIND_AT : _KIND_AT + 1] != bytes([Kind.RESULT]):
            return None
        alone = frame[_CHUNK_COUNT_AT : _CHUNK_COUNT_AT + 2] == b"\1\0"
        if alone and frame[_STATUS_AT : _STATUS_AT + 1] != bytes([Status.UNKNOWN_MODEL]):
            return None
        try:
            result = self._receiver.push(frame)
        except FrameError:
            return None
        if not isinstance(result, Result) or result.boot != self._boot or result.offered is None:
            return None
        said = (result.model, result.offered)
        if said == self._said:
            return None
        self._said = said
        return said
