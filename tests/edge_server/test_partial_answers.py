"""Activations of which chunks are missing: answered at the deadline from those that came."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hand_device import HandDevice, head, pictures, until

from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from cutpoint.wire import Flag, LastAnswered, Status, Timings, encode
from edge_server import EdgeServer
from edge_server.backend import threads
from edge_server.desk.timers import Timers
from edge_server.events import Answered, Event

CUT = 3
CHUNK = 250
DEADLINE_MS = 600
SETTINGS = {"partial_answers": True, "deadline_ms": DEADLINE_MS, "policy": f"fixed:{CUT}"}


def ready(server: EdgeServer, dev: HandDevice, picture: Any, **about: object) -> None:
    """Have the server plan for the device, as after a first inference."""
    dev.announce()
    dev.about(**({"partial": True} | about))
    assert dev.ask(CUT, picture, 1).status is Status.OK


def chunks(
    dev: HandDevice, picture: Any, sequence: int, *, missing: set[int]
) -> tuple[list[bytes], list[bytes]]:
    """The frames of an activation that come, and those that do not."""
    frames = encode(dev.activation(CUT, picture, sequence), chunk_bytes=CHUNK)
    assert len(frames) > 3
    lost = {place % len(frames) for place in missing}
    return (
        [frame for place, frame in enumerate(frames) if place not in lost],
        [frame for place, frame in enumerate(frames) if place in lost],
    )


def counted(server: EdgeServer, name: str) -> int:
    return int(server.stats()["counters"].get(name, 0))


def answer_without(bundle: Bundle, picture: Any, missing: set[int]) -> object:
    """What the tail says when the bytes of these chunks are the zero point, worked out without the server."""
    tensors = [array.copy() for array in head(bundle, CUT, picture)]
    stream: list[tuple[int, int] | None] = [None] * 8
    for number, array in enumerate(tensors):
        stream += [None] * 12
        stream += [(number, place) for place in range(array.nbytes)]
    each = CHUNK - 32
    count = -(-len(stream) // each)
    for chunk in {place % count for place in missing}:
        for spot in stream[chunk * each : (chunk + 1) * each]:
            if spot is not None:
                number, place = spot
                flat = tensors[number].reshape(-1)
                assert flat.itemsize == 1
                flat[place] = bundle.cuts[CUT].tensors[number].zero_point
    tail = open_runner(bundle.model().split(CUT)[1], "reference")
    return bundle.answer_rule.decode(tail.run(tensors))


@pytest.mark.parametrize("missing", [{-1}, {1}, {1, 3}], ids=["the last", "one", "two"])
def test_at_the_deadline_it_is_answered_from_the_chunks_that_came(
    serve: Any, dev: HandDevice, fomo: Bundle, events: list[Event], missing: set[int]
) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)
    come, lost = chunks(dev, picture, 2, missing=missing)
    began_s = time.monotonic()
    dev.send_frames(come)
    result = dev.result()
    assert 0.1 < time.monotonic() - began_s < DEADLINE_MS / 1000
    assert (result.status, result.sequence, result.partial) == (Status.OK, 2, True)
    assert result.answer == answer_without(fomo, picture, missing)
    event = events[-1]
    assert isinstance(event, Answered)
    assert event.came is not None
    assert 0.5 <= event.came < 1
    assert event.bytes_up == sum(map(len, come))
    assert counted(server, "partial_answers") == 1
    assert lost


def test_a_message_that_is_whole_in_time_is_answered_as_ever(
    serve: Any, dev: HandDevice, fomo: Bundle, events: list[Event]
) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)
    come, lost = chunks(dev, picture, 2, missing={1})
    dev.send_frames(come)
    dev.send_frames(lost)
    result = dev.result()
    assert (result.status, result.partial) == (Status.OK, False)
    assert dev.hears_nothing(DEADLINE_MS / 1000 + 0.1)
    assert isinstance(events[-1], Answered)
    assert events[-1].came is None
    assert counted(server, "partial_answers") == 0


def test_what_completes_it_afterwards_is_no_twin_and_has_had_its_answer(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(**SETTINGS)
    one, other = pictures(fomo, 2)
    ready(server, dev, one)
    come, lost = chunks(dev, one, 2, missing={1})
    dev.send_frames(come)
    in_part = dev.result()
    dev.send_frames(lost)
    until(lambda: counted(server, "completed_late") == 1)
    assert dev.hears_nothing()
    dev.send_frames(come + lost)
    assert dev.result() == in_part, "from then on it is a repeated question"
    assert counted(server, "repeated") == 1
    assert counted(server, "twin_id") == 0
    dev.send(dev.activation(CUT, other, 2))
    until(lambda: counted(server, "twin_id") == 1)


def test_what_completes_it_while_its_tail_runs_is_not_run_again(
    serve: Any, dev: HandDevice, fomo: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)
    run, ran = threads.run_batch, []

    def slowly(*given: Any) -> Any:
        ran.append(given)
        until(lambda: counted(server, "completed_late") == 1)
        return run(*given)

    monkeypatch.setattr(threads, "run_batch", slowly)
    come, lost = chunks(dev, picture, 2, missing={1})
    dev.send_frames(come)
    until(lambda: len(ran) == 1)
    dev.send_frames(lost)
    assert dev.result().partial
    assert dev.hears_nothing()
    dev.send_frames(come + lost)
    assert dev.result().partial
    assert len(ran) == 1
    assert counted(server, "twin_id") == 0


def test_the_next_inference_displaces_one_that_is_incomplete(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)
    come, lost = chunks(dev, picture, 2, missing={1})
    dev.send_frames(come)
    assert dev.ask(CUT, picture, 3).sequence == 3
    dev.send_frames(lost)
    assert dev.hears_nothing(DEADLINE_MS / 1000 + 0.1)
    assert counted(server, "partial_answers") == 0


@pytest.mark.parametrize(
    ("settings", "about", "missing"),
    [
        ({"partial_answers": False}, {}, {1}),
        ({}, {"partial": False}, {1}),
        ({"partial_least": 1.0}, {}, {1}),
        ({}, {}, {0}),
    ],
    ids=["not allowed", "not wanted", "too little", "no head"],
)
def test_else_it_is_not_answered(
    serve: Any,
    dev: HandDevice,
    fomo: Bundle,
    settings: dict[str, object],
    about: dict[str, object],
    missing: set[int],
) -> None:
    server = serve(**SETTINGS | settings)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture, **about)
    come, lost = chunks(dev, picture, 2, missing=missing)
    dev.send_frames(come)
    assert dev.hears_nothing(DEADLINE_MS / 1000 + 0.1)
    assert counted(server, "partial_answers") == 0
    dev.send_frames(lost)
    assert not dev.result().partial, "the whole one is answered, late or not: that is for its device to say"


def test_what_the_device_answered_itself_is_not_answered_from_a_part(
    serve: Any, dev: HandDevice, fomo: Bundle
) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)
    message = dev.activation(CUT, picture, 2, flags=Flag.ANSWERED)
    dev.send_frames(encode(message, chunk_bytes=CHUNK)[:-1])
    assert dev.hears_nothing(DEADLINE_MS / 1000 + 0.1)
    assert counted(server, "partial_answers") == 0


def test_an_answer_from_a_part_teaches_the_planner_nothing(serve: Any, dev: HandDevice, fomo: Bundle) -> None:
    server = serve(**SETTINGS)
    [picture] = pictures(fomo, 1)
    ready(server, dev, picture)

    def planner_state() -> object:
        taken: list[object] = []
        session = server._desk.sessions[dev.id]
        server._desk.call(lambda: taken.append(session.planning.planner.state()))
        until(lambda: bool(taken))
        return taken[0]

    before = planner_state()
    come, _ = chunks(dev, picture, 2, missing={1})
    dev.send_frames(come)
    assert dev.result().partial
    assert planner_state() == before
    # What the device measured of it next is no round trip of the link either.
    last = LastAnswered(2, 590_000, 1, 3000, 100)
    told = dev.activation(CUT, picture, 3, timings=Timings(10, (1,) * CUT, last))
    dev.send(told)
    assert dev.result().status is Status.OK
    after = planner_state()
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["link"] == before["link"]
    assert after["operators"] != before["operators"]


def test_timers_are_due_in_their_order_and_once() -> None:
    timers, made = Timers(), []
    for due_ns in (30, 10, 20):
        timers.at(due_ns, lambda due_ns=due_ns: made.append(due_ns))  # type: ignore[misc]
    assert timers.wait_s(0, 1.0) == pytest.approx(10e-9)
    assert timers.wait_s(0, 5e-9) == 5e-9
    assert timers.wait_s(40, 1.0) == 0
    for call in timers.due(20):
        call()
    assert made == [10, 20]
    assert len(timers) == 1
    for call in timers.due(1000):
        call()
    assert made == [10, 20, 30]
    assert timers.wait_s(0, 1.0) == 1.0
