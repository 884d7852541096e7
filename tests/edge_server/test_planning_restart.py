"""A planning that a store kept goes on where it was: epoch, cut, estimates; and nothing else is believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from hand_device import HandDevice, pictures, until

from cutpoint.graph import Bundle
from cutpoint.wire import LastAnswered, Plan, Timings
from edge_server import EdgeServer
from edge_server.desk.desk import Desk
from edge_server.planning.epoch import newer

MadeServer = Callable[..., EdgeServer]
MadeDevice = Callable[..., HandDevice]


def on_desk(server: EdgeServer, function: Callable[[Desk], Any]) -> Any:
    """What a function says that runs on the desk's thread."""
    desk, said = server._desk, Queue[Any]()
    assert desk is not None
    desk.call(lambda: said.put(function(desk)))
    return said.get(timeout=5)


def talk(dev: HandDevice, bundle: Bundle, plan: Plan, first: int, count: int) -> Plan:
    """Inferences of a device that follows its plans, with the timings of a slow board on a fast link."""
    [picture] = pictures(bundle, 1)
    for sequence in range(first, first + count):
        last = LastAnswered(sequence - 1, 3_000, 500, 2_000, 40) if sequence > 1 else None
        timings = Timings(0, (2_000,) * plan.cut, last)
        dev.ask(plan.cut, picture, sequence, timings=timings, plan_epoch=plan.epoch)
        time.sleep(0.005)
        while not dev.plans.empty():
            said = dev.plan()
            plan = said if newer(said.epoch, plan.epoch) else plan  # as a device does
    return plan


def kept_of(server: EdgeServer, dev: HandDevice) -> Any:
    """The document of a device, as it comes back from a store."""
    return json.loads(json.dumps(on_desk(server, lambda desk: desk.plans.document(desk.sessions[dev.id]))))


def remember(server: EdgeServer, dev: HandDevice, document: object) -> None:
    on_desk(server, lambda desk: desk.plans.remember(desk._session(dev.id), document))


def known(server: EdgeServer, dev: HandDevice) -> Any:
    """The planner's state now."""

    def state(desk: Desk) -> object:
        planning = desk.sessions[dev.id].planning
        assert planning is not None
        return planning.planner.state()

    return on_desk(server, state)


@pytest.fixture
def before(serve: MadeServer, dev: HandDevice, fomo: Bundle) -> tuple[Any, Any, Plan]:
    """The document, the planner's state and the last plan of a server that has ended."""
    server = serve(decide_every=1, learn_interval_ms=0)
    dev.about()
    plan = talk(dev, fomo, dev.plan(), 1, 25)
    # A plan whose tail is still being made would leave after the document was taken.
    until(lambda: on_desk(server, lambda desk: desk.sessions[dev.id].planning.waits_for) is None)
    document, state = kept_of(server, dev), known(server, dev)
    server.stop()
    while not dev.plans.empty():
        plan = dev.plan()
    return document, state, plan


def test_a_restart_continues_with_the_epoch_the_cut_and_the_estimates(
    before: tuple[Any, Any, Plan], serve: MadeServer, dev: HandDevice, fomo: Bundle
) -> None:
    document, state, plan = before
    server = serve()
    remember(server, dev, document)
    # The broker's retained `about` may have come first, or come later: both lead to the same planner.
    until(lambda: server.stats()["counters"].get("plans_resumed") == 1)
    now = known(server, dev)
    assert now["runs"] >= state["runs"]
    assert now["operators"] == state["operators"]
    assert now["link"]["samples"][:5] == state["link"]["samples"][:5]
    after = talk(dev, fomo, plan, 26, 3)
    assert after.cut == plan.cut
    assert after.epoch == plan.epoch or newer(after.epoch, plan.epoch)
    assert known(server, dev)["runs"] > state["runs"]


