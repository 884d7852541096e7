"""The wire to a device's console: bytes in, lines out, and the power switch where there is one."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

STOP_S = 5.0
LONGEST_LINE = 4096
"""Bytes of a line that are kept; boot ROMs and noise can send a lot without an end."""


class Line(Protocol):
    """One device's console. Lines come without their end, undecodable bytes replaced."""

    @property
    def name(self) -> str:
        """For messages: a port, a program."""
        ...

    @property
    def bytes_per_s(self) -> float | None:
        """How fast bytes reach the device; None where nothing limits it worth mentioning."""
        ...

    @property
    def pid(self) -> int | None:
        """The process that is the device, when one is: its memory is the device's."""
        ...

    def open(self) -> None:
        """Power on, or take hold of a board that runs. Raises UsageError with what to do."""
        ...

    def close(self) -> None:
        """Power off, or let go. Harmless twice."""
        ...

    def cannot_cycle(self) -> str | None:
        """Why this line can neither cut the power nor pull reset; None when it can."""
        ...

    def cycle(self) -> None:
        """Cut the power for a moment, or pull reset. Only on a line that can."""
        ...

    def write(self, data: bytes) -> None:
        """Raw bytes to the device."""
        ...

    def read(self, timeout_s: float) -> str | None:
        """The next line, or None when none came in time."""
        ...


class ProcessLine:
    """A device that is a process of its own, its console on standard input and output."""

    bytes_per_s = None

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.name = Path(command[0]).name
        self._command, self._log = list(command), log
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def open(self) -> None:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0
            )
        self._process = process
        threading.Thread(target=self._collect, args=(process,), name="hil-console", daemon=True).start()

    def close(self) -> None:
        """End of input is the order to leave; a process that does not is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def cannot_cycle(self) -> str | None:
        return None

    def cycle(self) -> None:
        """SIGKILL, and another process: what a power cut is to a board."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        self.open()

    def write(self, data: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[process.stdin.write(rest) or 0 :]
        except BrokenPipeError:
            return  # It died; whoever waits for its answer will say so.

    def read(self, timeout_s: float) -> str | None:
        try:
            return self._lines.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout, self._log.open("ab") as log:
            for line in iter(lambda: process.stdout.readline(LONGEST_LINE) if process.stdout else b"", b""):
                log.write(line)
                log.flush()
                self._lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
