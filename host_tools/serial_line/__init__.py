"""A board's serial line: opened by name or URL, its lines as sentences, watched across restarts."""

from host_tools.serial_line.lines import LineDecoder, Said
from host_tools.serial_line.port import BAUD, LinePort, open_port, read_some, reset_board
from host_tools.serial_line.watch import Change, Watched, watch

__all__ = [
    "BAUD",
    "Change",
    "LineDecoder",
    "LinePort",
    "Said",
    "Watched",
    "open_port",
    "read_some",
    "reset_board",
    "watch",
]
