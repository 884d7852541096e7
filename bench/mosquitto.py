"""A mosquitto of our own on a free loopback port, for the time of a measurement."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 5.0


@contextmanager
def mosquitto() -> Iterator[tuple[str, int]]:
    """Start mosquitto with TCP_NODELAY and yield its host and port. Raises what `mosquitto_process` raises."""
    with mosquitto_process() as (address, _process):
        yield address


@contextmanager
def mosquitto_process() -> Iterator[tuple[tuple[str, int], int]]:
    """As `mosquitto`, with the number of the process.

    Raises:
        SystemExit: it is not installed, or does not start.
    """
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise SystemExit("this measurement needs mosquitto; install it (Debian: apt install mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
        process = subprocess.Popen(
            [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(process, port)
            yield ("127.0.0.1", port), process.pid
        finally:
            process.terminate()
            process.wait(START_S)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit("mosquitto did not start")
