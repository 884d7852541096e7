"""Topics: what the vectors leave open."""

from __future__ import annotations

import pytest

from cutpoint.wire import DeviceId, Leaf, TopicError, Topics

CAM = DeviceId("cam-1")


@pytest.mark.parametrize("leaf", Leaf)
def test_each_leaf_has_a_method_of_its_name(leaf: Leaf) -> None:
    topics = Topics()
    assert getattr(topics, leaf)(CAM) == topics.of(CAM, leaf) == f"cutpoint/1/cam-1/{leaf}"


def test_a_filter_stands_for_every_device() -> None:
    assert Topics("lab").all(Leaf.ACT) == "lab/+/act"


def test_a_refused_topic_is_named_in_part() -> None:
    with pytest.raises(TopicError) as refused:
        Topics().parse("x" * 100_000)
    assert len(str(refused.value)) < 250
