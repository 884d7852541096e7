"""What a machine needs to build for boards and to write them; all of it is optional: at worst a warning."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cutpoint.errors import CutpointError
from host_tools.flash import Esptool, usb_ports
from host_tools.health import Check, Health
from host_tools.toolchain import find_idf, find_pio

INSTALL = "pip install 'cutpoint[board]'"


def board_checks() -> Iterator[Callable[[], Check]]:
    """The checks of this file, in order."""
    yield from (esptool, settings_generator, serial_ports, toolchains)


def esptool() -> Check:
    """esptool, which writes boards."""
    try:
        found = Esptool.find()
    except CutpointError as error:
        return Check("esptool", Health.warn, str(error).partition(": pip")[0], INSTALL)
    return Check("esptool", Health.ok, f"{found.version} at {found.path}")


def settings_generator() -> Check:
    """The NVS generator and pyserial, which `provision` and the serial monitor use."""
    from importlib.util import find_spec

    names = {"esp_idf_nvs_partition_gen": "esp-idf-nvs-partition-gen", "serial": "pyserial"}
    missing = [package for module, package in names.items() if find_spec(module) is None]
    if missing:
        return Check("board", Health.warn, f"no {' and no '.join(missing)}", INSTALL)
    return Check("board", Health.ok, "NVS images and serial lines work")


def serial_ports(ports: Callable[[], list[str]] = usb_ports) -> Check:
    """Serial ports on USB, and the right to use them."""
    found = ports()
    if not found:
        return Check("ports", Health.ok, "no board is connected over USB")
    closed = [port for port in found if not os.access(port, os.R_OK | os.W_OK) and Path(port).exists()]
    if closed:
        return Check(
            "ports",
            Health.warn,
            f"no right to use {', '.join(closed)}",
            "on Linux: sudo usermod -aG dialout $USER, then log in again",
        )
    return Check("ports", Health.ok, ", ".join(found))


def toolchains() -> Check:
    """PlatformIO or ESP-IDF, either of which builds the firmware."""
    pio, idf = find_pio(), find_idf()
    found = [*(["PlatformIO at " + pio] if pio else []), *(["ESP-IDF by " + idf[-1]] if idf else [])]
    if found:
        return Check("firmware", Health.ok, ", ".join(found))
    return Check(
        "firmware",
        Health.warn,
        "neither PlatformIO nor ESP-IDF",
        "to build the firmware: pip install platformio, or source ESP-IDF's export.sh",
    )
