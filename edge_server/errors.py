"""What an operator did wrong; everything a device does wrong is a status and a counter instead."""

from __future__ import annotations

from cutpoint.errors import PeerError, UsageError


class ConfigError(UsageError):
    """The configuration cannot work; the message names the setting and the mend."""


class CatalogueError(UsageError):
    """No bundle can be served from the folders that were named."""


class KeylessError(PeerError):
    """A device without a key where every device must have one."""


class BackendLostError(PeerError):
    """What runs the tails is gone; devices finish by themselves until it is back."""


class RolloutError(UsageError):
    """A rollout that cannot be: a file that cannot be read, a bundle that is not there, versions in a circle."""
