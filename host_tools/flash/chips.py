"""The chips that the firmware is built for, as their image headers and their bootloaders know them."""

from __future__ import annotations

from dataclasses import dataclass

from cutpoint.errors import UsageError


@dataclass(frozen=True, slots=True)
class Chip:
    """One kind of chip.

    `name` is esptool's, `title` what esptool prints and ESP Web Tools calls chipFamily, `image_id` the chip id in an
    image's extended header (esp_app_format.h), `bootloader` the address at which its ROM looks for the second stage.
    """

    name: str
    title: str
    image_id: int
    bootloader: int

    def __str__(self) -> str:
        return self.title


CHIPS = (
    Chip("esp32", "ESP32", 0, 0x1000),
    Chip("esp32s2", "ESP32-S2", 2, 0x1000),
    Chip("esp32c3", "ESP32-C3", 5, 0x0),
    Chip("esp32s3", "ESP32-S3", 9, 0x0),
    Chip("esp32c2", "ESP32-C2", 12, 0x0),
    Chip("esp32c6", "ESP32-C6", 13, 0x0),
    Chip("esp32h2", "ESP32-H2", 16, 0x0),
    Chip("esp32p4", "ESP32-P4", 18, 0x2000),
)


def chip_named(name: str) -> Chip:
    """The chip of that name, in esptool's spelling or in the data sheet's.

    Raises:
        UsageError: no such chip is known.
    """
    wanted = name.lower().replace("-", "")
    for chip in CHIPS:
        if chip.name == wanted:
            return chip
    raise UsageError(f"chip {name!r} is not known; expected one of {', '.join(chip.name for chip in CHIPS)}")


def chip_of_image(image_id: int) -> Chip | None:
    """The chip with that id in an image header; None for one that is not known."""
    return next((chip for chip in CHIPS if chip.image_id == image_id), None)
