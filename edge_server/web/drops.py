"""Which of the server's counters count something that was lost or refused."""

from __future__ import annotations

_PREFIXES = ("bad_", "inbox_", "gateway_")
_NAMES = frozenset(
    {
        "unknown_model",
        "wrong_cut",
        "wrong_tensor",
        "wrong_kind",
        "wrong_setting",
        "wrong_tables",
        "unknown_reference",
        "too_late",
        "twin_refused",
        "failed",
        "unsendable_answer",
        "keyless",
        "overloaded",
        "refused_unreadable",
    }
)


def is_drop(counter: str) -> bool:
    """Whether a counter is a reason for which a message was dropped or refused."""
    return counter in _NAMES or counter.startswith(_PREFIXES)
