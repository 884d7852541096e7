"""When to stop asking an edge that does not answer, and when to ask again (rule 8 of docs/protocol.md)."""


class Isolation:
    """Times in us, on the session's clock."""

    def __init__(self, after=3, first_ms=1000, longest_ms=60000):
        self._after = after
        self._first = first_ms * 1000
        self._longest = longest_ms * 1000
        self._missed = 0
        self._interval = 0
        self._next = 0
        self.isolated = False

    def probe_due(self, now):
        """Whether the next inference may ask."""
        return self.isolated and now >= self._next

    def missed(self, now):
        """A deadline passed."""
        self._missed = min(self._missed + 1, self._after)
        if self._missed == self._after:
            self.isolate(now)

    def isolate(self, now):
        """From now on the device helps itself."""
        if not self.isolated:
            self.isolated = True
            self._restart(now)

    def answered(self):
        """In time, so the edge is there."""
        self._missed = 0
        self.isolated = False

    def refused(self):
        """The edge is there, but that proves nothing to an isolated device."""
        self._missed = 0

    def reconnected(self, now):
        """The edge may be reachable again, so the interval starts afresh."""
        self._missed = 0
        self._restart(now)

    def probe_sent(self, now):
        """Twice as long until the next."""
        self._interval = min(self._interval * 2, self._longest)
        self._next = now + self._interval

    def _restart(self, now):
        self._interval = self._first
        self._next = now + self._interval
