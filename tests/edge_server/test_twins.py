"""Two devices under one id, and frames that are played again."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until, whole_answer

from cutpoint.graph import Bundle
from cutpoint.wire import Status
from edge_server.backend import threads
from edge_server.desk.twins import STEPS_BACK, WITHIN_S, TwinWatch


def test_one_step_back_is_a_late_frame_and_several_are_two_devices() -> None:
    watch = TwinWatch()
    assert [watch.step_back(second) for second in range(STEPS_BACK)] == [False] * (STEPS_BACK - 1) + [True]
    assert watch.seen(STEPS_BACK)
    assert not watch.seen(STEPS_BACK + WITHIN_S)


def test_steps_back_that_are_far_between_are_nobodys_fault() -> None:
    watch = TwinWatch()
    assert not any(watch.step_back(WITHIN_S * number) for number in range(10))


def test_lives_that_alternate_are_two_devices(serve: Any, device: Any, fomo: Bundle) -> None:
    server = serve()
    [picture] = pictures(fomo, 1)
    one, other = device("cam", boot=7), HandDevice(device("x").bus, fomo, "cam", boot=9)
    for sequence in range(1, 6):
        for dev in (one, other):
            dev.send(dev.activation(3, picture, sequence))
    until(lambda: server.stats()["counters"].get("twin_id", 0) > 0)
    assert server.stats()["counters"].get("twin_refused") is None, "each takes only answers of its own life"


def test_births_that_alternate_are_two_devices(serve: Any, device: Any) -> None:
    server = serve()
    one, other = device("cam", boot=7), device("cam-2", boot=9)
    for _ in range(4):
        for dev in (one, other):
            dev.bus.publish("cutpoint/1/cam/state", b'{"state": "online", "boot": %d}' % dev.boot)
    until(lambda: server.stats()["counters"].get("twin_id", 0) > 0)


def test_one_inference_with_two_contents_is_answered_to_neither(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve()
    one, other, third = pictures(fomo, 3)
    assert dev.ask(3, one, 1).answer == whole_answer(fomo, one)
    assert dev.ask(3, other, 1).status is Status.FAILED
    assert dev.ask(3, third, 2).status is Status.FAILED, "the next answer could reach the wrong one as well"
    counters = server.stats()["counters"]
    assert (counters["twin_id"], counters["twin_refused"]) == (1, 2)


def test_an_inference_under_way_when_its_twin_asks_is_answered_to_neither(
    serve: Any, dev: HandDevice, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, lets = threads.run_batch, threading.Event()

    def slowly(*given: Any) -> Any:
        assert lets.wait(10)
        return run(*given)

    monkeypatch.setattr(threads, "run_batch", slowly)
    server = serve()
    one, other = pictures(fomo, 2)
    dev.send(dev.activation(3, one, 1))
    until(lambda: not server.idle())
    assert dev.ask(3, other, 1).status is Status.FAILED
    lets.set()
    assert dev.result().status is Status.FAILED


def test_a_refused_inference_that_is_asked_again_is_no_second_device(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve()
    [picture] = pictures(fomo, 1)
    for _ in range(STEPS_BACK + 1):
        dev.send(replace(dev.activation(3, picture, 5), cut=fomo.n + 1))
        assert dev.result().status is Status.WRONG_CUT
    counters = server.stats()["counters"]
    assert not {"twin_id", "sequence_back"} & counters.keys()


def test_what_the_device_answered_itself_is_no_second_content(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve()
    [picture] = pictures(fomo, 1)
    assert dev.ask(3, picture, 1).status is Status.OK
    assert dev.ask(fomo.n, picture, 1).status is Status.OK
    assert "twin_id" not in server.stats()["counters"]


def test_a_frame_that_is_played_again_is_answered_from_memory_and_harms_nobody(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(remembered_answers=2)
    shown = pictures(fomo, 6)
    messages = [dev.activation(3, picture, sequence) for sequence, picture in enumerate(shown, 1)]
    for message, picture in zip(messages, shown, strict=True):
        dev.send(message)
        assert dev.result().answer == whole_answer(fomo, picture)
    for message in messages:
        dev.send(message)
    for picture in shown:
        assert dev.result().answer == whole_answer(fomo, picture)
    dev.send(replace(dev.activation(3, shown[0], 7)))
    assert dev.result().answer == whole_answer(fomo, shown[0])
    counters = server.stats()["counters"]
    assert counters["repeated"] == 2
    assert counters["sequence_back"] >= 1
