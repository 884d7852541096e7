"""What can be sent to a device: a model out of a bundle, or an application image."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cutpoint.board import read_slot_image, slot_image
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import About, ModelId, UpdateKind
from host_tools.flash import AppImage

LARGEST_IMAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """Bytes that a device is to use. `name` is for people; `model_id` is of a model, `chip` of an application."""

    kind: UpdateKind
    name: str
    data: bytes = field(repr=False)
    model_id: ModelId | None = None
    chip: str | None = None


def model_image(bundle: Path, on_board: int | None = None) -> Image:
    """The slot image of a bundle, for a device that is to hold `on_board` operators; all of the bundle's by default.

    Raises UsageError for a folder that is no bundle, and for more operators than it was made for.
    """
    opened = Bundle.open(bundle)
    data = slot_image(opened, on_board)
    image = read_slot_image(data)
    name = f"{image.name}, operators 0 to {image.on_board} of {image.operators}"
    return Image(UpdateKind.MODEL, name, data, ModelId(image.model_id))


def firmware_image(path: Path) -> Image:
    """An application image. Raises UsageError when it cannot be read, is damaged, or is no application."""
    try:
        if path.stat().st_size > LARGEST_IMAGE_BYTES:
            raise UsageError(
                f"{path} is larger than any application; give the app's .bin, not the whole flash"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    app = AppImage.parse(data, str(path))
    if app.description is None:
        raise UsageError(f"{path} is an ESP image without an application's description; is it a bootloader?")
    if app.size != len(data):
        raise UsageError(
            f"{path} has {len(data) - app.size:,} bytes behind its image; give the app's .bin, not a merged file"
        )
    name = f"{app.description.project} {app.description.version} for {app.chip}"
    return Image(UpdateKind.FIRMWARE, name, data, chip=app.chip.name)


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
