"""A whole device on a PC: session, engine, transport, a board's tempo and an emulated link."""

from cutpoint.picture.input_tensor import InputTensor
from host_tools.device.boots import BootClock, BootFile, FixedBoot
from host_tools.device.device import VirtualDevice
from host_tools.device.distribution import Delay
from host_tools.device.engine import Engine, LiveTensor, OperatorEngine
from host_tools.device.events import (
    CommandReceived,
    DeviceEvent,
    ModelsOffered,
    PlanChanged,
    Restarted,
    StateChanged,
)
from host_tools.device.link import Direction, Link
from host_tools.device.linked_bus import LinkedBus
from host_tools.device.loop import DeviceStoppedError
from host_tools.device.opening import DeviceEngine, open_engine, stand_in_reason
from host_tools.device.profile import Profile
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import DeviceSettings
from host_tools.device.sources import Sample, Source, open_source
from host_tools.device.stream_engine import StreamEngine

__all__ = [
    "BootClock",
    "BootFile",
    "CommandReceived",
    "Delay",
    "DeviceEngine",
    "DeviceEvent",
    "DeviceSettings",
    "DeviceStoppedError",
    "Direction",
    "Engine",
    "FixedBoot",
    "InferenceRecord",
    "InputTensor",
    "Link",
    "LinkedBus",
    "LiveTensor",
    "ModelsOffered",
    "OperatorEngine",
    "PlanChanged",
    "Profile",
    "Restarted",
    "Sample",
    "Source",
    "StateChanged",
    "StreamEngine",
    "VirtualDevice",
    "open_engine",
    "open_source",
    "stand_in_reason",
]
