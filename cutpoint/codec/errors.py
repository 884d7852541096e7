"""What can be wrong with a codec's input."""

from __future__ import annotations

from cutpoint.errors import PeerError, UsageError


class CodecError(UsageError):
    """An unknown codec, or a tensor that it cannot take."""


class CodedError(PeerError):
    """Coded bytes that are the canonical form of no tensor of the stated dtype and size."""


class OtherTablesError(CodedError):
    """Coded bytes that were made with other tables."""


class NoReferenceError(CodedError):
    """The change of a frame that is not at hand."""
