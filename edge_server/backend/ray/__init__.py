"""Tails as Ray actors, on this machine or on a cluster."""

from edge_server.backend.ray.backend import RayBackend

__all__ = ["RayBackend"]
