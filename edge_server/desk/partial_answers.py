"""When an activation of which chunks are missing is answered from those that came."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge_server.desk.session import DeviceSession
from edge_server.desk.timers import Timers

# An answer of a few objects, headers included.
_RESULT_BYTES = 120
# The desk's own part of the way, beside what the planner knows: other messages go before, threads wake late.
_DESK_US = 5_000
# A timer that comes this much early is not set again.
_SOON_NS = 500_000

TakePart = Callable[[DeviceSession, int], None]


class PartialAnswers:
    """One timer for each device that has an unfinished activation. Belongs to the desk's thread.

    The device waits its deadline after it handed over its last chunk, which is at the earliest when the newest that
    came left it. So, counted from the arrival of that one, an answer must leave when the deadline is over but for the
    way of the chunk up and of the answer down, which the planner's estimate of the link gives together, and twice its
    jitter. It is begun so long before that as the wait for a thread and twice the tail take. Where that leaves no time,
    the activation is not answered in part.
    """

    def __init__(self, timers: Timers, take_part: TakePart) -> None:
        """`take_part(session, deadline_ns)` is called when it is time; an answer is to leave by `deadline_ns`."""
        self._timers = timers
        self._take_part = take_part

    def watch(self, session: DeviceSession) -> None:
        """A chunk came that completes nothing: look again when it is time, unless a timer stands already."""
        about = session.about
        if session.watched or about is None or not about.partial:
            return
        if (times := self._times(session)) is not None:
            session.watched = True
            self._timers.at(times[0], lambda: self._look(session))

    def _look(self, session: DeviceSession) -> None:
        session.watched = False
        if session.ended or session.receiver is None or not session.receiver.collecting:
            return
        # Chunks that came since have moved the time.
        if (times := self._times(session)) is None:
            return
        begin_ns, deadline_ns = times
        if begin_ns > time.perf_counter_ns() + _SOON_NS:
            session.watched = True
            self._timers.at(begin_ns, lambda: self._look(session))
            return
        self._take_part(session, deadline_ns)

    def _times(self, session: DeviceSession) -> tuple[int, int] | None:
        """When to begin with an answer, and when it must leave; None where there is no time, or nothing is known."""
        unfinished, planning = session.unfinished, session.planning
        if not unfinished or planning is None or planning.plan is None:
            return None
        frame_bytes, received_ns = unfinished[-1]
        plan, link, edge = planning.plan, planning.planner.link, planning.planner.edge
        way_us = link.network_us(frame_bytes + _RESULT_BYTES) + 2 * link.jitter_us
        leave_ns = received_ns + 1_000_000 * plan.deadline_ms - int(1000 * way_us)
        begin_ns = leave_ns - int(1000 * (_DESK_US + edge.wait_us + 2 * edge.tail_us(plan.cut)))
        return (begin_ns, leave_ns) if begin_ns > received_ns else None
