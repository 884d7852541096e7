"""Devices that a rollout gives another model are brought there: over MQTT, a few at a time."""
