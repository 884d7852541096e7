"""The backend that a config asks for."""

from __future__ import annotations

from edge_server.backend.port import Backend
from edge_server.backend.threads import ThreadBackend
from edge_server.config import ServeConfig


def make_backend(config: ServeConfig) -> Backend:
    """Not started yet; that a Ray cluster is missing is found out at its start."""
    tails_bytes = config.tails_mb << 20
    if config.backend == "threads":
        return ThreadBackend(
            config.kernels,
            threads=config.runner_threads,
            tails_bytes=tails_bytes,
            batch_most=config.batch_most,
        )
    # Imported here: servers on threads need none of it.
    from edge_server.backend.ray import RayBackend

    return RayBackend(
        config.kernels,
        address=config.ray_address,
        hosts=config.runner_threads,
        tails_bytes=tails_bytes,
        batch_most=config.batch_most,
    )
