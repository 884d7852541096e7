"""Cutpoint for MicroPython: a board asks an edge server, by the protocol of docs/protocol.md."""

from cutpoint.device import Answer, Device
from cutpoint.engine import Engine, InputEngine
from cutpoint.settings import Settings, SettingsError, count_boot
from cutpoint.tensor import Tensor

__all__ = ["Answer", "Device", "Engine", "InputEngine", "Settings", "SettingsError", "Tensor", "count_boot"]
