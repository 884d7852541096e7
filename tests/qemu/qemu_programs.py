"""Programs of `firmware/qemu`, compiled once a run and linked with other files as often as a test likes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from host_tools.qemu import Machine, Objects, Program, compile_program, core_sources, link_program
from host_tools.qemu.stream import PROGRAM

# What a program stands on, by folders of the core; the Stream engine is built with all of it, so that all of it is
# compiled for every machine.
NEEDED = {
    "machine_program": (),
    "codec_program": ("codec", "crc32.cc"),
    "slicer_program": ("codec", "crc32.cc"),
    "stream_fomo_program": ("stream", "crc32.cc"),
    PROGRAM: None,
}


def sources_of(program: str) -> list[Path]:
    """Sources of the core that a program is compiled with."""
    needed = NEEDED[program]
    return [path for path in core_sources() if needed is None or path.parts[1] in needed]


class Builder:
    """Builds for one machine."""

    def __init__(self, machine: Machine, folders: pytest.TempPathFactory) -> None:
        self.machine = machine
        self._folders = folders
        self._objects: dict[tuple[str, str], Objects] = {}

    def program(self, name: str, linked: Mapping[str, bytes], optimise: str = "-O2") -> Program:
        """The program, with the files linked in."""
        objects = self._objects.get((name, optimise))
        if objects is None:
            folder = self._folders.mktemp(f"{name}{optimise}")
            objects = compile_program(self.machine, name, folder, sources=sources_of(name), optimise=optimise)
            self._objects[name, optimise] = objects
        return link_program(objects, linked, self._folders.mktemp(name))
