"""A real `cutpoint serve` in a process of its own, which can be killed at any instant and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from cutpoint.errors import UsageError
from host_tools.load.wall_clock import OffsetFile

SAMPLE_S = 1.0
SETTLED_S = 30.0
"""After so long a server has made its tails and met its devices; from then on its memory should stay."""
READY_S = 60.0
STOP_S = 5.0
_LOG_LINES = 8


class ServerProcess:
    """`start`, `kill`, `start` ...; what it logs goes to one file. One thread at a time."""

    def __init__(self, arguments: Sequence[str], *, settable_clock: bool = False) -> None:
        """`arguments` of `cutpoint serve`, without --json. `settable_clock`: its wall clock is `clock` seconds off."""
        self._folder = tempfile.TemporaryDirectory(prefix="cutpoint-load-")
        self.log = Path(self._folder.name) / "serve.log"
        self.clock: OffsetFile | None = None
        self._clock_path = Path(self._folder.name) / "clock"
        if settable_clock:
            self.clock = OffsetFile(self._clock_path)
        self.starts = 0
        self.ready_s = 0.0
        self._arguments = list(arguments)
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """Resident memory now; 0 when it does not run."""
        if not self.running or self._process is None:
            return 0
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    @property
    def cpu_s(self) -> float:
        """Processor time of this life so far, user and system; 0 when it does not run."""
        if not self.running or self._process is None:
            return 0.0
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def start(self) -> None:
        """Start, and return when it serves. Raises UsageError, with the end of its log, when it does not come up."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._module(), "serve", *self._arguments, "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.starts += 1
        assert self._process.stdout is not None
        # A server that hangs instead of ending must not hang the rig as well.
        guard = threading.Timer(READY_S, self._process.kill)
        guard.start()
        first = self._process.stdout.readline()
        guard.cancel()
        if not first:
            self._process.wait()
            raise UsageError(f"cutpoint serve ended before it was ready: {self.last_words()}")
        self.ready_s = time.monotonic() - began

    def kill(self) -> None:
        """As a power cut would end it."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def stop(self) -> None:
        """In good order, or killed when it does not end within seconds. Harmless twice."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def freeze(self, frozen: bool) -> None:
        """Stop it with all its connections, or let it go on."""
        if self.running and self._process is not None:
            os.kill(self._process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def close(self) -> None:
        """`stop`, and remove its log."""
        self.stop()
        self._folder.cleanup()

    def last_words(self) -> str:
        """The last lines of its log."""
        lines = (
            self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        )
        return " | ".join(lines[-_LOG_LINES:]) or "it logged nothing"

    def _module(self) -> list[str]:
        return ["host_tools"] if self.clock is None else ["host_tools.load.wall_clock", str(self._clock_path)]

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


class ServerMemory:
    """Looks at a server's resident memory once a second, on a thread of its own.

    `grown`: the most of any life over what it had half a minute after its start; 1 where all lives were shorter.
    """

    def __init__(self, server: ServerProcess | None) -> None:
        self.most_bytes = 0
        self.grown = 1.0
        self._server = server
        self._settled_bytes = 0
        self._life, self._born_s = 0, 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="server-memory", daemon=True)

    def start(self) -> None:
        if self._server is not None:
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(SAMPLE_S):
            assert self._server is not None
            resident = self._server.resident_bytes
            if not resident:
                continue
            if self._server.starts != self._life:
                self._life, self._born_s, self._settled_bytes = self._server.starts, time.monotonic(), 0
            self.most_bytes = max(self.most_bytes, resident)
            if time.monotonic() - self._born_s >= SETTLED_S:
                self._settled_bytes = self._settled_bytes or resident
                self.grown = max(self.grown, resident / self._settled_bytes)
