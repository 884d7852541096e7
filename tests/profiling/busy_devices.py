"""Names for devices that infer all the time."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.device import VirtualDevice

DEVICE = "dev-1"
Busy = Callable[..., VirtualDevice]
