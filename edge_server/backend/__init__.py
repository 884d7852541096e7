"""What runs the tails: the port, and the threads of this process behind it."""

from edge_server.backend.port import Backend, ResidentTail
from edge_server.backend.threads import ThreadBackend

__all__ = ["Backend", "ResidentTail", "ThreadBackend"]
