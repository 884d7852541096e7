"""The interface of MicroPython's umqtt.simple over paho: the package's transport meets a real broker on a PC."""

import time

import paho.mqtt.client as paho


class MQTTException(Exception):
    pass


class MQTTClient:
    def __init__(
        self, client_id, server, port=0, user=None, password=None, keepalive=0, ssl=None, ssl_params=None
    ):
        self._paho = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id)
        self._paho.username_pw_set(user, password)
        self._address = (server, port or 1883, keepalive)
        self._connected = self._gone = False
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect

    @property
    def sock(self):
        return self._paho.socket()

    def set_callback(self, f):
        self._paho.on_message = lambda client, userdata, message: f(message.topic.encode(), message.payload)

    def set_last_will(self, topic, msg, retain=False, qos=0):
        self._paho.will_set(topic.decode(), msg, qos, retain)

    def connect(self, clean_session=True, timeout=None):
        self._paho.connect(*self._address)
        self._until(lambda: self._connected)

    def disconnect(self):
        self._paho.disconnect()
        self._paho.loop(0.01)

    def ping(self):
        pass  # paho's loop does

    def publish(self, topic, msg, retain=False, qos=0):
        info = self._paho.publish(topic.decode(), bytes(msg), qos, retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise OSError(info.rc)
        self._until(info.is_published)

    def subscribe(self, topic, qos=0):
        self._paho.subscribe(topic.decode(), qos)
        self._paho.loop(0.01)

    def check_msg(self):
        self._paho.loop(0.0)
        if self._gone:
            raise OSError(-1)

    def _until(self, done):
        give_up = time.monotonic() + 5
        while not done():
            if self._gone or time.monotonic() > give_up:
                raise OSError(-1)
            self._paho.loop(0.01)

    def _on_connect(self, client, userdata, flags, reason, properties):
        if reason.is_failure:
            raise MQTTException(reason.value)
        self._connected = True

    def _on_disconnect(self, client, userdata, flags, reason, properties):
        self._gone = True
