"""Devices that speak MQTT."""

from edge_server.gateway.mqtt.gateway import MqttGateway
from edge_server.gateway.mqtt.replica_gateway import Handover, NoHandover, ReplicaGateway

__all__ = ["Handover", "MqttGateway", "NoHandover", "ReplicaGateway"]
