"""Hardware in the loop: the same test bodies against a device on a PC, in an emulator, and on a board."""

from host_tools.hil.broker import HilBroker
from host_tools.hil.edge import NotSaidError, ScriptedEdge, answer, refuse, silence
from host_tools.hil.options import HilOptions
from host_tools.hil.stand import Inference, Stand
from host_tools.hil.target import Ability, BoardAnswer, HilTarget, TargetError
from host_tools.hil.truth import Truth

__all__ = [
    "Ability",
    "BoardAnswer",
    "HilBroker",
    "HilOptions",
    "HilTarget",
    "Inference",
    "NotSaidError",
    "ScriptedEdge",
    "Stand",
    "TargetError",
    "Truth",
    "answer",
    "refuse",
    "silence",
]
