"""An application image, read and checked, as what can be sent to a device."""

from __future__ import annotations

from pathlib import Path

from cutpoint.errors import UsageError
from cutpoint.update import Image
from cutpoint.wire import UpdateKind
from host_tools.flash import AppImage

LARGEST_IMAGE_BYTES = 16 << 20


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
