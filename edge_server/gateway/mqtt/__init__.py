"""Devices that speak MQTT."""

from edge_server.gateway.mqtt.gateway import MqttGateway
from edge_server.gateway.mqtt.handover import Handover
from edge_server.gateway.mqtt.opening import alone, among_others
from edge_server.gateway.mqtt.replica_gateway import ReplicaGateway

__all__ = ["Handover", "MqttGateway", "ReplicaGateway", "alone", "among_others"]
