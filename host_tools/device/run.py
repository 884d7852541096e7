"""Run one device from plain options, as `cutpoint device` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cutpoint.bus import Bus, MqttBus
from cutpoint.graph import Bundle
from host_tools.device.boots import BootClock, BootFile
from host_tools.device.device import VirtualDevice
from host_tools.device.events import DeviceEvent
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import DeviceSettings
from host_tools.device.sources import open_source


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """What `cutpoint device` is told.

    source: a folder of pictures, a picture, a .npy or .npz file, or `random`. count: inferences, None for each sample
    once, 0 until stopped. state_file: where the boot number is kept; without one it is the time.
    """

    bundle: Path
    id: str
    source: str
    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    engine: str = "auto"
    profile: str = "host"
    link: str | None = None
    count: int | None = None
    interval_s: float = 0.0
    state_file: Path | None = None
    settings: DeviceSettings = field(default_factory=DeviceSettings)


def make_device(
    options: DeviceOptions, *, bus: Bus | None = None, observer: Callable[[DeviceEvent], None] | None = None
) -> VirtualDevice:
    """The device, not started; over MQTT unless `bus` is given. Raises UsageError."""
    device_bus = bus or MqttBus(
        options.host, options.port, options.id, username=options.username, password=options.password
    )
    return VirtualDevice(
        options.id,
        Bundle.open(options.bundle),
        bus=device_bus,
        engine=options.engine,
        profile=options.profile,
        link=options.link,
        settings=options.settings,
        boots=BootClock() if options.state_file is None else BootFile(options.state_file),
        observer=observer,
    )


def run_device(
    options: DeviceOptions, *, bus: Bus | None = None, observer: Callable[[DeviceEvent], None] | None = None
) -> Iterator[InferenceRecord]:
    """Start a device, yield a record for each inference, and stop it in good order, also on Ctrl-C.

    Closing the iterator stops the device, which says `sleeping` to the broker. Raises UsageError before the first
    record when anything in the options cannot work or the broker is not there.
    """
    device = make_device(options, bus=bus, observer=observer)
    source = open_source(options.source, device.inputs, seed=options.settings.seed)
    with device:
        while True:
            yield from device.run(source, options.count or None, options.interval_s)
            if options.count != 0:
                return
