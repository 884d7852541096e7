"""From the start of a server's process to its first answer, with a store that remembers ten thousand devices."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.edge import BLOCK_4
from bench.endurance import DeskBus, frames_of, numbered
from bench.figure import Figure
from bench.serving import serving
from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, Presence, Topics, state_json
from edge_server import EdgeServer, ServeConfig
from host_tools.load.device import Manner
from host_tools.load.fleet import Fleet
from host_tools.load.recording import Recording
from host_tools.load.schedule import Schedule

REMEMBERED = 10_000
ASKING = 20
"""Devices that are connected and ask all the while, ten times a second each: one of them gets the first answer."""
WAIT_S = 30.0


def restart(bundle: Bundle, recording: Recording, broker: tuple[str, int]) -> list[Figure]:
    """Fill a store by serving 10,000 devices, end, start again while devices ask."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.sqlite"
        _fill(bundle, recording, store)
        size_mb = store.stat().st_size / 1e6
        answered_s, ready_s = _first_answer(bundle, recording, broker, store)
    return [
        Figure(
            f"restart to first answer, store of {REMEMBERED:,} devices",
            answered_s,
            "s",
            target=2.0,
            detail=f"from the start of the process; mosquitto and {ASKING} asking devices on the same cores; heard "
            f"after {ready_s:.2f} s; store {size_mb:.1f} MB",
        )
    ]


def _fill(bundle: Bundle, recording: Recording, store: Path) -> None:
    config = ServeConfig.checked(
        {
            "models": (bundle.path,),
            "kernels": "xnnpack",
            "store": str(store),
            "max_devices": REMEMBERED,
            "inbox_size": 4 * ASKING * 100,
        },
        "bench.restart",
    )
    bus, topics, frames = DeskBus(), Topics(), frames_of(recording, BLOCK_4)
    with EdgeServer(config, bus):
        for number in range(REMEMBERED):
            device = DeviceId(f"kept-{number}")
            bus.on_message(topics.state(device), state_json(Presence.ONLINE, 1))
            bus.feed(topics.act(device), numbered(frames[number % len(frames)], 1))


def _first_answer(
    bundle: Bundle, recording: Recording, broker: tuple[str, int], store: Path
) -> tuple[float, float]:
    """Seconds until a device delivers by the edge, and until the server is ready, both from the process's start."""
    names = [f"kept-{number}" for number in range(ASKING)]
    manner = Manner("cutpoint/1", BLOCK_4, boot=2, deadline_ms=1000, isolate_after=255)
    fleet = Fleet(names, recording, manner, broker, exact=False)
    try:
        if fleet.connect(10.0) != ASKING:
            raise SystemExit("the devices of the restart were not connected within 10 s")
        began = time.monotonic()
        with serving(
            models=[str(bundle.path)], host=broker[0], port=broker[1], kernels="xnnpack", store=str(store)
        ) as server:
            fleet.run(
                Schedule(10.0, WAIT_S), time.monotonic_ns(), going_on=lambda: fleet.ledger.by["edge"] == 0
            )
            took = time.monotonic() - began
        if not fleet.ledger.by["edge"]:
            raise SystemExit(f"no answer within {WAIT_S:.0f} s of the restart")
        return took, server.ready_s
    finally:
        fleet.close()
