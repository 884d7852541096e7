"""The tails in memory: interpreters lent to one thread at a time, the least recently used given up for others."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cutpoint.kernels import Kernels, Runner
from edge_server.backend.interpreters import interpreter_bytes, make_tail, warmed
from edge_server.backend.port import ResidentTail
from edge_server.batching import BatchCost, Key
from edge_server.catalogue.served import ServedModel
from edge_server.logs import log_event

log = logging.getLogger("edge_server")

Priced = Callable[[Key, BatchCost | None], None]


@dataclass(slots=True)
class _Tail:
    """One resident tail. `free` are the interpreters that nobody uses, by batch size."""

    model: ServedModel
    tail: bytes
    kernels: Kernels
    by_size_us: dict[int, float]
    free: dict[int, list[Runner]]
    bytes: int
    lent: int = 0
    made: Counter[int] = field(default_factory=Counter)


class Tails:
    """Interpreters by (model, cut) and batch size, within `most_bytes` by estimate. For several threads.

    A tail is made by whoever asks first; others who ask for the same wait for it. Beyond the bound the tail unused
    for longest is given up; one that is in use never is, so the bound is exceeded where a single tail or the threads'
    present work needs more. `priced` is told what a tail costs when it is made, and None when it is given up.

    Kernels may refuse one tail of a model whose other tails they run: XNNPACK does when dequantised weights
    become an input, the reference kernels lack TILE. Others then stand in for that tail, counted as
    `tail_on_stand_in`.
    """

    def __init__(
        self, kernels: Kernels, *, most_bytes: int, batch_most: int, priced: Priced = lambda _key, _cost: None
    ) -> None:
        self._kernels = kernels
        self._most_bytes = most_bytes
        self._batch_most = batch_most
        self._priced = priced
        self._lock = threading.Lock()
        self._tails: OrderedDict[Key, _Tail] = OrderedDict()
        self._making: dict[Key, threading.Event] = {}
        self._bytes = 0
        self.counts: Counter[str] = Counter()

    def __contains__(self, key: Key) -> bool:
        return key in self._tails

    def resident(self) -> dict[Key, ResidentTail]:
        """What is in memory now."""
        with self._lock:
            return {
                key: ResidentTail(tail.bytes, tail.made.total(), tail.kernels, tuple(sorted(tail.by_size_us)))
                for key, tail in self._tails.items()
            }

    def make(self, model: ServedModel, cut: int) -> None:
        """Have the tail in memory. Raises KernelsError when no kernels run it."""
        self._resident(model, cut, lend=False)

    def sizes(self, model: ServedModel, cut: int) -> tuple[int, ...]:
        """Batch sizes with a gain, ascending, the first is 1; makes the tail if need be."""
        return tuple(sorted(self._resident(model, cut, lend=False).by_size_us))

    @contextmanager
    def lend(self, model: ServedModel, cut: int, size: int) -> Iterator[Runner]:
        """An interpreter for `size` jobs, for one thread until the end of the block; raises KernelsError."""
        tail = self._resident(model, cut, lend=True)
        try:
            runner = self._interpreter(tail, model, cut, size)
            try:
                yield runner
            finally:
                with self._lock:
                    tail.free.setdefault(size, []).append(runner)
        finally:
            with self._lock:
                tail.lent -= 1
                given_up = self._shrink(keep=(model.id.raw, cut))
            self._tell(given_up)

    def _resident(self, model: ServedModel, cut: int, *, lend: bool) -> _Tail:
        key = (model.id.raw, cut)
        while True:
            with self._lock:
                if (tail := self._tails.get(key)) is not None:
                    self._tails.move_to_end(key)
                    tail.lent += lend
                    return tail
                if (made := self._making.get(key)) is None:
                    self._making[key] = threading.Event()
                    break
            made.wait()
        try:
            tail = self._made(model, cut)
            with self._lock:
                tail.lent += lend
                self._tails[key] = tail
                self._bytes += tail.bytes
                given_up = self._shrink(keep=key)
            self._tell(given_up)
            self._priced(key, BatchCost(tail.by_size_us))
            return tail
        finally:
            with self._lock:
                self._making.pop(key).set()

    def _made(self, model: ServedModel, cut: int) -> _Tail:
        began = time.perf_counter()
        made = make_tail(model, cut, self._kernels, self._batch_most)
        if made.stood_in is not None:
            self._count("tail_on_stand_in")
            log_event(
                log,
                logging.WARNING,
                "tail_on_stand_in",
                model=model.id.hex,
                cut=cut,
                kernels=made.kernels,
                detail=made.stood_in,
            )
        log_event(
            log,
            logging.INFO,
            "tail_made",
            model=model.id.hex,
            cut=cut,
            kernels=made.kernels,
            ms=round(1e3 * (time.perf_counter() - began), 1),
            us=round(made.by_size_us[1]),
            sizes=",".join(str(size) for size in made.by_size_us),
        )
        size = len(made.tail) + sum(
            interpreter_bytes(model, cut, made.kernels, made.tail, size) for size in made.runners
        )
        free = {size: [runner] for size, runner in made.runners.items()}
        return _Tail(
            model, made.tail, made.kernels, made.by_size_us, free, size, made=Counter(made.runners.keys())
        )

    def _interpreter(self, tail: _Tail, model: ServedModel, cut: int, size: int) -> Runner:
        with self._lock:
            if free := tail.free.get(size):
                return free.pop()
        runner = warmed(tail.tail, tail.kernels, size)
        more = interpreter_bytes(model, cut, tail.kernels, tail.tail, size)
        with self._lock:
            tail.made[size] += 1
            tail.bytes += more
            self._bytes += more
        return runner

    def _shrink(self, keep: Key) -> list[Key]:
        """Give up tails, the one unused for longest first, until the bound is kept; which they were."""
        given_up: list[Key] = []
        for key in list(self._tails):
            if self._bytes <= self._most_bytes:
                break
            tail = self._tails[key]
            if key != keep and not tail.lent:
                del self._tails[key]
                self._bytes -= tail.bytes
                given_up.append(key)
        return given_up

    def _tell(self, given_up: list[Key]) -> None:
        for model, cut in given_up:
            self._count("tails_given_up")
            self._priced((model, cut), None)
            log_event(log, logging.INFO, "tail_given_up", model=model.hex(), cut=cut)

    def _count(self, name: str) -> None:
        # An increment is not one step, and several threads make tails.
        with self._lock:
            self.counts[name] += 1
