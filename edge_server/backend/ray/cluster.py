"""To a Ray cluster, or to one of this machine's own that nobody else can reach."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from cutpoint.errors import UsageError

# Ray's least is 75 MB; batches are small and live for milliseconds.
_STORE_BYTES = 128 << 20
_NAMESPACE = "cutpoint"
_REACHED_S = 5.0


class ClusterError(UsageError):
    """The cluster cannot be reached or used; the message says why and what to do."""


def connect(address: str | None) -> Any:
    """The module `ray`, connected. Raises ClusterError.

    A cluster of our own listens on loopback alone: Ray does so where it believes clusters impossible, which a
    variable tells it before it is imported. It has no dashboard and reports to nobody.
    """
    if address is not None:
        _check_reachable(address)
    else:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            f"Ray cannot be imported ({error}); install it: pip install 'cutpoint[ray]'"
        ) from error
    quiet: dict[str, Any] = {
        "namespace": _NAMESPACE,
        "log_to_driver": False,
        "logging_level": logging.ERROR,
    }
    try:
        if address is not None:
            ray.init(address=address, **quiet)
        else:
            ray.init(
                address="local",
                num_cpus=os.cpu_count() or 1,
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                _system_config={"enable_metrics_collection": False},
                **quiet,
            )
    except Exception as error:
        where = "of this machine" if address is None else f"at {address}"
        raise ClusterError(
            f"the Ray cluster {where} cannot be used ({_first_line(error)}); check that it runs, and that its Ray and "
            f"Python are those of this server ({ray.__version__})"
        ) from error
    return ray


def _check_reachable(address: str) -> None:
    """Ray itself tries for a minute, and then ends the process instead of saying so."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise ClusterError(f"the address of a Ray cluster is HOST:PORT of its head node, not {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=_REACHED_S).close()
    except OSError as error:
        raise ClusterError(
            f"the Ray cluster at {address} cannot be reached ({error.strerror or error}); start it there (ray start "
            "--head), or name the address that it says"
        ) from error


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]
