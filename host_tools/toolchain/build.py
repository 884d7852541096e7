"""Run PlatformIO or idf.py for one board, as a child that owns the terminal meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.toolchain.environments import Environment
from host_tools.toolchain.found import IDF_BUILDS, PIO_BUILDS
from host_tools.toolchain.source_tree import FIRMWARE

GIVE_UP_S = 10.0


class BuildTool(StrEnum):
    """What builds."""

    pio = "pio"
    idf = "idf"


@dataclass(frozen=True, slots=True)
class BuildCommand:
    """A command line, and the folder that it leaves the build in."""

    tool: BuildTool
    arguments: tuple[str, ...]
    folder: Path


def find_pio() -> str | None:
    """PlatformIO's command, or None."""
    beside = Path(sys.executable).parent / "pio"
    own = Path.home() / ".platformio/penv/bin/pio"
    found = shutil.which("pio") or shutil.which("platformio")
    return found or next((str(place) for place in (beside, own) if place.is_file()), None)


def find_idf() -> tuple[str, ...] | None:
    """idf.py as a command: of the PATH, or of $IDF_PATH with the Python of its environment; None without either."""
    if (found := shutil.which("idf.py")) is not None:
        return (found,)
    script = Path(os.environ.get("IDF_PATH", "")) / "tools/idf.py"
    if not os.environ.get("IDF_PATH") or not script.is_file():
        return None
    environment = os.environ.get("IDF_PYTHON_ENV_PATH")
    python = Path(environment) / "bin/python" if environment else None
    return (str(python) if python is not None and python.is_file() else "python3", str(script))


def build_command(
    tree: Path, environment: Environment, tool: BuildTool | None, extra: tuple[str, ...] = ()
) -> BuildCommand:
    """The command that builds an environment: with PlatformIO where it is installed, else with ESP-IDF.

    `extra` goes to the tool as it is, behind its own arguments.

    Raises:
        UsageError: neither tool is here, or not the one that was asked for.
    """
    pio, idf = find_pio(), find_idf()
    if tool is None:
        tool = BuildTool.pio if pio is not None else BuildTool.idf
        if pio is None and idf is None:
            raise UsageError(
                "neither PlatformIO nor ESP-IDF is here: pip install platformio, or install ESP-IDF 5.1 or newer and "
                "source its export.sh in this shell"
            )
    if tool is BuildTool.pio:
        if pio is None:
            raise UsageError("PlatformIO is not installed: pip install platformio, or build --with idf")
        if not (tree / "platformio.ini").is_file():
            raise UsageError(f"{tree} has no platformio.ini; build --with idf")
        arguments = (pio, "run", "--project-dir", str(tree), "--environment", environment.name, *extra)
        return BuildCommand(tool, arguments, tree / PIO_BUILDS / environment.name)
    if idf is None:
        raise UsageError(
            "idf.py is not here: source the export.sh of ESP-IDF 5.1 or newer in this shell, or build --with pio"
        )
    folder = tree / IDF_BUILDS / environment.name
    return BuildCommand(
        tool,
        (
            *idf,
            *("-C", str(tree / FIRMWARE), "-B", str(folder)),
            f"-DCUTPOINT_BOARD={environment.name}",
            f"-DIDF_TARGET={environment.chip.name}",
            # Beside the build and not in the sources, so that one board's choices never reach another's.
            f"-DSDKCONFIG={folder / 'sdkconfig'}",
            *extra,
            "build",
        ),
        folder,
    )


def run_build(command: BuildCommand) -> int:
    """Run it to its end; its output is the user's. Gives its exit code.

    Raises:
        UsageError: it cannot be started.
    """
    try:
        process = subprocess.Popen(command.arguments)
    except OSError as error:
        raise UsageError(f"cannot run {command.arguments[0]}: {error.strerror}") from error
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GIVE_UP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
