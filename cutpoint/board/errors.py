"""What a user of `cutpoint.board` can do wrong."""

from __future__ import annotations

from cutpoint.errors import UsageError


class SettingError(UsageError):
    """A setting that a board would not take. The message never quotes a secret."""


class SlotError(UsageError):
    """A model that fits no slot, or bytes that are no slot image."""


class PartitionError(UsageError):
    """A partition table that cannot be read, or that does not fit its flash."""