def test_a_device_that_only_sends_is_planned_for_with_the_board_that_it_had(
    before: tuple[Any, Any, Plan], serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    document, state, plan = before
    server = serve()
    silent = device("dev-2")
    remember(server, silent, document)
    [picture] = pictures(fomo, 1)
    silent.ask(plan.cut, picture, 26, plan_epoch=plan.epoch)
    until(lambda: server.stats()["counters"].get("plans_resumed") == 1)
    assert known(server, silent)["codecs"] == state["codecs"]
    assert on_desk(server, lambda desk: desk.sessions[silent.id].planning.plan.epoch) == plan.epoch
    assert silent.plans.empty()


def test_a_document_from_before_there_were_codec_tables_goes_on(
    before: tuple[Any, Any, Plan], serve: MadeServer, device: MadeDevice, fomo: Bundle
) -> None:
    document, state, plan = before
    planner = dict(document["planner"])
    detours = {name: value for name, value in planner["detours"].items() if name != "audited_at"}
    del planner["tables"]
    old = {name: value for name, value in document.items() if name not in ("tables", "drifts")} | {
        "version": 1,
        "planner": planner | {"version": 1, "detours": detours | {"version": 1}},
    }
    server = serve()
    silent = device("dev-2")
    remember(server, silent, old)
    [picture] = pictures(fomo, 1)
    silent.ask(plan.cut, picture, 26, plan_epoch=plan.epoch)
    until(lambda: server.stats()["counters"].get("plans_resumed") == 1)
    assert known(server, silent)["operators"] == state["operators"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: None,
        lambda document: {},
        lambda document: document | {"version": 9},
        lambda document: document | {"model": "not an id"},
        lambda document: document | {"plan": [1, 2, "zip", 0, 50]},
        lambda document: document | {"plan": [1, 2, "rans", 0, 50]},
        lambda document: document | {"tables": -1},
        lambda document: document | {"drifts": [[1, "rans:2", {"version": 1}]]},
        lambda document: document | {"board": [3, [1], None]},
        lambda document: document | {"board": [3, ["raw"], None, None, 0, "x", 0, None]},
        lambda document: document | {"planner": {"version": 1}},
        lambda document: document | {"edge": None},
        lambda document: document | {"planner": document["planner"] | {"patience": float("nan")}},
    ],
    ids=(
        *("nothing", "empty", "version", "model", "codec", "setting", "tables", "drifts", "board", "coder"),
        "planner",
        "edge",
        "nan",
    ),
)
def test_a_state_that_does_not_fit_is_counted_and_the_device_starts_from_its_prior(
    damage: Callable[[Any], object],
    before: tuple[Any, Any, Plan],
    serve: MadeServer,
    device: MadeDevice,
    fomo: Bundle,
) -> None:
    server, dev = serve(), device("dev-2")
    remember(server, dev, damage(before[0]))
    dev.about()
    until(lambda: server.stats()["counters"].get("state_refused") == 1)
    assert dev.plan().cut in range(fomo.n + 1)
    assert known(server, dev)["runs"] == 0
    assert server.stats()["counters"].get("plans_resumed", 0) == 0


def test_another_model_than_the_one_that_was_kept_starts_from_its_prior(
    before: tuple[Any, Any, Plan], serve: MadeServer, device: MadeDevice
) -> None:
    server, dev = serve(), device("dev-2")
    remember(server, dev, before[0] | {"model": "00112233"})
    dev.about()
    dev.plan()
    assert known(server, dev)["runs"] == 0
    assert "state_refused" not in server.stats()["counters"]


@pytest.mark.parametrize(("age_s", "price"), [(5.0, 40.0), (3_600.0, 1.0)])
def test_a_price_is_resumed_while_it_is_young(
    age_s: float, price: float, before: tuple[Any, Any, Plan], serve: MadeServer, device: MadeDevice
) -> None:
    document = before[0] | {"price": {"version": 1, "price": 40.0}, "saved_s": time.time() - age_s}
    server, dev = serve(), device("dev-2")
    remember(server, dev, document)
    dev.about()
    until(lambda: server.stats()["counters"].get("plans_resumed") == 1)
    assert server.stats()["load_price"] == pytest.approx(price, rel=0.5)
