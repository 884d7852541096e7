"""`cutpoint profile`: what every cut costs on a live device, and the board's profile that follows from it."""

from host_tools.profiling.board import MeasuredBoard, fit_board, profile_toml
from host_tools.profiling.chart import draw
from host_tools.profiling.figures import CutFigures, Sweep
from host_tools.profiling.files import write_csv, write_json
from host_tools.profiling.sweep import Sweeper, SweepError

__all__ = [
    "CutFigures",
    "MeasuredBoard",
    "Sweep",
    "SweepError",
    "Sweeper",
    "draw",
    "fit_board",
    "profile_toml",
    "write_csv",
    "write_json",
]
