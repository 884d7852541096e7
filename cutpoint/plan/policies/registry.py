"""Policies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.policies.energy import energy
from cutpoint.plan.policies.fixed import device_only, edge_only, fixed
from cutpoint.plan.policies.latency import latency
from cutpoint.plan.policies.policy import Policy
from cutpoint.plan.policies.privacy import privacy
from cutpoint.plan.policies.sciot import sciot

REGISTRY: Mapping[str, Callable[[str | None], Policy]] = {
    "latency": latency,
    "energy": energy,
    "privacy": privacy,
    "sciot": sciot,
    "device-only": device_only,
    "edge-only": edge_only,
    "fixed": fixed,
}
"""Name -> factory, which gets what the user wrote after the colon, or None."""

WRITTEN = {"privacy": "privacy:<smallest cut>", "fixed": "fixed:<cut>[:<codec>[:<setting>]]"}


def policy_names() -> tuple[str, ...]:
    """Every policy as it is written."""
    return tuple(WRITTEN.get(name, name) for name in REGISTRY)


def make_policy(written: str) -> Policy:
    """Makes a policy from its name and argument, such as "latency" or "privacy:3".

    Raises PolicyError with the list of policies when there is none of that name.
    """
    name, colon, argument = written.strip().partition(":")
    if name not in REGISTRY:
        raise PolicyError(f"no policy {written!r}; known: {', '.join(policy_names())}")
    return REGISTRY[name](argument if colon else None)
