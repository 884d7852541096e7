"""esptool as a command: found, run, listened to, and its complaints turned into sentences.

It is GPL and therefore never imported; what it prints is its interface. Written for its version 5.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash.complaints import explain

ENVIRONMENT = "CUTPOINT_ESPTOOL"
OLDEST_MAJOR = 5
INSTALL = "pip install 'cutpoint[board]'"
END_TIMEOUT_S = 3.0
VERSION_TIMEOUT_S = 30.0
MOST_LINES = 2000
WIDTH = "300"

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Esptool:
    """An esptool on this machine."""

    path: str
    version: str

    @staticmethod
    def find() -> Esptool:
        """The esptool of $CUTPOINT_ESPTOOL, of the PATH, or beside this Python.

        Raises:
            UsageError: there is none, or it is too old.
        """
        beside = Path(sys.executable).parent / "esptool"
        named = os.environ.get(ENVIRONMENT)
        places = [named] if named else [shutil.which("esptool"), str(beside) if beside.is_file() else None]
        too_old = None
        for place in dict.fromkeys(place for place in places if place):
            version = _version(place)
            if int(version.partition(".")[0]) >= OLDEST_MAJOR:
                return Esptool(place, version)
            too_old = f"{place} is esptool {version}; {OLDEST_MAJOR} or newer is needed: {INSTALL}"
        raise UsageError(too_old or f"esptool is not installed; it speaks to the board's ROM: {INSTALL}")

    def run(self, arguments: Sequence[str], port: str | None, told: Told | None = None) -> list[str]:
        """Run it to its end and give every line that it printed; `told` gets each as it comes.

        Raises:
            BoardError: it failed; the sentence says why and what to do.
        """
        lines: list[str] = []
        process = _start([self.path, *(["--port", port] if port else []), *arguments])
        try:
            assert process.stdout is not None
            for line in process.stdout:
                # Progress is printed over itself with carriage returns where esptool takes us for a terminal.
                for text in filter(None, (part.rstrip() for part in re.split(r"[\r\n]", line))):
                    if len(lines) < MOST_LINES:
                        lines.append(text)
                    if told is not None:
                        told(text)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        if code:
            raise explain(lines, port, code)
        return lines


def _start(command: list[str]) -> subprocess.Popen[str]:
    quiet = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": WIDTH, "PYTHONIOENCODING": "utf-8"}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | quiet,
        )
    except OSError as error:
        raise UsageError(f"cannot run {command[0]}: {error.strerror}; {INSTALL}") from error


def _end(process: subprocess.Popen[str]) -> None:
    """A board whose writing is cut off is written again; its ROM cannot be harmed."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _version(path: str) -> str:
    process = _start([path, "version"])
    try:
        printed, _ = process.communicate(timeout=VERSION_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{path} version does not end; {INSTALL}") from error
    finally:
        _end(process)
    match = re.search(r"(\d+\.\d+[\w.]*)", printed)
    if process.returncode or match is None:
        last = (printed.strip().splitlines() or ["nothing"])[-1]
        raise UsageError(f"{path} does not say its version but {last!r}; install it again: {INSTALL}")
    return match[1]
