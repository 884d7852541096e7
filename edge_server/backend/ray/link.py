"""The process that speaks with Ray, as the server sees it: started, told, heard, ended."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Self

from edge_server.backend.ray.cluster import ClusterError
from edge_server.backend.ray.messages import Learn, Made, Make, Order, Ran, Refused, Run, Standing

_START_S = 90.0
_LOOK_S = 0.5
# A process that takes nothing for so long is given up: half a message is in the way of all others.
_TAKES_S = 2


class BridgeLink:
    """One process and the pipe to it. One thread sends at a time, and one receives."""

    def __init__(self, pipe: Connection, process: subprocess.Popen[bytes] | None = None) -> None:
        self._pipe = pipe
        self._process = process

    @classmethod
    def open(cls, order: Order, ended: threading.Event) -> tuple[Self, Standing]:
        """Start the process and wait for its first host, until `ended`. Raises ClusterError, and leaves nothing."""
        pipe, theirs = pipe_pair()
        with theirs:
            number = theirs.fileno()
            process = subprocess.Popen(
                [sys.executable, "-m", "edge_server.backend.ray.bridge", str(number)],
                pass_fds=(number,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is the server's, which ends this process when it has answered.
                start_new_session=True,
            )
        link = cls(pipe, process)
        try:
            pipe.send(order)
            return link, link._first_standing(ended)
        except (EOFError, OSError) as error:
            link.abandon()
            raise ClusterError(
                "the process that speaks with Ray ended before it had a host; try: python -m edge_server.backend.ray"
            ) from error
        except ClusterError:
            link.abandon()
            raise

    @property
    def process(self) -> int | None:
        """The number of the process."""
        return None if self._process is None else self._process.pid

    def send(self, message: Learn | Make | Run) -> bool:
        """False when it does not arrive any more; whoever receives then hears of the end (EOFError)."""
        try:
            self._pipe.send(message)
        except (OSError, ValueError):
            self._shut()
            return False
        return True

    def receive(self, timeout_s: float) -> Standing | Made | Ran | Refused | None:
        """What the process says next, None after `timeout_s`. Raises EOFError or OSError when it is gone."""
        if not self._pipe.poll(timeout_s):
            return None
        said: Standing | Made | Ran | Refused = self._pipe.recv()
        return said

    def end(self, timeout_s: float) -> None:
        """Let it end, and wait for that, at most so long: a cluster of our own takes a second or two."""
        self._shut()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)

    def abandon(self) -> None:
        """End it now. By whoever receives."""
        with contextlib.suppress(OSError):
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _first_standing(self, ended: threading.Event) -> Standing:
        give_up = time.monotonic() + _START_S
        while time.monotonic() < give_up and not ended.is_set():
            said = self.receive(_LOOK_S)
            if isinstance(said, Refused):
                raise ClusterError(said.sentence)
            if isinstance(said, Standing) and said.hosts:
                return said
        raise ClusterError(
            f"the Ray cluster gave no host for tails within {_START_S:g} s; check its state (ray status)"
        )

    def _shut(self) -> None:
        # By a copy of the descriptor, because closing is the receiving thread's.
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._pipe.fileno())) as ours:
            ours.shutdown(socket.SHUT_RDWR)


def pipe_pair() -> tuple[Connection, socket.socket]:
    """This process's end, whose writes give up on a peer that takes nothing, and the other's."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _TAKES_S, 0))
    return Connection(ours.detach()), theirs
