"""Topic filters, MQTT 3.1.1 section 4.7."""

from __future__ import annotations

import pytest

from cutpoint.bus.filters import check_filter, check_topic, matches


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("+/+", "/x", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("a/+/c", "a/b/d", False),
    ],
)
def test_filters_match_as_the_standard_says(topic_filter: str, topic: str, expected: bool) -> None:
    assert matches(topic_filter, topic) is expected


@pytest.mark.parametrize("bad", ["", "a/#/b", "a/b#", "a+/b"])
def test_a_malformed_filter_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="filter"):
        check_filter(bad)


@pytest.mark.parametrize("bad", ["", "a/+", "a/#", "a\0"])
def test_a_topic_with_a_wildcard_cannot_be_published_to(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be published"):
        check_topic(bad)
