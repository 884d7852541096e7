"""Programs of `firmware/qemu`, compiled once a run and linked with other files as often as a test likes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from host_tools.qemu import Machine, Objects, Program, compile_program, core_sources, link_program


class Builder:
    """Builds for one machine."""

    def __init__(self, machine: Machine, folders: pytest.TempPathFactory) -> None:
        self.machine = machine
        self._folders = folders
        self._objects: dict[tuple[str, str], Objects] = {}

    def program(self, name: str, linked: Mapping[str, bytes], optimise: str = "-O2") -> Program:
        """The program with all of the core, of which what nobody calls is dropped."""
        objects = self._objects.get((name, optimise))
        if objects is None:
            folder = self._folders.mktemp(f"{name}{optimise}")
            objects = compile_program(self.machine, name, folder, sources=core_sources(), optimise=optimise)
            self._objects[name, optimise] = objects
        return link_program(objects, linked, self._folders.mktemp(name))
