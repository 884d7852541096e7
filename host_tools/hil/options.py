"""The options of a hardware-in-the-loop run, from pytest's command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cutpoint.errors import UsageError

TARGETS = ("host", "qemu", "serial")


class Parser(Protocol):
    """pytest's option group, as far as it is used here."""

    def addoption(self, *names: str, **settings: Any) -> None: ...


class Config(Protocol):
    """pytest's configuration, as far as it is used here."""

    def getoption(self, name: str, default: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class HilOptions:
    """Checked when made. `broker`: None is one of the harness's own on a free port of loopback."""

    target: str = "host"
    port: str | None = None
    baud: int = 115200
    image: Path | None = None
    build_dir: Path | None = None
    qemu: str = "qemu-system-xtensa"
    broker: tuple[str, int] | None = None
    root: str = "cutpoint/1"
    device: str | None = None
    bundle: Path | None = None
    power: str | None = None
    power_mv: int = 3300
    power_source: bool = False
    report: Path | None = None

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise UsageError(f"--target is {self.target!r}; give {', '.join(TARGETS)}")
        if self.target == "serial" and self.port is None:
            raise UsageError("--target serial needs the board's --port, for instance /dev/ttyUSB0")
        if self.target == "qemu" and (self.image is None) == (self.build_dir is None):
            raise UsageError(
                "--target qemu needs either --image flash.bin or the --build-dir of a build for it"
            )
        if self.target == "serial" and self.broker is None:
            raise UsageError(
                "--target serial needs the --broker HOST:PORT that the board is provisioned with"
            )


def add_options(group: Parser) -> None:
    """Declare them; those that another plugin (pytest-embedded's) declared already are shared with it."""
    for name, settings in _OPTIONS.items():
        try:
            group.addoption(name, **settings)
        except ValueError:
            continue


def read_options(config: Config) -> HilOptions:
    """Raises UsageError with one sentence."""

    def path(name: str) -> Path | None:
        text = config.getoption(name)
        return None if text is None else Path(text)

    return HilOptions(
        target=config.getoption("target") or "host",
        port=config.getoption("port"),
        baud=int(config.getoption("baud") or 115200),
        image=path("image"),
        build_dir=path("build_dir"),
        qemu=config.getoption("qemu") or "qemu-system-xtensa",
        broker=_address(config.getoption("hil_broker")),
        root=config.getoption("hil_root") or "cutpoint/1",
        device=config.getoption("hil_device"),
        bundle=path("bundle"),
        power=config.getoption("power"),
        power_mv=int(config.getoption("power_mv") or 3300),
        power_source=bool(config.getoption("power_source")),
        report=path("hil_report"),
    )


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "1883")
    if not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise UsageError(f"--broker is {text!r}; give HOST or HOST:PORT")
    return host, int(port)


_OPTIONS: dict[str, dict[str, Any]] = {
    "--target": {
        "default": None,
        "metavar": "host|qemu|serial",
        "help": "What tests/hil is held against: the device on this PC (the default), an emulator, or a board.",
    },
    "--port": {"default": None, "help": "Serial port of the board."},
    "--baud": {"default": None, "help": "Its speed; 115200 by default."},
    "--image": {"default": None, "help": "Complete 4 MB flash image for the emulator; a copy of it is run."},
    "--build-dir": {
        "default": None,
        "help": "Folder of a firmware build for the emulator; the harness provisions it and makes the image.",
    },
    "--qemu": {"default": None, "metavar": "PATH", "help": "Emulator; qemu-system-xtensa by default."},
    "--broker": {
        "dest": "hil_broker",
        "default": None,
        "metavar": "HOST[:PORT]",
        "help": "Broker that the device is provisioned with; started there by the harness if none answers. "
        "By default mosquitto (or amqtt) on a free port of 127.0.0.1, which an emulator's guest sees as 10.0.2.2.",
    },
    "--root": {"dest": "hil_root", "default": None, "help": "Root of all topics; cutpoint/1 by default."},
    "--device": {
        "dest": "hil_device",
        "default": None,
        "metavar": "ID",
        "help": "The device's id; by default the first that announces the bundle's model.",
    },
    "--bundle": {"default": None, "help": "Bundle of the model on the device."},
    "--power": {"default": None, "metavar": "PORT", "help": "Port of a Nordic PPK2 in the board's supply."},
    "--power-mv": {"default": None, "type": int, "help": "Supply voltage in mV; 3300 by default."},
    "--power-source": {
        "action": "store_true",
        "default": False,
        "help": "Supply the board from the PPK2 at --power-mv instead of measuring what flows through it.",
    },
    "--hil-report": {"default": None, "metavar": "FILE", "help": "Write what was measured as JSON."},
}
