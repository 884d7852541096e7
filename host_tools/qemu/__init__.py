"""Bare-metal programs of `firmware/qemu`: compiled for a chip's instruction set, run in QEMU, their reports read."""

from host_tools.qemu.machine import MACHINES, RV32IMC, XTENSA, Machine
from host_tools.qemu.program import Objects, Program, compile_program, core_sources, link_program
from host_tools.qemu.report import Report, ReportLine
from host_tools.qemu.run import run
from host_tools.qemu.sizes import Sizes

__all__ = [
    "MACHINES",
    "RV32IMC",
    "XTENSA",
    "Machine",
    "Objects",
    "Program",
    "Report",
    "ReportLine",
    "Sizes",
    "compile_program",
    "core_sources",
    "link_program",
    "run",
]
