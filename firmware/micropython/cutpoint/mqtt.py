"""The broker, over umqtt.simple: keeps trying, never blocks longer than a socket does, hands frames to a queue."""

import random

from umqtt.simple import MQTTClient, MQTTException

_FIRST_MS, _LONGEST_MS = 500, 30000
_QUEUE = 8  # frames that wait to be looked at; more are dropped and counted
_TCP, _TCP_NODELAY = 6, 1


class Mqtt:
    """One device's connection. `will` is the last will for its state topic."""

    def __init__(self, settings, clock, will, client=MQTTClient):
        self._settings = settings
        self._clock = clock
        self._will = will
        self._make = client
        self._client = None
        self._queue = []
        self._wait_ms = _FIRST_MS
        self._next = 0
        self._pinged = 0
        self.dropped = 0
        self.trouble = None  # the last reason for no connection, as a sentence

    @property
    def connected(self):
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    def topic(self, leaf):
        """<root>/<id>/<leaf> as bytes."""
        return f"{self._settings.root}/{self._settings.id}/{leaf}".encode()

    def poll(self):
        """Connect if it is time to, take what arrived. True when a connection has just been made."""
        if self._client is None:
            return self._clock.now_us() >= self._next and self._connect()
        now = self._clock.now_us()
        try:
            if now - self._pinged >= self._settings.keepalive * 500000:
                self._pinged = now
                self._client.ping()
            self._client.check_msg()
        except (OSError, MQTTException) as error:
            self._lost(error)
        return False

    def received(self):
        """(leaf, frame) that came first, or None."""
        return self._queue.pop(0) if self._queue else None

    def publish(self, leaf, payload, qos=0, retain=False):
        """True when the socket took it."""
        if self._client is None:
            return False
        try:
            self._client.publish(self.topic(leaf), payload, retain, qos)
            return True
        except (OSError, MQTTException) as error:
            self._lost(error)
            return False

    def close(self):
        """Say goodbye to the broker."""
        if self._client is not None:
            try:
                self._client.disconnect()
            except OSError:
                pass
            self._client = None

    def _connect(self):
        settings = self._settings
        user, password, keepalive = settings.user, settings.password, settings.keepalive
        client = self._make(
            settings.id, settings.broker, settings.port, user, password, keepalive, settings.tls
        )
        client.set_last_will(self.topic("state"), self._will, True, 1)
        client.set_callback(self._take)
        try:
            client.connect()
            self._hurry(client)
            client.subscribe(self.topic("res"), 0)
            client.subscribe(self.topic("plan"), 1)
            client.subscribe(self.topic("cmd"), 1)
        except (OSError, MQTTException, AssertionError) as error:
            self._client = None
            self._lost(error)
            return False
        self._client = client
        self._wait_ms = _FIRST_MS
        self._pinged = self._clock.now_us()
        self.trouble = None
        return True

    def _hurry(self, client):
        """TCP_NODELAY, where the port's sockets have it."""
        try:
            client.sock.setsockopt(_TCP, _TCP_NODELAY, 1)
        except (AttributeError, OSError, ValueError):
            pass

    def _lost(self, error):
        self._client = None
        self.trouble = f"no connection to {self._settings.broker}: {error}"
        # A fleet that lost its broker together must not come back together.
        jitter = random.getrandbits(8) * self._wait_ms // 512
        self._next = self._clock.now_us() + (self._wait_ms // 2 + jitter) * 1000
        self._wait_ms = min(self._wait_ms * 2, _LONGEST_MS)

    def _take(self, topic, payload):
        if len(self._queue) >= _QUEUE:
            self.dropped += 1
            return
        self._queue.append((bytes(topic).decode().rsplit("/", 1)[-1], payload))
