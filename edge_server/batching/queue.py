"""The jobs that wait: bounded, fair between devices, most urgent first, and handed out in batches."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable

from cutpoint.wire import DeviceId
from edge_server.batching.cost import BatchCost
from edge_server.batching.job import Batch, Job, Key, Late

_Entry = tuple[int, int, int, Job]
# A tail that is over sooner is quick.
_QUICK_US = 300.0
# Jobs that are run one after the other without a gain: enough to spare the way there and back, and no more.
_BACK_TO_BACK_US = 1000.0
_MOST_ROUNDS = 1024


class JobQueue:
    """Where jobs wait for a backend. `put` by one thread, `take` by any number of others.

    Order: rounds, by start-time fair queueing (Goyal, Vin and Cheng 1996) with equal costs: of every device the first
    waiting job belongs to the present round, its second to the next, and so on; a device that asks a hundred times
    gets as many turns as one that asks once. Inside a round the earliest deadline goes first.

    Bounds: `size` jobs in all, `per_device` of one. A device that has all of its places taken gives up its first job
    for its newest, which takes that one's turn: a device asks on once it no longer waits for what it asked before. When
    all places are taken, a newcomer of a device that has fewer jobs waiting than the one with the most takes the place
    of that one's last job.

    A job that can no longer be answered in time, given what its tail takes, is dropped when its turn comes and handed
    to `late`. Batches: jobs of one model and cut, the most urgent first, as many as gain from it and as leave
    something for the other threads that are idle. A batch that could still grow is waited for as long as that saves
    more than it costs: until the time that one more job would save has passed, at most `window_us`. Quick tails are
    run by one thread at a time while little of them waits: a second one would switch for longer than it computes, and
    what comes meanwhile shares the next batch.
    """

    def __init__(
        self,
        *,
        size: int,
        per_device: int,
        batch_most: int = 16,
        window_us: int = 2000,
        late: Callable[[Late], None],
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._size, self._per_device = size, per_device
        self._batch_most, self._window_ns = batch_most, 1000 * window_us
        self._late = late
        self._clock_ns = clock_ns
        self._changed = threading.Condition(threading.Lock())
        self._waiting: dict[Key, list[_Entry]] = {}
        self._evicted: set[int] = set()
        self._held: Counter[DeviceId] = Counter()
        self._rounds: dict[DeviceId, int] = {}
        self._round = 0
        self._numbered = 0
        self._count = 0
        self._idle = 0
        self._quick_by: int | None = None
        """The thread that runs a quick batch, until it asks for the next one."""
        self._costs: dict[Key, BatchCost] = {}
        self._gap_ns: dict[Key, float] = {}
        self._came_ns: dict[Key, int] = {}
        self._closed = False

    def __len__(self) -> int:
        return self._count

    def price(self, key: Key, cost: BatchCost | None) -> None:
        """State what a tail costs, as measured when it was made; None when it is no longer in memory."""
        with self._changed:
            if cost is None:
                for of_key in (self._costs, self._gap_ns, self._came_ns):
                    of_key.pop(key, None)
            else:
                self._costs[key] = cost

    def seen(self, batch: Batch, us: float) -> None:
        """A batch took this long."""
        with self._changed:
            if (cost := self._costs.get(batch.key)) is not None:
                cost.seen(len(batch.jobs), us)

    def put(self, job: Job) -> Job | None:
        """Take a job; what is returned found no place: this one, the first of its device that waits, or the last of the
        device that has the most."""
        with self._changed:
            if self._closed:
                return job
            refused: Job | None
            if self._held[job.device] >= self._per_device:
                number, refused = self._give_up_first(job.device)
            else:
                refused = self._make_room(job) if self._count >= self._size else None
                if refused is job:
                    return job
                number = max(self._rounds.get(job.device, -1) + 1, self._round)
                self._rounds[job.device] = number
            self._numbered += 1
            heapq.heappush(
                self._waiting.setdefault(job.key, []), (number, job.deadline_ns, self._numbered, job)
            )
            self._held[job.device] += 1
            self._count += 1
            self._note_arrival(job.key)
            if not self._left_to_the_quick(job.key):
                self._changed.notify()
            return refused

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """Wait for the next batch; None once `closed`, or after `timeout_s` without one."""
        give_up = None if timeout_s is None else time.monotonic() + timeout_s
        me = threading.get_ident()
        with self._changed:
            if self._quick_by == me:
                self._quick_by = None
            self._idle += 1
            try:
                while True:
                    key, wait_s = self._next()
                    if key is None:
                        left_s = None if give_up is None else give_up - time.monotonic()
                        if self._closed or (left_s is not None and left_s <= 0):
                            return None
                        waits = [one for one in (wait_s, left_s) if one is not None]
                        self._changed.wait(min(waits) if waits else None)
                    elif (batch := self._batch(key)) is not None:
                        if self._quick(key):
                            self._quick_by = me
                        if self._others_have_work():
                            # What was left to this thread woke nobody when it came.
                            self._changed.notify()
                        return batch
            finally:
                self._idle -= 1

    @property
    def closed(self) -> bool:
        """Whether nothing is taken any more."""
        return self._closed

    def close(self) -> tuple[Job, ...]:
        """Take nothing more; what is still waiting is handed back and `take` returns None."""
        with self._changed:
            self._closed = True
            left = tuple(
                entry[3]
                for entries in self._waiting.values()
                for entry in sorted(entries, key=lambda entry: entry[:3])
                if entry[2] not in self._evicted
            )
            self._waiting.clear()
            self._evicted.clear()
            self._held.clear()
            self._rounds.clear()
            self._count = 0
            self._changed.notify_all()
            return left

    def _next(self) -> tuple[Key | None, float | None]:
        """The most urgent key whose batch need not be waited for; without one, how long to wait (None: for a job)."""
        best: Key | None = None
        shortest_s: float | None = None
        for key in list(self._waiting):
            entries = self._waiting[key]
            while entries and entries[0][2] in self._evicted:
                self._evicted.discard(heapq.heappop(entries)[2])
            if not entries:
                del self._waiting[key]
            elif self._left_to_the_quick(key):
                continue
            elif (wait_s := self._worth_waiting_s(key)) > 0:
                shortest_s = wait_s if shortest_s is None else min(shortest_s, wait_s)
            elif best is None or entries[0][:3] < self._waiting[best][0][:3]:
                best = key
        return best, shortest_s

    def _batch(self, key: Key) -> Batch | None:
        """The batch to run now; None when all that was due had come too late."""
        entries, cost = self._waiting[key], self._costs.get(key)
        most = min(self._limit(cost), -(-len(entries) // max(1, self._idle)))
        due_ns = self._clock_ns() + (0 if cost is None else int(1000 * cost.single_us))
        jobs: list[Job] = []
        late: list[Job] = []
        while entries and len(jobs) < most:
            number, deadline_ns, serial, job = heapq.heappop(entries)
            if serial in self._evicted:
                self._evicted.discard(serial)
                continue
            self._forget(job)
            self._round = max(self._round, number)
            (late if deadline_ns < due_ns else jobs).append(job)
        if late:
            self._late(Late(tuple(late)))
        return Batch(jobs[0].model, jobs[0].cut, tuple(jobs)) if jobs else None

    def _quick(self, key: Key) -> bool:
        cost = self._costs.get(key)
        return cost is not None and cost.single_us < _QUICK_US

    def _left_to_the_quick(self, key: Key) -> bool:
        """Whether the thread that runs a quick batch will look for these jobs soon enough by itself."""
        if self._quick_by is None or not self._quick(key):
            return False
        return len(self._waiting[key]) * self._costs[key].single_us < _BACK_TO_BACK_US

    def _others_have_work(self) -> bool:
        """Whether a job waits that a thread which is idle, besides the asking one, may take."""
        return self._idle > 1 and any(
            entries and not self._left_to_the_quick(key) for key, entries in self._waiting.items()
        )

    def _limit(self, cost: BatchCost | None) -> int:
        """Most jobs of one batch: those that gain, or those that are quick one after the other."""
        if cost is None:
            return 1
        quick = int(_BACK_TO_BACK_US / max(cost.single_us, 1.0))
        return min(self._batch_most, max(1, cost.largest, quick))

    def _worth_waiting_s(self, key: Key) -> float:
        """How much longer the batch of this tail may be waited for."""
        cost = self._costs.get(key)
        entries = self._waiting[key]
        if (
            self._closed
            or cost is None
            or cost.largest == 1
            or len(entries) >= min(self._batch_most, cost.largest)
        ):
            return 0.0
        now_ns = self._clock_ns()
        gap_ns = self._gap_ns.get(key, float("inf"))
        more = cost.saved_us(len(entries) + 1) - cost.saved_us(len(entries))
        job = entries[0][3]
        slack_ns = job.deadline_ns - now_ns - int(2000 * cost.single_us)
        end_ns = min(job.queued_ns + min(self._window_ns, int(1000 * more)), now_ns + slack_ns)
        left_ns = end_ns - now_ns
        return left_ns / 1e9 if gap_ns <= left_ns else 0.0

    def _note_arrival(self, key: Key) -> None:
        now_ns = self._clock_ns()
        before = self._came_ns.get(key)
        self._came_ns[key] = now_ns
        if before is not None:
            gap_ns = float(now_ns - before)
            old = self._gap_ns.get(key, gap_ns)
            self._gap_ns[key] = old + 0.2 * (gap_ns - old)

    def _give_up_first(self, device: DeviceId) -> tuple[int, Job]:
        """Take the job out that a device asked for first; its turn, and the job."""
        entries, entry = min(
            (
                (entries, entry)
                for entries in self._waiting.values()
                for entry in entries
                if entry[3].device == device and entry[2] not in self._evicted
            ),
            key=lambda found: found[1][2],
        )
        entries.remove(entry)
        heapq.heapify(entries)
        self._forget(entry[3])
        return entry[0], entry[3]

    def _make_room(self, newcomer: Job) -> Job:
        """Push out the last job of the device that has the most, if that is more than the newcomer's will have."""
        device, most = self._held.most_common(1)[0]
        if most <= self._held[newcomer.device] + 1:
            return newcomer
        entry = max(
            entry
            for entries in self._waiting.values()
            for entry in entries
            if entry[3].device == device and entry[2] not in self._evicted
        )
        self._evicted.add(entry[2])
        self._rounds[device] -= 1
        self._forget(entry[3])
        return entry[3]

    def _forget(self, job: Job) -> None:
        self._count -= 1
        self._held[job.device] -= 1
        if not self._held[job.device]:
            del self._held[job.device]
        if len(self._rounds) > _MOST_ROUNDS + 2 * self._count:
            # A device whose last round is over starts in the present one, remembered or not.
            self._rounds = {
                device: number for device, number in self._rounds.items() if number >= self._round
            }
