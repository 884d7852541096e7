"""A live device at the broker: commands to it, and updates over MQTT."""

from host_tools.remote.images import firmware_image
from host_tools.remote.peer import AbsentError, Peer, Reconnected, tool_client_id
from host_tools.remote.update import Report, send_update

__all__ = [
    "AbsentError",
    "Peer",
    "Reconnected",
    "Report",
    "firmware_image",
    "send_update",
    "tool_client_id",
]
