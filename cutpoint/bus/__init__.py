"""Publish and subscribe: one port, carried by a real MQTT broker or by this process alone."""

from cutpoint.bus.embedded import EmbeddedBroker
from cutpoint.bus.faults import Faults
from cutpoint.bus.memory import MemoryBroker, MemoryBus
from cutpoint.bus.mqtt import MqttBus
from cutpoint.bus.port import BrokerError, Bus, ConnectError

__all__ = [
    "BrokerError",
    "Bus",
    "ConnectError",
    "EmbeddedBroker",
    "Faults",
    "MemoryBroker",
    "MemoryBus",
    "MqttBus",
]
