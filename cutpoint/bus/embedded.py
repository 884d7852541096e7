"""A broker in this process for those who have none: amqtt, on loopback, on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial
from types import TracebackType
from typing import Any, Self

from cutpoint.bus.port import BrokerError

_HOST = "127.0.0.1"
_LISTENER = "default"
_START_S = 10.0
_STOP_S = 5.0


class EmbeddedBroker:
    """An MQTT 3.1.1 broker for demonstrations and tests: anonymous, nothing kept on disk, loopback only.

    The listening socket is ours rather than amqtt's ("external" listener), so port 0 can be asked for its
    number. asyncio sets TCP_NODELAY on every accepted socket.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._bound = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._stop: asyncio.Event | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that clients connect to; the port is known once started."""
        return _HOST, self._bound or self._port

    def start(self) -> None:
        """Listen; returns when clients can connect. Raises BrokerError when the port is taken."""
        if self._thread is not None:
            return
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)
        self._thread.start()
        in_time = self._ready.wait(_START_S)
        if in_time and self._failure is None:
            return
        failure = self._failure
        self.stop()
        if isinstance(failure, OSError):
            raise BrokerError(
                f"embedded broker: port {self._port} on {_HOST} cannot be used ({failure.strerror}); "
                "choose another, or 0 for any free one"
            ) from failure
        raise BrokerError(f"embedded broker did not start: {failure or f'not ready within {_START_S:g} s'}")

    def stop(self) -> None:
        """Disconnect everyone and free the port. Harmless when repeated; `start` may follow."""
        thread, self._thread = self._thread, None
        loop, stop = self._loop, self._stop
        if thread is None:
            return
        if loop is not None and stop is not None and loop.is_running():
            loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=_STOP_S)
        self._loop = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001  handed to the thread that waits in start()
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        # Imported here because it costs a tenth of a second and most processes use another broker.
        from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
        from amqtt.broker import Broker

        for name in ("amqtt", "transitions"):
            # It reports every connection at INFO and every lost socket at WARNING.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        broker = Broker(
            {
                "listeners": {_LISTENER: {"type": "external", "bind": f"{_HOST}:0"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await broker.external_connected(
                StreamReaderAdapter(reader), StreamWriterAdapter(writer), _LISTENER
            )

        server = await asyncio.start_server(accept, _HOST, self._bound or self._port, reuse_address=True)
        try:
            self._bound = server.sockets[0].getsockname()[1]
            await broker.start()
            self._loop.set_exception_handler(partial(_quiet, logging.getLogger(__name__)))
            self._ready.set()
            await self._stop.wait()
        finally:
            server.close()
            await broker.shutdown()


def _quiet(log: logging.Logger, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A client that vanished in mid-sentence is no news; asyncio would print a traceback for it."""
    log.debug("event=embedded_broker_note message=%s", context.get("message"))
