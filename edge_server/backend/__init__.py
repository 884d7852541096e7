"""What runs the tails: the port, and behind it the threads of this process, or Ray actors."""

from edge_server.backend.making import make_backend
from edge_server.backend.port import Backend, ResidentTail
from edge_server.backend.threads import ThreadBackend

__all__ = ["Backend", "ResidentTail", "ThreadBackend", "make_backend"]
