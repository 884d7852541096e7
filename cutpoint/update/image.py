"""What can be sent to a device, and whether a device says that it could take it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint.board import read_slot_image, slot_image
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import MOST_UPDATE_DATA_BYTES, SEAL_BYTES, About, ModelId, UpdateKind

_FRAME_HEAD_BYTES = 32 + 4
_DATA_HEAD_BYTES = 8
_LEAST_DATA_BYTES = 64


@dataclass(frozen=True, slots=True)
class Image:
    """Bytes that a device is to use. `name` is for people; `model_id` is of a model, `chip` of an application."""

    kind: UpdateKind
    name: str
    data: bytes = field(repr=False)
    model_id: ModelId | None = None
    chip: str | None = None


def model_image(bundle: Bundle, on_board: int | None = None) -> Image:
    """The slot image of a bundle, for a device that is to hold `on_board` operators; all of the bundle's by default.

    Raises UsageError for more operators than it was made for.
    """
    data = slot_image(bundle, on_board)
    image = read_slot_image(data)
    name = f"{image.name}, operators 0 to {image.on_board} of {image.operators}"
    return Image(UpdateKind.MODEL, name, data, ModelId(image.model_id))


def check_fit(image: Image, about: About) -> None:
    """Raise UsageError when what a device says of itself shows that it cannot take the image."""
    takes = about.update
    if takes == "off" or (takes == "model" and image.kind is UpdateKind.FIRMWARE):
        raise UsageError(
            f"the device does not take new {image.kind} over MQTT: its setting `update` is {takes}"
        )
    if image.kind is UpdateKind.MODEL and about.slot_bytes is not None and len(image.data) > about.slot_bytes:
        raise UsageError(
            f"the image has {len(image.data):,} bytes, the device's model slot {about.slot_bytes:,}; "
            "a smaller K (--operators) may fit"
        )
    if image.chip is not None and about.chip is not None:
        chip = about.chip.lower().replace("-", "").split(" ")[0]
        if chip.startswith("esp32") and chip != image.chip:
            raise UsageError(f"the application is for {image.chip}, the device is {about.chip}")


def data_bytes(about: About | None, *, sealed: bool) -> int:
    """Bytes of an image that fit one command, in frames that the device takes."""
    most = None if about is None else about.max_payload
    if most is None:
        return MOST_UPDATE_DATA_BYTES
    room = most - _FRAME_HEAD_BYTES - _DATA_HEAD_BYTES - (SEAL_BYTES if sealed else 0)
    return max(_LEAST_DATA_BYTES, min(MOST_UPDATE_DATA_BYTES, room))
