"""What can be wrong with ids, topics, frames and messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cutpoint.errors import PeerError, UsageError
from cutpoint.wire.ids import ModelId
from cutpoint.wire.numbers import Kind


class Reason(Enum):
    """Why a frame is refused. The values are the names under which drops are counted."""

    TRUNCATED = "truncated"
    MAGIC = "magic"
    VERSION = "version"
    LENGTH = "length"
    CRC = "crc"
    KIND = "kind"
    FLAGS = "flags"
    CHUNK = "chunk"
    CODEC = "codec"
    ENCRYPTED = "encrypted"
    OVERSIZED = "oversized"
    STALE = "stale"
    DUPLICATE = "duplicate"
    TRAILING = "trailing"
    RESERVED = "reserved"
    COUNT = "count"
    TENSOR = "tensor"
    DTYPE = "dtype"
    CODED = "coded"
    NUMBER = "number"
    PLAIN = "plain"
    FORGED = "forged"
    REPLAYED = "replayed"
    OLD_LIFE = "old_life"
    ROLE = "role"
    ANY_LIFE = "any_life"
    TABLES = "tables"
    REFERENCE = "reference"

    @classmethod
    def of_status(cls, status: int) -> Reason:
        """The reason behind a `cutpoint::Status` of the core (firmware/core/status.h)."""
        return _REASONS[status]


# Between the reasons stand statuses that are a caller's mistake (22, 23) or the sealer's own (30, 31).
_REASONS: dict[int, Reason] = dict(zip((*range(2, 22), *range(24, 30), 32, 33), Reason, strict=True))

_SENTENCES = {
    Reason.TRUNCATED: "it ends before its last field",
    Reason.MAGIC: "it does not begin with 'CP', so it is no frame of this protocol",
    Reason.VERSION: "its protocol version is not 1; update the older end",
    Reason.LENGTH: "its size is not what its header, or the other chunks of its message, prescribe",
    Reason.CRC: "its checksum does not match; it was damaged on the way",
    Reason.KIND: "its kind is unknown",
    Reason.FLAGS: "it sets reserved flags, `probe` without `answered`, or `partial` on what is no answer",
    Reason.CHUNK: "its chunk index or count is out of range",
    Reason.CODEC: "it names an unknown codec, or a tensor uses another one than the header",
    Reason.ENCRYPTED: "it is encrypted and there is no key",
    Reason.OVERSIZED: "its message would not fit the receive buffer",
    Reason.STALE: "it belongs to an older message than the one being received",
    Reason.DUPLICATE: "this chunk has come before",
    Reason.TRAILING: "there are bytes after its last field",
    Reason.RESERVED: "a field that is prescribed as zero is not",
    Reason.COUNT: "it states a number of records that the protocol does not allow",
    Reason.TENSOR: "a tensor's sizes contradict its dtype or codec",
    Reason.DTYPE: "a tensor has an unknown dtype",
    Reason.CODED: "a coded tensor is not in canonical form",
    Reason.NUMBER: "a number is not finite or out of its range",
    Reason.PLAIN: "it is not sealed, and this device has a key",
    Reason.FORGED: "it was changed on the way, or sealed with another key",
    Reason.REPLAYED: "it has been opened before, or is too far behind to tell",
    Reason.OLD_LIFE: "it is of an earlier life than the newest: a recording, or a boot counter was erased",
    Reason.ROLE: "it was sealed by this very end: reflected",
    Reason.ANY_LIFE: "it is a sealed command that does not name the boot it is for",
    Reason.TABLES: "a tensor was made with codec tables, or a setting of them, that are not here",
    Reason.REFERENCE: "a tensor is the change of a frame that is not remembered here",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one frame. Of a damaged one, every field may be wrong and `kind` an unknown number."""

    kind: Kind | int
    model: ModelId
    boot: int
    sequence: int
    cut: int
    codec: int
    flags: int
    chunk_index: int
    chunk_count: int
    payload_bytes: int


class FrameError(PeerError):
    """A frame was refused; it cost only itself.

    `header` is there whenever the frame is long enough and of this protocol, even when its checksum is wrong:
    good for naming an inference in an answer or a log line, not for acting on.
    """

    def __init__(self, reason: Reason, header: Header | None = None) -> None:
        super().__init__(f"frame refused: {_SENTENCES[reason]}")
        self.reason = reason
        self.header = header


class TopicError(PeerError):
    """A topic that is not one of this root and protocol."""


class MessageError(UsageError):
    """A message with a value that the wire cannot carry."""
