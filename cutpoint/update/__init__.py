"""Updates over MQTT as the sender sees them: what is sent, in which steps, and what a device's words mean for it."""

from cutpoint.update.image import Image, check_fit, data_bytes, model_image
from cutpoint.update.transfer import Ending, Outcome, Stage, Transfer
from cutpoint.update.watch import Watch

__all__ = [
    "Ending",
    "Image",
    "Outcome",
    "Stage",
    "Transfer",
    "Watch",
    "check_fit",
    "data_bytes",
    "model_image",
]
