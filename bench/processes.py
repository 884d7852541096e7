"""The other processes of a measurement: the edge server as a user starts it, and an echo as its baseline."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

STOP_S = 5.0


@dataclass(slots=True)
class Started:
    """A process and the seconds from its start to its first line, which says that it is ready."""

    process: subprocess.Popen[str]
    ready_s: float

    @property
    def resident_bytes(self) -> int:
        """Resident memory now."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def cpu_s(self) -> float:
        """Processor time so far, user and system."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def started(*arguments: str, stdin: bool = False) -> Iterator[Started]:
    """Run `python ARGUMENTS` until the end of the block; the first line on its standard output says ready."""
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"python {' '.join(arguments)} ended before it was ready")
        yield Started(process, perf_counter() - began)
    finally:
        process.terminate()
        process.wait(STOP_S)


@contextmanager
def edge_server(models: Path, broker: tuple[str, int], *, cut: int, kernels: str) -> Iterator[Started]:
    """`cutpoint serve` with every device at one cut, and with time to wait: a slow answer is measured, not given up."""
    host, port = broker
    with started(
        "-m",
        "host_tools",
        "serve",
        "--models",
        str(models),
        "--broker",
        f"{host}:{port}",
        "--policy",
        f"fixed:{cut}",
        "--kernels",
        kernels,
        "--deadline-ms",
        "5000",
        "--json",
    ) as server:
        yield server


@contextmanager
def echo(broker: tuple[str, int]) -> Iterator[Started]:
    """A client that sends every activation back as it came."""
    with started("-m", "bench.echo", broker[0], str(broker[1])) as process:
        yield process
