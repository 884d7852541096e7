"""The broker of the harness: mosquitto where it is installed, amqtt else; or one that is already there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cutpoint.bus import EmbeddedBroker, MqttBus
from cutpoint.errors import UsageError

START_S = 10.0


class HilBroker:
    """A broker on an address of this machine that can be lost and brought back, at the same port.

    Given an address where a broker answers already, that one is used, and `own` is False: it cannot be lost.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises UsageError when nothing answers there and the address is not this machine's."""
        self.own = port == 0 or not _listens(host, port)
        if self.own and not _is_ours(host, port):
            raise UsageError(
                f"no broker answers at {host}:{port}, and that address is not this machine's; start one there, "
                "or name an address of this machine"
            )
        self.host, self.port = host, port or _free_port(host)
        self._folder = tempfile.TemporaryDirectory(prefix="cutpoint-broker-")
        self._process: subprocess.Popen[bytes] | None = None
        self._embedded: EmbeddedBroker | None = None
        self.kind = _kind(host) if self.own else "given"

    def start(self) -> None:
        """Listen; returns when clients can connect. A given broker is left alone."""
        if not self.own or self._process is not None or self._embedded is not None:
            return
        if self.kind == "amqtt":
            self._embedded = EmbeddedBroker(self.port)
            self._embedded.start()
            return
        binary = _mosquitto()
        assert binary is not None
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} {self.host}\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n"
            # As root it would become its own user, who may not read this folder.
            "log_type error\n" + ("user root\n" if os.geteuid() == 0 else "")
        )
        self._process = subprocess.Popen(
            [binary, "-c", str(folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + START_S
        while not _listens(self.host, self.port):
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise UsageError(f"{binary} does not listen on {self.host}:{self.port}; is the port taken?")
            time.sleep(0.02)

    def stop(self) -> None:
        """Die as a broker that crashes: no farewell, retained messages gone. Harmless twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._embedded is not None:
            self._embedded.stop()
            self._embedded = None

    def close(self) -> None:
        """`stop`, and remove the settings file."""
        self.stop()
        self._folder.cleanup()

    @property
    def pid(self) -> int | None:
        """The process of a mosquitto that runs; None for one in this process, or a given one."""
        return None if self._process is None else self._process.pid

    def bus(self, client_id: str) -> MqttBus:
        """A connection of that name, not connected yet; impatient to come back."""
        return MqttBus(self.host, self.port, client_id, reconnect_s=(0.05, 0.5))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


def _kind(host: str) -> str:
    if _mosquitto() is not None:
        return "mosquitto"
    if host not in ("127.0.0.1", "localhost"):
        raise UsageError(
            f"a broker on {host} needs mosquitto, which is not installed; amqtt listens on loopback only"
        )
    return "amqtt"


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_ours(host: str, port: int) -> bool:
    try:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
    except OSError:
        return False
    return True


def _free_port(host: str) -> int:
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])
