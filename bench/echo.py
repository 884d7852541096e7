"""`python -m bench.echo HOST PORT`: sends what comes on `echo/ask` back on `echo/reply`. The least an edge could do."""

from __future__ import annotations

import sys
import threading

from cutpoint.bus import MqttBus


def main() -> None:
    """Echo until the process is ended."""
    bus = MqttBus(sys.argv[1], int(sys.argv[2]), "bench-echo")

    def reply(_topic: str, payload: bytes) -> None:
        bus.publish("echo/reply", payload)

    bus.on_message = reply
    bus.subscribe("echo/ask")
    bus.connect()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
