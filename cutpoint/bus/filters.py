"""Topic filters as MQTT 3.1.1, section 4.7, defines them."""

from __future__ import annotations


def matches(topic_filter: str, topic: str) -> bool:
    """Whether `topic` is one that `topic_filter` asks for.

    A wildcard at the first level never matches a topic that starts with `$` (MQTT-4.7.2-1).
    """
    if topic_filter == topic:
        return True
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    wanted = topic_filter.split("/")
    levels = topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return at == len(wanted) - 1
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)


def check_filter(topic_filter: str) -> None:
    """Raise ValueError unless wildcards stand alone in their level and `#` comes last."""
    levels = topic_filter.split("/")
    for at, level in enumerate(levels):
        alone = level in ("+", "#")
        if not alone and ("+" in level or "#" in level):
            raise ValueError(f"topic filter {topic_filter!r}: a wildcard must be a whole level")
        if level == "#" and at != len(levels) - 1:
            raise ValueError(f"topic filter {topic_filter!r}: '#' must be the last level")
    if not topic_filter:
        raise ValueError("topic filter is empty")


def check_topic(topic: str) -> None:
    """Raise ValueError unless `topic` can be published to."""
    if not topic or "+" in topic or "#" in topic or "\0" in topic:
        raise ValueError(f"topic {topic!r} cannot be published to: empty, or a wildcard or NUL in it")
