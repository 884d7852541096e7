"""An emulated link over a real bus: it really waits, and really loses."""

import queue
import threading
import time
from collections.abc import Iterator

import pytest

from cutpoint.bus import MemoryBroker, MemoryBus
from host_tools.device.link import Link
from host_tools.device.linked_bus import MOST_WAITING, LinkedBus

ACT, PLAN, RES = "cutpoint/1/d/act", "cutpoint/1/d/plan", "cutpoint/1/d/res"


class Ends:
    """A far client without emulation, and a near one behind a link."""

    def __init__(self, link: str) -> None:
        self.broker = MemoryBroker()
        self.far = MemoryBus(self.broker, "far")
        self.near = LinkedBus(MemoryBus(self.broker, "near"), Link.parse(link), seed=3)
        self.at_far: queue.Queue[tuple[float, str, bytes]] = queue.Queue()
        self.at_near: queue.Queue[tuple[float, str, bytes]] = queue.Queue()
        self.cut_off = threading.Event()
        self.far.on_message = lambda topic, data: self.at_far.put((time.monotonic(), topic, data))
        self.near.on_message = lambda topic, data: self.at_near.put((time.monotonic(), topic, data))
        self.near.on_disconnect = lambda _reason: self.cut_off.set()
        self.far.subscribe(ACT)
        self.far.subscribe("cutpoint/1/d/state")
        self.near.subscribe(RES)
        self.near.subscribe(PLAN)
        self.far.connect()
        self.near.connect()

    def close(self) -> None:
        self.near.close()
        self.far.close()


@pytest.fixture
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    both = Ends(request.param)
    yield both
    both.close()


@pytest.mark.parametrize("ends", ["delay=30ms"], indirect=True)
def test_both_directions_take_the_stated_delay(ends: Ends) -> None:
    start = time.monotonic()
    ends.near.publish(ACT, b"up")
    ends.far.publish(RES, b"down")
    for arrivals in (ends.at_far, ends.at_near):
        assert 0.029 <= arrivals.get(timeout=2)[0] - start < 0.5


@pytest.mark.parametrize("ends", ["rate=400kbps"], indirect=True)
def test_a_big_message_holds_up_a_small_one(ends: Ends) -> None:
    start = time.monotonic()
    ends.near.publish(ACT, bytes(4000))
    ends.near.publish(ACT, b"small")
    first, second = ends.at_far.get(timeout=2), ends.at_far.get(timeout=2)
    assert (len(first[2]), second[2]) == (4000, b"small")
    assert 0.08 <= first[0] - start <= second[0] - start < 0.6


@pytest.mark.parametrize("ends", ["loss=100%"], indirect=True)
def test_frames_get_lost_and_plans_do_not(ends: Ends) -> None:
    ends.near.publish(ACT, b"frame", qos=0)
    ends.far.publish(RES, b"answer", qos=0)
    up, down = ends.near.counters
    deadline = time.monotonic() + 2
    while not (up.lost and down.lost) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert (up.lost, down.lost) == (1, 1)
    ends.near.link = Link.parse("loss=20%")
    ends.far.publish(PLAN, b"plan", qos=1)
    assert ends.at_near.get(timeout=4)[2] == b"plan"


@pytest.mark.parametrize("ends", ["delay=200ms"], indirect=True)
def test_the_link_can_change_while_it_runs(ends: Ends) -> None:
    ends.near.link = Link.parse("none")
    start = time.monotonic()
    ends.near.publish(ACT, b"now")
    assert ends.at_far.get(timeout=2)[0] - start < 0.19


@pytest.mark.parametrize("ends", ["delay=300ms"], indirect=True)
def test_a_dead_broker_takes_what_is_on_the_way_with_it(ends: Ends) -> None:
    ends.near.publish(ACT, b"too late")
    ends.broker.stop()
    assert ends.cut_off.wait(2)
    ends.near.link = Link.parse("none")
    ends.broker.start()
    deadline = time.monotonic() + 2
    while not ends.near.connected and time.monotonic() < deadline:
        time.sleep(0.005)
    ends.near.publish(ACT, b"after")
    assert ends.at_far.get(timeout=2)[2] == b"after"
    assert ends.near.counters[0].discarded == 1


@pytest.mark.parametrize("ends", ["delay=50ms"], indirect=True)
def test_closing_lets_the_last_words_leave(ends: Ends) -> None:
    ends.near.publish("cutpoint/1/d/state", b"sleeping", qos=1)
    ends.near.close()
    assert ends.at_far.get(timeout=2)[2] == b"sleeping"


@pytest.mark.parametrize("ends", ["none"], indirect=True)
def test_offline_frames_are_dropped_and_counted(ends: Ends) -> None:
    ends.broker.stop()
    assert ends.cut_off.wait(2)
    assert ends.near.publish(ACT, b"nobody") is False
    assert ends.near.drops["offline"] == 1


@pytest.mark.parametrize("ends", ["rate=1bps"], indirect=True)
def test_a_line_that_cannot_keep_up_drops_frames_and_counts_them(ends: Ends) -> None:
    taken = [ends.near.publish(ACT, b"frame") for _ in range(MOST_WAITING + 2)]
    assert taken.count(False) == 2
    assert ends.near.drops["link_full"] == ends.near.counters[0].overflowed == 2
    ends.broker.stop()


@pytest.mark.parametrize("ends", ["rate=0.0000001bps", "delay=9999999999999s"], indirect=True)
def test_a_link_that_takes_ages_can_still_be_mended(ends: Ends) -> None:
    ends.near.publish(ACT, bytes(4000))
    ends.near.publish(ACT, bytes(4000))
    time.sleep(0.05)
    ends.broker.stop()
    assert ends.cut_off.wait(2)
    ends.near.link = Link.parse("none")
    ends.broker.start()
    deadline = time.monotonic() + 2
    while not ends.near.connected and time.monotonic() < deadline:
        time.sleep(0.005)
    ends.near.publish(ACT, b"after")
    assert ends.at_far.get(timeout=2)[2] == b"after"


@pytest.mark.parametrize("ends", ["down.delay=60s"], indirect=True)
def test_what_is_lost_is_counted_in_its_own_direction(ends: Ends) -> None:
    ends.far.publish(RES, b"answer")
    _, down = ends.near.counters
    deadline = time.monotonic() + 2
    while not down.messages and time.monotonic() < deadline:
        time.sleep(0.005)
    ends.broker.stop()
    assert ends.cut_off.wait(2)
    assert [line.discarded for line in ends.near.counters] == [0, 1]


def test_a_new_connection_does_not_wait_for_what_the_last_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_tools.device.linked_bus.DRAIN_S", 0.05)
    ends = Ends("rate=1bps")
    ends.near.publish(ACT, bytes(4000))
    ends.near.close()
    assert ends.near.counters[0].discarded == 1
    ends.near.link = Link.parse("none")
    ends.near.connect()
    ends.near.publish(ACT, b"fresh")
    assert ends.at_far.get(timeout=2)[2] == b"fresh"
    ends.close()


@pytest.mark.parametrize("ends", ["delay=10ms"], indirect=True)
def test_a_bus_that_was_closed_connects_again(ends: Ends) -> None:
    ends.near.close()
    ends.near.connect()
    ends.near.publish(ACT, b"again")
    assert ends.at_far.get(timeout=2)[2] == b"again"
