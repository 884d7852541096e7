"""What a planner refuses at construction, before any device depends on it."""

from __future__ import annotations

from cutpoint.errors import UsageError


class PolicyError(UsageError, ValueError):
    """A policy that is unknown, or that this network and board cannot follow; or malformed planner input."""
