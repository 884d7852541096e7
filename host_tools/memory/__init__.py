"""What a network needs at each cut under each engine, and which boards have it."""

from host_tools.memory.boards import BOARDS, BoardMemory
from host_tools.memory.fit import BoardFit, EngineFit, fit
from host_tools.memory.need import CutNeed, NetworkNeed

__all__ = ["BOARDS", "BoardFit", "BoardMemory", "CutNeed", "EngineFit", "NetworkNeed", "fit"]
