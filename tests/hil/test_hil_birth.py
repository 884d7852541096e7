"""A device says what it is, that it is there, and when it is not any more."""

from __future__ import annotations

import queue

from hil_words import Need

from cutpoint.wire import (
    DEFAULT_CHUNK_BYTES,
    Command,
    Leaf,
    Presence,
    State,
    Topics,
    parse_about,
    parse_state,
)
from host_tools.hil import Ability, Stand


def test_it_announces_what_it_is(stand: Stand) -> None:
    about = stand.about
    assert about.model == stand.bundle.model_id.hex()
    assert 0 <= about.operators <= stand.bundle.n
    assert about.boot > 0
    assert about.firmware
    assert about.chip
    assert about.engine
    assert "raw" in about.codecs
    assert 192 <= (about.max_payload or 0) <= DEFAULT_CHUNK_BYTES
    assert about.reset, "a birth names why the life began"


def test_who_comes_later_hears_it_too(stand: Stand) -> None:
    topics, said = Topics(stand.root), queue.SimpleQueue[tuple[str, bytes]]()
    late = stand.broker.bus("hil-late")
    late.on_message = lambda topic, data: said.put((topic, data))
    for leaf in (Leaf.STATE, Leaf.ABOUT):
        late.subscribe(topics.of(stand.edge.device, leaf), 1)
    late.connect()
    heard = dict(said.get(timeout=stand.s(5)) for _ in range(2))
    late.close()
    state = parse_state(heard[topics.of(stand.edge.device, Leaf.STATE)])
    assert (state.state, state.boot) == (Presence.ONLINE, stand.about.boot)
    assert parse_about(heard[topics.of(stand.edge.device, Leaf.ABOUT)]) == stand.about


def test_a_power_cut_is_told_by_its_last_will_and_the_next_life_counts_up(stand: Stand, need: Need) -> None:
    need(Ability.POWER)
    before, since = stand.about.boot, stand.edge.mark()
    stand.target.power_cycle()
    stand.edge.wait(
        State,
        lambda said: said.state is Presence.LOST and said.boot == before,
        since=since,
        timeout_s=stand.s(30),
        what="its last will",
    )
    assert stand.born(since).boot > before


def test_a_restart_over_mqtt_is_another_life(stand: Stand) -> None:
    before, since = stand.about.boot, stand.edge.mark()
    stand.edge.command(Command.RESTART)
    assert stand.born(since).boot > before
    stand.ready()
