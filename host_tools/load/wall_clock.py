"""Runs the `cutpoint` command with a wall clock that can be set wrong from outside, for the fault `server.clock`.

`python -m host_tools.load.wall_clock OFFSET_FILE ARGUMENTS...`: `time.time` and `time.time_ns` are off by the seconds
that the file holds (a little-endian float64, which may change at any moment). Monotonic clocks go on: nobody can set
those.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

_OFFSET = struct.Struct("<d")


class OffsetFile:
    """The seconds by which a wall clock is wrong, in a file of 8 bytes that several processes map."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when it cannot be opened or made."""
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _OFFSET.size)

    @property
    def seconds(self) -> float:
        return float(_OFFSET.unpack_from(self._map)[0])

    @seconds.setter
    def seconds(self, value: float) -> None:
        _OFFSET.pack_into(self._map, 0, value)


def mislead(offset: OffsetFile) -> None:
    """From now on the wall clock of this process is off by what the file says."""
    right_s, right_ns = time.time, time.time_ns
    time.time = lambda: right_s() + offset.seconds
    time.time_ns = lambda: right_ns() + int(offset.seconds * 1e9)


def main() -> None:
    """Be the `cutpoint` command, misled."""
    mislead(OffsetFile(Path(sys.argv[1])))
    sys.argv = ["cutpoint", *sys.argv[2:]]
    from host_tools.cli import main as cutpoint_command

    cutpoint_command()


if __name__ == "__main__":
    main()
