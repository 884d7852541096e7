"""What tests of a device look at: its events, its answers, and the right answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from cutpoint.answer import Answer
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from host_tools.device import DeviceEvent, InferenceRecord, PlanChanged, Sample, StateChanged, VirtualDevice

DEVICE = "dev-1"
MakeDevice = Callable[..., VirtualDevice]


class Watch:
    """Remembers what a device said, and waits for it."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []
        self._news = threading.Condition()

    def __call__(self, event: DeviceEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, wanted: Callable[[DeviceEvent], bool], timeout_s: float = 5.0) -> DeviceEvent:
        """The first event that is wanted, past or to come."""
        give_up = time.monotonic() + timeout_s
        with self._news:
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                left_s = give_up - time.monotonic()
                assert left_s > 0, f"did not happen in {timeout_s} s; seen: {self.events}"
                self._news.wait(left_s)

    def state(self, state: str) -> None:
        """Wait until this is the latest state that was announced."""
        eventually(lambda: self.states()[-1:] == [state], f"state {state}, seen {self.states()}")

    def plan(self, epoch: int) -> None:
        self.wait(lambda event: isinstance(event, PlanChanged) and event.epoch == epoch)

    def states(self) -> list[str]:
        return [event.state for event in tuple(self.events) if isinstance(event, StateChanged)]


def eventually(true: Callable[[], bool], what: str, timeout_s: float = 5.0) -> None:
    give_up = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < give_up, f"did not happen in {timeout_s} s: {what}"
        time.sleep(0.005)


def expected(bundle: Bundle, sample: Sample) -> Answer:
    """What the whole model says, under the kernels that devices in these tests use."""
    return bundle.answer_rule.decode(open_runner(bundle.full, "reference").run(sample.arrays))


def samples(bundle: Bundle, count: int = 3) -> list[Sample]:
    """Pictures in which the small network finds something."""
    rng = np.random.default_rng(2)
    shape = bundle.inputs[0].shape
    return [
        Sample(f"picture {place}", (rng.integers(-128, 128, shape).astype(np.int8),))
        for place in range(count)
    ]


def in_background(device: VirtualDevice, sample: Sample) -> Future[InferenceRecord]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(device.infer, sample)
    pool.shutdown(wait=False)
    return future
