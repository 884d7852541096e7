"""The web of one start of a server: bound first, answering once there is something to show, closed at the end."""

from __future__ import annotations

from edge_server.web.address import HttpAddress
from edge_server.web.app import make_app
from edge_server.web.fleet import Fleet
from edge_server.web.listener import WebListener
from edge_server.web.view import FleetView


class Web:
    """`fleet` is to be told of every event."""

    def __init__(self, address: HttpAddress, most_devices: int) -> None:
        """Raises ConfigError when nobody can listen there."""
        self.fleet = Fleet(most_devices)
        self._listener = WebListener(address)

    @property
    def address(self) -> HttpAddress:
        """Where it listens, with the port that was found."""
        return self._listener.address

    def start(self, view: FleetView) -> None:
        """Show this server."""
        self._listener.start(make_app(view))

    def stop(self) -> bool:
        """Show nothing any more; False when that takes longer than two seconds."""
        return self._listener.stop()
