"""From options to a target: which line it hangs on, and what it cannot do."""

from __future__ import annotations

import sys
from pathlib import Path

from cutpoint.board import slot_image
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.flash import plan_firmware, read_build, write_whole
from host_tools.hil.broker import HilBroker
from host_tools.hil.line import ProcessLine
from host_tools.hil.options import HilOptions
from host_tools.hil.target import HilTarget
from host_tools.provision import Given, gather, nvs_image
from host_tools.shipped import shipped_models

HOST_ID, QEMU_ID = "hil-host", "hil-qemu"
LOOPBACK = ("127.0.0.1", "localhost")
EMULATED_BYTES = 4 << 20
"""The flash of `-machine esp32`."""
GUEST_HOST = "10.0.2.2"
"""Where an emulator's guest finds loopback of this machine (QEMU's user network)."""
PATIENCE = {"host": 1.0, "qemu": 6.0, "serial": 4.0}
PROVES = {
    "host": "the device on this PC: the firmware's session and frames, a PC's kernels, network and storage",
    "qemu": "firmware in an emulator: its code and kernels, not the chip's timing or radio",
    "serial": "a board",
}


def default_bundle() -> Path:
    """The shipped model that fits a plain ESP32, or the shipped one where that is missing."""
    models = shipped_models()
    small = models / "fomo_digits_64.cut"
    return small if small.is_dir() else models / "fomo_digits.cut"


def make_target(options: HilOptions, broker: HilBroker, bundle: Bundle, folder: Path) -> HilTarget:
    """The target that was asked for, not powered yet. Raises UsageError."""
    if options.target == "host":
        command = [sys.executable, "-m", "host_tools.hil.software_board", "--id", HOST_ID]
        command += ["--bundle", str(bundle.path), "--host", broker.host, "--port", str(broker.port)]
        command += ["--folder", str(folder / "board"), "--root", options.root]
        return HilTarget("host", ProcessLine(command, folder / "console.log"))
    from host_tools.hil.embedded import EmulatorLine, SerialLine

    if options.target == "qemu":
        image = (
            options.image if options.image is not None else provisioned_image(options, broker, bundle, folder)
        )
        return HilTarget("qemu", EmulatorLine(options.qemu, image, folder))
    if options.port is None:
        raise UsageError("--target serial needs the board's --port")
    return HilTarget("serial", SerialLine(options.port, options.baud, folder))


def provisioned_image(options: HilOptions, broker: HilBroker, bundle: Bundle, folder: Path) -> Path:
    """A flash image from a build folder, with settings for this broker and this bundle's model. Raises UsageError.

    The guest reaches a broker on loopback at 10.0.2.2. The id is the option `--device`, or `hil-qemu`.
    """
    if options.build_dir is None:
        raise UsageError("--target qemu needs a --build-dir to make an image of")
    host = GUEST_HOST if broker.host in LOOPBACK else broker.host
    values = {
        "id": options.device or QEMU_ID,
        "broker": f"mqtt://{host}:{broker.port}",
        "root": options.root,
        "input": "serial",
        "tele_ms": "2000",
    }
    given = [Given(key, text, "the test harness") for key, text in values.items()]
    settings = nvs_image("cutpoint", gather(given).entries())
    plan = plan_firmware(
        read_build(options.build_dir),
        model=(slot_image(bundle), bundle.name),
        settings=(settings, "the test harness"),
        flash_size=EMULATED_BYTES,
    )
    image = folder / "provisioned.bin"
    write_whole(image, plan.image(), 0o600)
    return image
