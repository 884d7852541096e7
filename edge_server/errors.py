"""What an operator did wrong; everything a device does wrong is a status and a counter instead."""

from __future__ import annotations

from typing import Literal

from cutpoint.errors import PeerError, UsageError


class ConfigError(UsageError):
    """The configuration cannot work; the message names the setting and the mend."""


class CatalogueError(UsageError):
    """No bundle can be served from the folders that were named."""


class KeylessError(PeerError):
    """A device without a key where every device must have one."""


class BackendLostError(PeerError):
    """What runs the tails is gone; devices finish by themselves until it is back."""


StoreTrouble = Literal["full", "away", "damaged", "refused", "failed", "unusable"]
"""What is wrong with a store: no room, not to be reached, not readable as what it should be, a record that it does not
take, anything else while it is used, or anything that it cannot be opened for."""


class StoreError(UsageError):
    """The store cannot be opened, read or written; the message names it, what was seen, and the mend."""

    def __init__(self, message: str, trouble: StoreTrouble = "unusable") -> None:
        super().__init__(message)
        self.trouble: StoreTrouble = trouble


class RolloutError(UsageError):
    """A rollout that cannot be: a file that cannot be read, a bundle that is not there, versions in a circle."""
