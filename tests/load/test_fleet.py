"""Light devices on one thread behave as devices do: over a real broker that goes away, with clocks that jump."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from fleet_turns import ask_all, turn_until
from told_edge import ToldEdge, silently

from cutpoint.bus import MqttBus
from cutpoint.wire import CodecId, DeviceId, Flag, ModelId, Plan, Topics, encode, parse_about, parse_state
from host_tools.load import client
from host_tools.load.device import MOST_WAITING, Manner
from host_tools.load.fleet import Fleet
from host_tools.load.recording import Recording
from host_tools.load.schedule import Schedule

pytestmark = pytest.mark.broker
MadeFleet = Callable[..., Fleet]
MadeEdge = Callable[[tuple[str, int]], ToldEdge]


@pytest.fixture
def broker(mosquitto: object) -> tuple[str, int]:
    return mosquitto.address  # type: ignore[attr-defined,no-any-return]


def test_arrivals_are_asked_at_their_time_and_answered(
    broker: tuple[str, int], make_fleet: MadeFleet, told_edge: MadeEdge
) -> None:
    edge, fleet = told_edge(broker), make_fleet(broker, 10)
    schedule = Schedule(5.0, 2.0, seed=1)
    fleet.run(schedule, time.monotonic_ns())
    fleet.drain(3.0)
    expected = sum(len(list(schedule.times_ns(number))) for number in range(10))
    assert fleet.tally.scheduled.total == expected == len(edge.heard)
    assert fleet.ledger.by["edge"] == expected
    assert not fleet.ledger.violations
    assert sum(second.by["edge"] for second in fleet.tally.seconds.values()) == expected
    late, sent = fleet.tally.scheduled.percentile(0.5), fleet.tally.sent.percentile(0.5)
    assert late is not None
    assert sent is not None
    assert late >= sent > 0


def test_waiting_for_a_slow_answer_counts_from_the_scheduled_time(
    broker: tuple[str, int], make_fleet: MadeFleet, told_edge: MadeEdge
) -> None:
    told_edge(broker).reply = silently
    fleet = make_fleet(broker, 1, deadline_ms=300, isolate_after=200)
    device, now_ns = fleet.devices[0], time.monotonic_ns()
    device.at(now_ns)
    for number in range(3):
        device.take_picture(now_ns + number)
    fleet.settle(device)
    turn_until(fleet, lambda: fleet.flying == 0)
    assert fleet.tally.scheduled.most >= 3 * 300_000
    assert fleet.tally.sent.most < 2 * 300_000
    for number in range(MOST_WAITING + 5):
        device.take_picture(now_ns + number)
    assert device.skipped == 4  # one is in flight
    assert len(device.waiting) == MOST_WAITING


def test_a_device_says_what_it_is_and_follows_its_plan(
    broker: tuple[str, int], make_fleet: MadeFleet, told_edge: MadeEdge, recording: Recording
) -> None:
    heard: dict[str, bytes] = {}
    bus = MqttBus(*broker, client_id="listener")
    bus.on_message = lambda topic, payload: heard.update({topic: payload})
    bus.subscribe("cutpoint/1/+/state")
    bus.subscribe("cutpoint/1/+/about")
    bus.connect()
    edge, fleet = told_edge(broker), make_fleet(broker, 2)
    plan = Plan(ModelId(recording.model_id), 5, 9, CodecId.BITMAP, Flag(0), 700, b"")
    for frame in encode(plan):
        bus.publish(Topics("cutpoint/1").plan(DeviceId("dev-1")), frame, 1, True)
    turn_until(fleet, lambda: fleet.devices[1].session.plan.epoch == 5)
    ask_all(fleet, 1)
    assert {name: activation.cut for name, activation in edge.heard} == {"dev-0": 3, "dev-1": 9}
    assert fleet.ledger.by["edge"] == 2
    about = parse_about(heard["cutpoint/1/dev-0/about"])
    assert about.operators == recording.max_cut
    fleet.close()
    deadline_s = time.monotonic() + 5
    while parse_state(heard["cutpoint/1/dev-0/state"]).state != "sleeping":
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    bus.close()


def test_a_fleet_survives_its_broker_and_comes_back_in_turn(
    mosquitto: object, broker: tuple[str, int], make_fleet: MadeFleet, told_edge: MadeEdge
) -> None:
    fleet = make_fleet(broker, 10)
    mosquitto.kill()  # type: ignore[attr-defined]
    turn_until(fleet, lambda: fleet.online == 0)
    ask_all(fleet, 1)
    assert fleet.ledger.by["device"] == 10
    mosquitto.start()  # type: ignore[attr-defined]
    told_edge(broker)
    turn_until(fleet, lambda: fleet.online == 10)
    ask_all(fleet, 1)
    assert fleet.ledger.by["edge"] == 10
    assert not fleet.ledger.violations


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_a_clock_that_jumps_costs_at_most_the_inference_in_flight(
    broker: tuple[str, int], make_fleet: MadeFleet, told_edge: MadeEdge, seconds: float
) -> None:
    edge, fleet = told_edge(broker), make_fleet(broker, 4)
    ask_all(fleet, 1)
    edge.reply = silently
    for device in fleet.devices:
        device.at(time.monotonic_ns())
        device.take_picture(time.monotonic_ns())
        fleet.settle(device)
    fleet.skew(1.0, seconds)
    turn_until(fleet, lambda: fleet.flying == 0)
    edge.reply = lambda told, name, activation: told.answer(name, activation, told.picture_of(activation))
    ask_all(fleet, 2)
    assert fleet.ledger.by == {"edge": 12, "device": 4}
    fleet.ledger.finish()
    assert not fleet.ledger.violations


def test_connects_to_a_broker_that_hangs_hold_nothing_up(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_WITHIN_S", 1.0)
    with ExitStack() as stack:
        # Its queue is full and nobody accepts, as with a broker that is frozen.
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        fleet = Fleet(["a", "b", "c"], recording, Manner("cutpoint/1", 3, 7), full.getsockname())
        began_s = time.monotonic()
        assert fleet.connect(0.3) == 0
        assert time.monotonic() - began_s < 0.9
        turn_until(fleet, lambda: fleet.tally.counts["connects_failed"] >= 3)
        fleet.close()


def test_those_who_leave_are_not_counted_as_lost(broker: tuple[str, int], make_fleet: MadeFleet) -> None:
    fleet = make_fleet(broker, 3)
    fleet.close()
    assert fleet.online == 0
    assert fleet.tally.counts["connections_lost"] == 0
