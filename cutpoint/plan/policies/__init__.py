"""Policies: what to prefer among the rows of a cost table."""

from cutpoint.plan.policies.policy import Choice, Context, Policy
from cutpoint.plan.policies.registry import make_policy, policy_names
from cutpoint.plan.policies.switching import Switching

__all__ = ["Choice", "Context", "Policy", "Switching", "make_policy", "policy_names"]
