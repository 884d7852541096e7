"""One HTTP connection, held to time limits: who is slow, or says nothing, keeps nobody out."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 5.0
"""How long a client may take to send a request: its first, or the next on the same connection."""
ANSWER_S = 30.0
"""How long it may take from a request until its answer is read."""
MOST_CONNECTIONS = 256
"""At once; the one that is open for longest ends for the next."""


class TimedConnection(H11Protocol):
    """uvicorn's connection, which by itself waits for ever for the head of a request, and for a reader."""

    _opened_s = 0.0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._opened_s = self.loop.time()
        if len(self.connections) > MOST_CONNECTIONS:
            timed = [other for other in self.connections if isinstance(other, TimedConnection)]
            min(timed, key=lambda other: other._opened_s).transport.abort()
        self._end_after(REQUEST_S)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._limit is not None:
            self._limit.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._end_after(ANSWER_S)

    def on_response_complete(self) -> None:
        self._end_after(REQUEST_S)
        super().on_response_complete()

    def _end_after(self, seconds: float) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self.loop.call_later(seconds, self.transport.abort)
