"""The web on a thread of its own: whatever becomes of it, devices are served."""

from __future__ import annotations

import logging
import socket
import threading

import uvicorn
from fastapi import FastAPI

from edge_server.errors import ConfigError
from edge_server.logs import log_event
from edge_server.web.address import HttpAddress
from edge_server.web.connection import TimedConnection

log = logging.getLogger("edge_server")

_LONGEST_HEAD = 16 << 10
_GRACE_S = 1
_BACKLOG = 128


class WebListener:
    """Listens from `start` to `stop`, once. `address` is where, with the port that was found for port 0."""

    def __init__(self, address: HttpAddress) -> None:
        """Bind, so that a taken port is known at once; raises ConfigError with what to do."""
        self._socket = _bound(address)
        self.address = HttpAddress(address.host, int(self._socket.getsockname()[1]))
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: FastAPI) -> None:
        """Answer requests with `app` from now on."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=TimedConnection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="error",  # a stranger's bad request is no news
                access_log=False,
                server_header=False,
                h11_max_incomplete_event_size=_LONGEST_HEAD,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._thread = threading.Thread(
            target=self._listen, args=(self._server,), name="edge-web", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Answer what is being asked, and end; False when that takes longer. Harmless when repeated."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._socket.close()
        return self._thread is None or not self._thread.is_alive()

    def _listen(self, server: uvicorn.Server) -> None:
        try:
            server.run(sockets=[self._socket])
        except (Exception, SystemExit) as error:  # noqa: BLE001  the log has its traceback
            # Devices are served without it; a probe that is not answered tells the operator.
            log_event(log, logging.ERROR, "web_failed", error)


def _bound(address: HttpAddress) -> socket.socket:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(
            f"http {address}: no such address here ({error}); name one of this machine"
        ) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"http {address}: cannot listen there ({error.strerror or error}); end what holds the port, or name "
            "another one (port 0 takes any that is free)"
        ) from error
    return listening
