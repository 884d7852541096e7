"""Short collections: what lives is set aside, what died is found, and everything is as before at the end."""

from __future__ import annotations

import gc
import weakref

import pytest
from hand_device import until

from edge_server import garbage


class Node:
    """Something that can refer to itself."""

    def __init__(self) -> None:
        self.other: Node | None = None


def _cycle() -> weakref.ref[Node]:
    node = Node()
    node.other = node
    return weakref.ref(node)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_S", 0.02)


def test_what_lives_is_set_aside_and_a_cycle_that_died_is_found(quick: None) -> None:
    with garbage.short_collections(lambda: False):
        kept = [Node() for _ in range(100)]
        gone = _cycle()
        until(lambda: gone() is None)
        until(lambda: gc.get_freeze_count() > 100)
        assert len(kept) == 100


def test_a_cycle_that_died_later_is_found_in_an_idle_moment(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "WHOLE_EVERY_S", 0.05)
    busy = True
    with garbage.short_collections(lambda: not busy):
        node = Node()
        node.other = node
        gone = weakref.ref(node)
        frozen = gc.get_freeze_count()
        until(lambda: gc.get_freeze_count() > frozen)
        del node
        busy = False
        until(lambda: gone() is None)


def test_the_collector_is_as_before_at_the_end(quick: None) -> None:
    before = gc.get_threshold()
    with garbage.short_collections(lambda: True):
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
