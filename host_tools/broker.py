"""The broker that a command connects to, and its credentials there."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint.bus import MqttBus


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """An MQTT broker's address and the credentials for it; the password stays out of every printed form."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def bus(self, client_id: str) -> MqttBus:
        """A connection of that name, not connected yet."""
        return MqttBus(self.host, self.port, client_id, username=self.username, password=self.password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
