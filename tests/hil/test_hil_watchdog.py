"""A task that hangs does not cost the device, and the next life says what happened."""

from __future__ import annotations

from hil_words import Need

from cutpoint.wire import Presence, State
from host_tools.hil import Ability, Stand


def test_a_hung_task_restarts_the_device_and_the_next_birth_says_so(stand: Stand, need: Need) -> None:
    """On the PC the hung task is a thread, and what restarts it is the software board's own watchdog."""
    need(Ability.HANG)
    stand.follow(
        stand.middle, stand.pictures[0], deadline_ms=500
    )  # no inference may take long for good reasons
    before, since = stand.about.boot, stand.edge.mark()
    stand.target.say("hang")
    stand.edge.wait(
        State,
        lambda said: said.state is Presence.LOST and said.boot == before,
        since=since,
        timeout_s=stand.s(30),
    )
    about = stand.born(since, seconds=30)
    assert about.boot > before
    assert "watchdog" in (about.reset or "")
    stand.ready()


def test_a_restart_on_purpose_is_no_watchdogs(stand: Stand) -> None:
    since = stand.edge.mark()
    stand.target.restart()
    assert stand.born(since).reset == "software"
    stand.ready()
