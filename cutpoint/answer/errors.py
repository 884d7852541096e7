"""What can be wrong with a rule or with the tensors that it is given."""

from __future__ import annotations

from cutpoint.errors import PeerError, UsageError


class RuleError(UsageError):
    """A rule that fits no model output: threshold out of range, unknown fusion, labels that do not match."""


class OutputError(PeerError):
    """Output tensors that do not fit the rule: count, shape, dtype, or a number that is not finite."""
