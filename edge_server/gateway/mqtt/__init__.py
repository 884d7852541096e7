"""Devices that speak MQTT."""

from edge_server.gateway.mqtt.gateway import MqttGateway

__all__ = ["MqttGateway"]
