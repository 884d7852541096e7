"""One behaviour of the bus each, the same over memory, amqtt and mosquitto."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import pytest

from cutpoint.bus import Bus, MemoryBus

WAIT_S = 30.0


class Mailbox:
    """Collects what a bus receives."""

    def __init__(self, bus: Bus, *filters: str, qos: int = 0) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.connects = threading.Semaphore(0)
        self.disconnects = threading.Semaphore(0)
        self.threads: set[int] = set()
        bus.on_message = self._message
        bus.on_connect = self.connects.release
        bus.on_disconnect = lambda _reason: self.disconnects.release()
        for topic_filter in filters:
            bus.subscribe(topic_filter, qos)
        bus.connect()

    def _message(self, topic: str, payload: bytes) -> None:
        self.threads.add(threading.get_ident())
        self.messages.put((topic, payload))

    def next(self) -> tuple[str, bytes]:
        return self.messages.get(timeout=WAIT_S)

    def stays_empty(self, seconds: float = 0.2) -> bool:
        time.sleep(seconds)
        return self.messages.empty()


@pytest.fixture
def sender(any_broker: Any) -> Bus:
    bus: Bus = any_broker("sender")
    bus.connect()
    return bus


def test_a_message_reaches_the_one_who_asked_for_its_topic(any_broker: Any, sender: Bus) -> None:
    box = Mailbox(any_broker("a"), "root/dev/res")
    sender.publish("root/other/res", b"not mine")
    sender.publish("root/dev/res", b"\x00\xff mine")
    assert box.next() == ("root/dev/res", b"\x00\xff mine")
    assert box.stays_empty()


def test_wildcards_match_one_level_or_the_rest(any_broker: Any, sender: Bus) -> None:
    one, rest = Mailbox(any_broker("a"), "root/+/act"), Mailbox(any_broker("b"), "root/#")
    for topic in ("root/x/act", "root/x/y/act", "root/x/plan"):
        sender.publish(topic, topic.encode())
    assert one.next()[0] == "root/x/act"
    assert one.stays_empty()
    assert [rest.next()[0] for _ in range(3)] == ["root/x/act", "root/x/y/act", "root/x/plan"]


def test_a_retained_message_waits_for_a_later_subscriber(any_broker: Any, sender: Bus) -> None:
    sender.publish("root/dev/plan", b"old", qos=1, retain=True)
    sender.publish("root/dev/plan", b"new", qos=1, retain=True)
    time.sleep(0.1)
    box = Mailbox(any_broker("late"), "root/dev/plan", qos=1)
    assert box.next() == ("root/dev/plan", b"new")
    assert box.stays_empty()


def test_an_empty_retained_message_clears_the_topic(any_broker: Any, sender: Bus) -> None:
    sender.publish("root/dev/plan", b"old", qos=1, retain=True)
    sender.publish("root/dev/plan", b"", qos=1, retain=True)
    time.sleep(0.1)
    assert Mailbox(any_broker("late"), "root/dev/plan", qos=1).stays_empty()


def test_a_will_is_published_and_retained_when_a_client_vanishes(any_broker: Any) -> None:
    box = Mailbox(any_broker("watcher"), "root/+/state", qos=1)
    doomed = any_broker("doomed")
    doomed.set_will("root/dev/state", b"lost", 1, True)
    doomed.connect()
    _vanish(doomed)
    assert box.next() == ("root/dev/state", b"lost")
    assert Mailbox(any_broker("late"), "root/+/state", qos=1).next() == ("root/dev/state", b"lost")


def test_a_client_that_leaves_in_good_order_has_no_will(any_broker: Any) -> None:
    box = Mailbox(any_broker("watcher"), "root/+/state", qos=1)
    polite = any_broker("polite")
    polite.set_will("root/dev/state", b"lost", 1, True)
    polite.connect()
    polite.close()
    assert box.stays_empty(0.3)


def test_messages_keep_their_order_and_their_bytes(any_broker: Any, sender: Bus) -> None:
    box = Mailbox(any_broker("a"), "root/dev/act")
    payloads = [i.to_bytes(4, "little") * (1 + i * 7 % 700) for i in range(200)]
    for payload in payloads:
        assert sender.publish("root/dev/act", payload)
    assert [box.next()[1] for _ in payloads] == payloads


def test_callbacks_do_not_run_on_the_publishers_thread(any_broker: Any, sender: Bus) -> None:
    box = Mailbox(any_broker("a"), "root/x")
    for _ in range(5):
        sender.publish("root/x", b"1")
        box.next()
    assert len(box.threads) == 1
    assert threading.get_ident() not in box.threads


def test_a_callback_that_fails_does_not_end_the_connection(any_broker: Any, sender: Bus) -> None:
    bus = any_broker("a")
    box = Mailbox(bus, "root/x")
    receive = bus.on_message

    def fragile(topic: str, payload: bytes) -> None:
        if payload == b"bad":
            raise RuntimeError("spoilt")
        receive(topic, payload)

    bus.on_message = fragile
    sender.publish("root/x", b"bad")
    sender.publish("root/x", b"good")
    assert box.next() == ("root/x", b"good")


def test_a_callback_may_publish(any_broker: Any, sender: Bus) -> None:
    bus = any_broker("echo")
    Mailbox(bus, "ask/+")
    bus.on_message = lambda topic, payload: bus.publish("answer", payload)
    box = Mailbox(any_broker("a"), "answer")
    sender.publish("ask/1", b"hello")
    assert box.next() == ("answer", b"hello")


def test_publishing_after_close_is_a_counted_drop(any_broker: Any) -> None:
    bus = any_broker("a")
    bus.connect()
    bus.close()
    assert bus.publish("root/x", b"1") is False
    assert bus.drops["offline"] == 1


def test_closing_twice_is_harmless(any_broker: Any) -> None:
    bus = any_broker("a")
    bus.connect()
    bus.close()
    bus.close()
    assert not bus.connected


def test_a_closed_bus_connects_again_with_its_subscriptions(any_broker: Any, sender: Bus) -> None:
    bus = any_broker("a")
    box = Mailbox(bus, "root/x")
    bus.close()
    bus.connect()
    sender.publish("root/x", b"again")
    assert box.next() == ("root/x", b"again")


def test_many_filters_are_subscribed_to_and_given_up_together(any_broker: Any, sender: Bus) -> None:
    bus = any_broker("a")
    box = Mailbox(bus)
    # More than one packet holds.
    topics = [f"root/dev-{i}/act" for i in range(600)]
    bus.subscribe_all(topics)
    bus.subscribe_all(["root/end"])
    _until_heard(box, sender, "root/end")
    for topic in topics:
        sender.publish(topic, b"1")
    assert [box.next()[0] for _ in topics] == topics
    bus.unsubscribe([*topics[:599], "root/never-asked-for"])
    bus.subscribe("root/after")
    _until_heard(box, sender, "root/after")
    for topic in topics:
        sender.publish(topic, b"2")
    assert box.next() == (topics[599], b"2")
    assert box.stays_empty()


def test_what_was_given_up_stays_so_at_the_next_connection(any_broker: Any, sender: Bus) -> None:
    bus = any_broker("a")
    box = Mailbox(bus, "root/kept")
    bus.subscribe_all(f"root/dev-{i}/act" for i in range(600))
    bus.unsubscribe(["root/dev-7/act"])
    came: list[str] = []
    # amqtt may take the subscriptions of a client that returns for those of the life that has just ended.
    for _ in range(5):
        bus.close()
        bus.connect()
        for topic in ("root/dev-7/act", "root/dev-599/act", "root/kept"):
            sender.publish(topic, b"again")
        box.stays_empty(0.5)
        came = [box.next()[0] for _ in range(box.messages.qsize())]
        if len(came) == 2:
            break
    assert came == ["root/dev-599/act", "root/kept"]


def test_what_is_published_after_a_subscription_leaves_after_it(any_broker: Any) -> None:
    """So whoever reads "I am subscribed" may rely on it."""
    announcer = any_broker("announcer")
    box = Mailbox(announcer)
    other = any_broker("other")
    other.subscribe("root/here")
    other.on_message = lambda _topic, _payload: other.publish("root/dev-599/act", b"first")
    other.connect()
    announcer.subscribe_all(f"root/dev-{i}/act" for i in range(600))
    announcer.publish("root/here", b"subscribed", qos=1)
    assert box.next() == ("root/dev-599/act", b"first")


def test_a_bad_filter_among_many_leaves_all_as_it_was(any_broker: Any) -> None:
    bus = any_broker("a")
    box = Mailbox(bus)
    with pytest.raises(ValueError, match="last level"):
        bus.subscribe_all(["root/x", "root/#/x"])
    bus.publish("root/x", b"1")
    assert box.stays_empty()


def _until_heard(box: Mailbox, sender: Bus, topic: str) -> None:
    """Publish until the subscription, and with it those before, has come to the broker."""
    give_up = time.monotonic() + WAIT_S
    while time.monotonic() < give_up:
        sender.publish(topic, b"")
        time.sleep(0.05)
        if not box.messages.empty():
            break
    while True:
        try:
            box.messages.get(timeout=0.2)
        except queue.Empty:
            return


def _vanish(bus: Bus) -> None:
    """Lose the connection without a farewell."""
    if isinstance(bus, MemoryBus):
        bus.drop()
        return
    client = bus._client  # type: ignore[attr-defined]
    client.loop_stop()
    client.socket().close()
