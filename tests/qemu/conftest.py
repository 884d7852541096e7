"""The machines of QEMU, and programs built for them."""

from __future__ import annotations

import os

import pytest
from qemu_programs import Builder

from host_tools.qemu import MACHINES, Machine


@pytest.fixture(scope="session", params=MACHINES, ids=lambda machine: machine.name)
def machine(request: pytest.FixtureRequest) -> Machine:
    """Each machine; where something it needs is missing a skip, and on CI, where all is installed, a failure."""
    found: Machine = request.param
    if missing := found.missing():
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain(f"{found.name} needs Debian's {' and '.join(missing)}")
    return found


@pytest.fixture(scope="session")
def builder(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Builds programs for the machine; compiles each once."""
    return Builder(machine, tmp_path_factory)
