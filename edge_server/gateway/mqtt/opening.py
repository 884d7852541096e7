"""The gateway that a config asks for: of a server alone, or of one of several replicas."""

from __future__ import annotations

import time
from importlib.metadata import version

from cutpoint.bus import Bus
from cutpoint.wire import Topics
from edge_server.config import ServeConfig
from edge_server.counters import Counters
from edge_server.gateway.mqtt.gateway import MqttGateway
from edge_server.gateway.mqtt.replica_gateway import ReplicaGateway
from edge_server.replicas import Announcement, Standing

# The header and the fixed part of a payload, on top of the largest tensor.
_FRAME_ROOM = 1024
# A replica knows the devices of all replicas, and has sessions of its own ones.
_DEVICES_OF_ALL = 16


def alone(config: ServeConfig, bus: Bus) -> MqttGateway:
    """The gateway of a server that serves every device itself."""
    return MqttGateway(
        bus,
        Topics(config.root),
        connect_timeout_s=config.connect_timeout_s,
        most_bytes=config.max_message_bytes + _FRAME_ROOM,
    )


def among_others(config: ServeConfig, bus: Bus, name: str) -> ReplicaGateway:
    """The gateway of the replica of this name; a new life of it, with every start of the server."""
    return ReplicaGateway(
        bus,
        Topics(config.root),
        Announcement(
            replica=name,
            standing=Standing.JOINING,
            started_ns=time.time_ns(),
            weight=config.replica_weight,
            version=version("cutpoint"),
        ),
        lease_ns=int(1e9 * config.replica_lease_s),
        most_devices=_DEVICES_OF_ALL * config.max_devices,
        counters=Counters(),
        connect_timeout_s=config.connect_timeout_s,
        most_bytes=config.max_message_bytes + _FRAME_ROOM,
    )
