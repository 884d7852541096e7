"""A board in software: the virtual device behind a console like the firmware's. It proves the harness, no firmware.

Session, frames, update machine and console are the firmware's own; kernels, network and storage are this PC's.
"""

from host_tools.hil.software_board.board import SoftwareBoard

__all__ = ["SoftwareBoard"]
