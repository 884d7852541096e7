"""Ways into the server, a folder each, behind one port."""

from edge_server.gateway.port import Arrival, Gateway

__all__ = ["Arrival", "Gateway"]
