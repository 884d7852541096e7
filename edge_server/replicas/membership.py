"""Which servers serve now, as one of them sees it; the clock is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge_server.replicas.announcement import Announcement, Standing

_BEATS_IN_A_LEASE = 4


@dataclass(slots=True)
class _Member:
    said: Announcement
    heard_ns: int


class Membership:
    """Joins, hears the others, and forgets those that were not heard for a lease; times in ns of one monotonic clock.

    A newcomer listens for `settle_ns` before it serves: retained announcements of the others come in that time, so
    that it takes its own share and no more. A last will ends a membership at once; the lease is for wills that never
    come, because a connection is half open or the broker died with it. Every replica announces itself four times in
    a lease.

    Two servers of one name would own the same devices: the one that started later stays, the other stands down until
    that is gone.
    """

    def __init__(self, me: Announcement, *, lease_ns: int, settle_ns: int) -> None:
        self._me = me.standing_as(Standing.JOINING)
        self._lease_ns = lease_ns
        self._settle_ns = settle_ns
        self._others: dict[str, _Member] = {}
        self._namesake: _Member | None = None
        self._joining_since_ns: int | None = None
        self._said_ns: int | None = None

    @property
    def me(self) -> Announcement:
        """What is announced of this server now."""
        return self._me

    @property
    def stood_down(self) -> bool:
        """Whether a later server of the same name serves instead."""
        return self._namesake is not None

    def serving(self) -> Mapping[str, float]:
        """Names and weights of all that serve now; of this one only while it does."""
        weights = {
            name: member.said.weight
            for name, member in self._others.items()
            if member.said.standing is Standing.HERE
        }
        if self._me.standing is Standing.HERE and self._namesake is None:
            weights[self._me.replica] = self._me.weight
        return weights

    def with_me(self) -> Mapping[str, float]:
        """Those that serve, and this one as if it did already."""
        return {**self.serving(), self._me.replica: self._me.weight}

    def with_newcomers(self) -> Mapping[str, float]:
        """Those that serve, and those that will in a moment."""
        joining = {
            name: member.said.weight
            for name, member in self._others.items()
            if member.said.standing is Standing.JOINING
        }
        return {**self.serving(), **joining}

    def start(self, now_ns: int) -> None:
        """Begin to join."""
        self._me = self._me.standing_as(Standing.JOINING)
        self._joining_since_ns = now_ns
        self._said_ns = None

    def heard(self, said: Announcement, now_ns: int) -> None:
        """Another server's announcement, or an echo of this one's own."""
        if said.replica == self._me.replica:
            self._heard_name_of_mine(said, now_ns)
            return
        known = self._others.get(said.replica)
        if known is not None and said.started_ns < known.said.started_ns:
            # The will of an earlier life, which the broker was late to notice.
            return
        if said.standing is Standing.GONE:
            self._others.pop(said.replica, None)
        else:
            self._others[said.replica] = _Member(said, now_ns)

    def settled(self, now_ns: int) -> bool:
        """Whether this one has listened for long enough to serve."""
        return (
            self._joining_since_ns is not None
            and self._namesake is None
            and now_ns - self._joining_since_ns >= self._settle_ns
        )

    def serve(self) -> None:
        """From now on this server counts."""
        self._me = self._me.standing_as(Standing.HERE)
        self._joining_since_ns = None
        self._said_ns = None

    def leave(self) -> None:
        """From now on it does not."""
        self._me = self._me.standing_as(Standing.GONE)
        self._joining_since_ns = None
        self._said_ns = None

    def deaf(self, now_ns: int) -> None:
        """There is no connection: nobody can be heard, so everybody's lease begins anew."""
        for member in self._others.values():
            member.heard_ns = now_ns
        if self._namesake is not None:
            self._namesake.heard_ns = now_ns

    def renewed(self, now_ns: int) -> None:
        """The connection is back: the others get a lease to be heard in, and hear of this one at once."""
        self.deaf(now_ns)
        self._said_ns = None

    def tick(self, now_ns: int) -> tuple[str, ...]:
        """Forget whoever was not heard for a lease; their names."""
        silent = tuple(
            name for name, member in self._others.items() if now_ns - member.heard_ns > self._lease_ns
        )
        for name in silent:
            del self._others[name]
        if self._namesake is not None and now_ns - self._namesake.heard_ns > self._lease_ns:
            self._namesake = None
            self.start(now_ns)
        return silent

    def to_say(self, now_ns: int) -> Announcement | None:
        """What must be announced now: something new, or that this server is still there."""
        if self._namesake is not None:
            return None
        if self._said_ns is not None and now_ns - self._said_ns < self._lease_ns // _BEATS_IN_A_LEASE:
            return None
        self._said_ns = now_ns
        return self._me

    def _heard_name_of_mine(self, said: Announcement, now_ns: int) -> None:
        if said.started_ns <= self._me.started_ns:
            if said.started_ns < self._me.started_ns and self._me.standing is not Standing.GONE:
                # It hides what others see retained of this one, be it a will or a namesake: say it again.
                self._said_ns = None
            return
        if said.standing is Standing.GONE:
            if self._namesake is not None:
                self._namesake = None
                self.start(now_ns)
            return
        self._namesake = _Member(said, now_ns)
