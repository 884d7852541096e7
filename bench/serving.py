"""An edge server in a process of its own that says over a pipe how it stands: `python -m bench.serving SETTINGS`.

SETTINGS is a JSON object for `ServeConfig`. A line on standard input is answered by one: the server's `stats()`, the
process's processor time and its resident bytes. The end of the input ends the server.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from bench.processes import Started, started
from edge_server import EdgeServer, ServeConfig
from edge_server.garbage import short_collections

STAGES = ("gateway", "decode", "run", "encode", "publish", "plan")
"""Of `stats()["cpu_us"]`, in the order in which a request meets them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Processor time in us: of the whole process, and of each stage; kernels' time; memory; counters."""

    cpu_us: float
    stages_us: dict[str, float]
    busy_us: float
    resident_bytes: int
    counters: dict[str, int]


class Serving:
    """The other end of the pipe."""

    def __init__(self, process: Started) -> None:
        self._process = process
        self.ready_s = process.ready_s

    def standing(self) -> Standing:
        """How the server stands now."""
        process = self._process.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        said: dict[str, Any] = json.loads(process.stdout.readline())
        stats = said["stats"]
        return Standing(
            said["cpu_us"],
            {stage: float(stats["cpu_us"].get(stage) or 0) for stage in STAGES},
            float(stats["busy_us"]),
            said["resident_bytes"],
            stats["counters"],
        )


@contextmanager
def serving(**settings: Any) -> Iterator[Serving]:
    """A server with these settings, until the end of the block."""
    with started("-m", "bench.serving", json.dumps(settings), stdin=True) as process:
        yield Serving(process)


def main() -> None:
    """Serve, and answer lines."""
    settings = json.loads(sys.argv[1])
    settings["models"] = tuple(settings["models"])
    me = psutil.Process()
    with EdgeServer(ServeConfig.checked(settings, "bench.serving")) as server, short_collections(server.idle):
        print("ready", flush=True)
        for _ in sys.stdin:
            said = {
                "stats": server.stats(),
                "cpu_us": 1e6 * time.process_time(),
                "resident_bytes": me.memory_info().rss,
            }
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
