"""A live device at the broker: commands to it, and updates over MQTT."""

from host_tools.remote.images import Image, check_fit, firmware_image, model_image
from host_tools.remote.peer import AbsentError, Peer, Reconnected, tool_client_id
from host_tools.remote.transfer import Ending, Outcome, Stage, Transfer
from host_tools.remote.update import Report, send_update

__all__ = [
    "AbsentError",
    "Ending",
    "Image",
    "Outcome",
    "Peer",
    "Reconnected",
    "Report",
    "Stage",
    "Transfer",
    "check_fit",
    "firmware_image",
    "model_image",
    "send_update",
    "tool_client_id",
]
