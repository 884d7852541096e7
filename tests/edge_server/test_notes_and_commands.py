"""What devices say besides frames, what they are asked besides plans, and a model that changes under way."""

from __future__ import annotations

import logging
import queue
from pathlib import Path
from typing import Any

import pytest
from edge_bundles import make_bundle
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.graph import Bundle
from cutpoint.wire import Command, CommandMessage, DeviceId, Status, UpdateNote, UpdateState, decode
from edge_server import AboutSeen, Dropped, NoteSeen
from edge_server.desk.session import _MOST_LINES

DEVICE = DeviceId("dev-1")


@pytest.fixture
def commands(memory_broker: MemoryBroker) -> Any:
    """What reaches the device's command topic."""
    heard: queue.Queue[CommandMessage] = queue.Queue()
    bus = MemoryBus(memory_broker, "command-watch")

    def receive(_topic: str, payload: bytes) -> None:
        message = decode(payload)
        assert isinstance(message, CommandMessage)
        heard.put(message)

    bus.on_message = receive
    bus.subscribe("cutpoint/1/dev-1/cmd", 1)
    bus.connect()
    yield heard
    bus.close()


def say(dev: HandDevice, payload: bytes) -> None:
    dev.bus.publish(dev.topics.note(dev.id), payload, 1)


def test_a_note_reaches_observer_counter_and_log(
    serve: Any, dev: HandDevice, events: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    server = serve()
    say(dev, b'{"note": "model", "text": "operator TRANSPOSE is not in this firmware"}')
    say(dev, b'{"note": "update", "kind": "model", "state": "done", "offset": 9, "size": 9, "text": ""}')
    until(lambda: server.stats()["counters"].get("notes") == 2)
    seen = [event.note for event in events if isinstance(event, NoteSeen)]
    assert seen[0].text == "operator TRANSPOSE is not in this firmware"
    assert isinstance(seen[1], UpdateNote)
    assert seen[1].state is UpdateState.DONE
    assert "event=note device=dev-1 note=model text='operator TRANSPOSE" in caplog.text
    assert "event=update device=dev-1 kind=model state=done" in caplog.text


def test_what_is_no_note_is_counted_and_costs_nothing(
    serve: Any, dev: HandDevice, events: list[Any], fomo: Bundle
) -> None:
    server = serve()
    say(dev, b"\xff\xfe")
    until(lambda: server.stats()["counters"].get("bad_note") == 1)
    assert Dropped(DEVICE, "bad_note") in events
    [picture] = pictures(fomo, 1)
    assert dev.ask(3, picture).status is Status.OK


def test_a_talkative_device_does_not_fill_the_log(
    serve: Any, dev: HandDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    server = serve()
    for number in range(100):
        say(dev, b'{"note": "error", "text": "%d"}' % number)
    until(lambda: server.stats()["counters"].get("notes") == 100)
    assert caplog.text.count("event=note") == _MOST_LINES


def test_what_a_board_says_of_itself_is_accepted_and_shown(
    serve: Any, dev: HandDevice, events: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    serve()
    dev.about(app="1.2.0", reset="task watchdog", safe_mode=True, slot_bytes=458752, novel={"a": 1})
    until(lambda: any(isinstance(event, AboutSeen) for event in events))
    [seen] = [event.about for event in events if isinstance(event, AboutSeen)]
    assert (seen.app, seen.reset, seen.safe_mode, seen.slot_bytes) == ("1.2.0", "task watchdog", True, 458752)
    assert "reset='task watchdog' safe_mode=true" in caplog.text


def test_commands_carry_life_model_and_rising_numbers(
    serve: Any, dev: HandDevice, commands: queue.Queue[CommandMessage], fomo: Bundle, events: list[Any]
) -> None:
    server = serve()
    assert server.command(DEVICE, Command.IDENTIFY)
    unknown = commands.get(timeout=5)
    assert (unknown.boot, unknown.model.hex) == (0, "00000000")
    dev.announce()
    dev.about()
    until(lambda: any(isinstance(event, AboutSeen) for event in events))
    assert server.command(DEVICE, Command.NEW_MODEL, b"argument")
    known = commands.get(timeout=5)
    assert (known.boot, bytes(known.model)) == (dev.boot, fomo.model_id)
    assert (known.command, known.argument) == (Command.NEW_MODEL, b"argument")
    assert known.sequence > unknown.sequence


def test_numbers_go_on_when_the_server_is_started_again(
    serve: Any, commands: queue.Queue[CommandMessage]
) -> None:
    server = serve()
    server.command(DEVICE, Command.IDENTIFY)
    before = commands.get(timeout=5).sequence
    server.stop()
    assert not server.command(DEVICE, Command.IDENTIFY)
    server.start()
    server.command(DEVICE, Command.IDENTIFY)
    assert commands.get(timeout=5).sequence > before


def test_a_device_whose_model_changed_is_served_with_the_new_one(
    serve: Any, fomo: Bundle, dev: HandDevice, memory_broker: MemoryBroker, tmp_path: Path
) -> None:
    other = make_bundle(tmp_path, "autoencoder")
    serve(models=(fomo.path.parent, tmp_path))
    dev.announce()
    dev.about()
    assert bytes(dev.plan().model) == fomo.model_id
    [picture] = pictures(fomo, 1)
    assert dev.ask(3, picture).answer == whole_answer(fomo, picture)
    dev.boot, dev.bundle = 2, other
    dev.announce()
    dev.about()
    until(lambda: bytes(dev.plan().model) == other.model_id)
    [sample] = pictures(other, 1)
    assert dev.ask(1, sample).answer == whole_answer(other, sample)


def test_a_device_whose_new_model_is_not_on_offer_gets_no_more_plans_of_the_old_one(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve()
    dev.announce()
    dev.about()
    assert bytes(dev.plan().model) == fomo.model_id
    dev.about(model="00112233")
    until(lambda: server.stats()["counters"].get("unknown_model") == 1)
    published = server.stats()["counters"]["plans_published"]
    dev.announce(boot=2)
    until(lambda: server.stats()["counters"]["births"] == 2)
    assert server.stats()["counters"]["plans_published"] == published
