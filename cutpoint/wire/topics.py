"""The topics of the protocol: eight per device under one root."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cutpoint.errors import UsageError
from cutpoint.wire.errors import TopicError
from cutpoint.wire.ids import DeviceId, IdError

DEFAULT_ROOT = "cutpoint/1"
_ROOT = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,2}", re.ASCII)
_MOST_ROOT_CHARACTERS = 128


class RootError(UsageError):
    """A topic root that the protocol does not allow."""


class Leaf(StrEnum):
    """The last level of a topic: what is said there."""

    STATE = "state"
    ABOUT = "about"
    ACT = "act"
    RES = "res"
    PLAN = "plan"
    TELE = "tele"
    CMD = "cmd"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Topics:
    """Builds and reads the topics under `root`: one to three levels of A-Z, a-z, 0-9, '_' and '-'.

    Raises `RootError` for another root.
    """

    root: str = DEFAULT_ROOT

    def __post_init__(self) -> None:
        if len(self.root) > _MOST_ROOT_CHARACTERS or not _ROOT.fullmatch(self.root):
            raise RootError(
                f"topic root {self.root[:64]!r} is not one to three levels of A-Z, a-z, 0-9, '_' and '-', "
                f"like {DEFAULT_ROOT!r}"
            )

    def of(self, device: DeviceId, leaf: Leaf) -> str:
        """The topic of one device and leaf."""
        return f"{self.root}/{device}/{leaf}"

    def all(self, leaf: Leaf) -> str:
        """The filter that matches this leaf of every device."""
        return f"{self.root}/+/{leaf}"

    def parse(self, topic: str) -> tuple[DeviceId, Leaf]:
        """Device and leaf of a topic; raises `TopicError` for one that is not below this root."""
        prefix = f"{self.root}/"
        if topic.startswith(prefix):
            device, _, leaf = topic[len(prefix) :].partition("/")
            try:
                return DeviceId(device), Leaf(leaf)
            except (IdError, ValueError):
                pass
        raise TopicError(f"topic {topic[:96]!r} is not {prefix}<device>/<{'|'.join(Leaf)}>")

    def state(self, device: DeviceId) -> str:
        """JSON, retained: is the device there?"""
        return self.of(device, Leaf.STATE)

    def about(self, device: DeviceId) -> str:
        """JSON, retained: what the device is."""
        return self.of(device, Leaf.ABOUT)

    def act(self, device: DeviceId) -> str:
        """Activation frames from the device."""
        return self.of(device, Leaf.ACT)

    def res(self, device: DeviceId) -> str:
        """Result frames to the device."""
        return self.of(device, Leaf.RES)

    def plan(self, device: DeviceId) -> str:
        """Plan frames to the device, retained."""
        return self.of(device, Leaf.PLAN)

    def tele(self, device: DeviceId) -> str:
        """Telemetry frames from the device."""
        return self.of(device, Leaf.TELE)

    def cmd(self, device: DeviceId) -> str:
        """Command frames to the device."""
        return self.of(device, Leaf.CMD)

    def note(self, device: DeviceId) -> str:
        """JSON: what the device has to say besides its frames."""
        return self.of(device, Leaf.NOTE)
