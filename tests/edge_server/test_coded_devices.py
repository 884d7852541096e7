"""Devices whose tensors travel under calibrated codecs: planned for, answered, audited, and refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coded_bundle import COARSE, DELTA, LOSSLESS, ONE, calibrated
from edge_bundles import make_bundle
from hand_device import HandDevice, Picture, head, pictures, until, whole_answer

from cutpoint.bus import MemoryBroker, MemoryBus
from cutpoint.codec import CodecId, CodecTables
from cutpoint.graph import Bundle
from cutpoint.wire import Activation, Flag, Plan, Status, TensorRecord, Timings, setting_of
from edge_server import Audited, EdgeServer, PlanDecided, ServeConfig
from edge_server.events import Event

Started = Callable[..., EdgeServer]


def bundle_in(folder: Path, **changes: Any) -> Bundle:
    return calibrated(make_bundle(folder, "fomo_like", output="raw"), **changes)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_in(tmp_path_factory.mktemp("calibrated") / "bundles")


@pytest.fixture
def start(bundle: Bundle, memory_broker: MemoryBroker, events: list[Event]) -> Iterator[Started]:
    servers: list[EdgeServer] = []

    def start(of: Bundle = bundle, **settings: Any) -> EdgeServer:
        config = ServeConfig.checked(
            {"models": (of.path.parent,), "exploration": 0.0, "decide_interval_ms": 0} | settings, "test"
        )
        server = EdgeServer(config, MemoryBus(memory_broker, f"edge-{len(servers)}"), events.append)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


class CodedDevice(HandDevice):
    """Sends what the plans ask for, as a device with the tables does; remembers what was acknowledged for `delta`."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.tables = CodecTables.open(self.bundle.codec_tables or b"", self.bundle.model_id)
        self.followed: Plan | None = None
        self.reference: tuple[int, tuple[bytes, ...]] | None = None
        self.candidate: tuple[int, tuple[bytes, ...]] | None = None

    def tell(self, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "codecs": ["raw", "bitmap", "lowbit", "rans", "delta"],
            "tables": f"{self.tables.version:08x}",
            "history": 100_000,
        }
        self.announce()
        self.about(**fields | changes)

    def follow(self) -> Plan:
        """The newest plan, waited for where there is none yet."""
        if self.followed is None:
            self.followed = self.plan()
        while not self.plans.empty():
            self.followed = self.plans.get()
        return self.followed

    def coded(self, picture: Picture, sequence: int, plan: Plan) -> Activation:
        """An inference under a plan."""
        timings = Timings(50, tuple([100] * plan.cut)) if Flag.TIMINGS in plan.flags else None
        message = self.activation(
            plan.cut,
            picture,
            sequence,
            codec=plan.codec if not plan.codec.calibrated else CodecId.RAW,
            flags=plan.flags & (Flag.TIMINGS | Flag.EXPLORATION),
            timings=timings,
            plan_epoch=plan.epoch,
        )
        named = setting_of(plan.parameters) if plan.codec.calibrated else None
        if named is None:
            return message
        records, levels = [], []
        before = self.reference if plan.codec is CodecId.DELTA else None
        for place, tensor in enumerate(message.tensors):
            one, new = self.tables.encode(named[0], place, tensor.data), b""
            if plan.codec is CodecId.DELTA:
                reference = (before[1][place], sequence - before[0]) if before else (None, 0)
                one, new = self.tables.encode_change(named[0], place, tensor.data, *reference)
            levels.append(new)
            records.append(replace(tensor, data=one.data, codec=one.codec, raw_bytes=len(tensor.data)))
        if plan.codec is CodecId.DELTA:
            self.candidate = (sequence, tuple(levels))
        return replace(message, codec=plan.codec, setting=named[0], tensors=tuple(records))

    def infer(self, picture: Picture, sequence: int) -> Any:
        """One inference under the newest plan; a reference is what was acknowledged, and is forgotten when refused."""
        self.candidate = None
        plan = self.follow()
        self.send(self.coded(picture, sequence, plan))
        result = self.result()
        if result.status is Status.OK and self.candidate is not None:
            self.reference = self.candidate
        elif result.status is Status.BAD_FRAME:
            self.reference = None
        return result


@pytest.fixture
def coded_device(bundle: Bundle, memory_broker: MemoryBroker) -> Iterator[Callable[..., CodedDevice]]:
    buses: list[MemoryBus] = []

    def connect(name: str = "dev-1", of: Bundle = bundle, **how: Any) -> CodedDevice:
        buses.append(MemoryBus(memory_broker, name))
        return CodedDevice(buses[-1], of, name, **how)

    yield connect
    for bus in buses:
        bus.close()


def counters(server: EdgeServer) -> dict[str, int]:
    counts: dict[str, int] = server.stats()["counters"]
    return counts


def test_a_plan_names_setting_and_tables_and_the_answer_is_the_whole_models(
    start: Started, coded_device: Any, bundle: Bundle, events: list[Event]
) -> None:
    server = start(policy=f"fixed:{ONE}:rans:{LOSSLESS}")
    dev = coded_device()
    dev.tell()
    plan = dev.follow()
    assert (plan.cut, plan.codec) == (ONE, CodecId.RANS)
    assert setting_of(plan.parameters) == (LOSSLESS, dev.tables.version)
    for sequence, picture in enumerate(pictures(bundle, 4), start=1):
        result = dev.infer(picture, sequence)
        assert (result.status, result.answer) == (Status.OK, whole_answer(bundle, picture))
    assert counters(server)["answered_ok"] == 4
    decided = [event for event in events if isinstance(event, PlanDecided)]
    assert {event.label for event in decided} == {"rans:1"}


def test_by_default_no_plan_changes_a_bit_and_a_loss_must_be_allowed(
    start: Started, coded_device: Any
) -> None:
    start(policy=f"fixed:{ONE}:rans")
    dev = coded_device()
    dev.tell()
    assert setting_of(dev.follow().parameters)[0] == LOSSLESS


@pytest.mark.parametrize("max_loss", [2.0, "2pp", "2 %", "2"])
def test_with_a_loss_allowed_the_cheapest_setting_within_it_is_planned(
    start: Started, coded_device: Any, max_loss: Any, tmp_path: Path
) -> None:
    of = bundle_in(tmp_path / "bundles", coarse={"mean_bytes": 100.0})
    start(of, policy=f"fixed:{ONE}:rans", max_loss=max_loss)
    dev = coded_device(of=of)
    dev.tell()
    assert setting_of(dev.follow().parameters)[0] == COARSE


@pytest.mark.parametrize(
    "about",
    [
        {"codecs": ["raw", "bitmap"]},
        {"codecs": ["raw", "lowbit"]},
        {"tables": None},
        {"tables": "00000001"},
    ],
)
def test_a_device_that_lacks_codec_or_tables_is_told_to_use_no_setting(
    start: Started, coded_device: Any, about: dict[str, Any]
) -> None:
    server = start(policy=f"fixed:{ONE}:rans:{LOSSLESS}")
    dev = coded_device()
    dev.tell(**about)
    until(lambda: counters(server).get("no_plan", 0) == 1)
    assert dev.plans.empty()


@pytest.mark.parametrize(("history", "planned"), [(767, False), (768, True), (None, False)])
def test_delta_is_for_devices_that_remember_a_whole_cut(
    start: Started, coded_device: Any, history: int | None, planned: bool
) -> None:
    server = start(policy=f"fixed:{ONE}:delta")
    dev = coded_device()
    dev.tell(history=history)
    if planned:
        assert dev.follow().codec is CodecId.DELTA
    else:
        until(lambda: counters(server).get("no_plan", 0) == 1)


def still(bundle: Bundle, count: int) -> list[Picture]:
    """A fixed camera: the same picture, a few values changed each time."""
    (first,) = pictures(bundle, 1)
    rng = np.random.default_rng(1)
    scenes = []
    for _ in range(count):
        scene = first[0].copy()
        scene.flat[rng.integers(0, scene.size, 3)] = 0
        scenes.append((scene,))
    return scenes


def test_still_scenes_travel_as_changes_and_are_answered_exactly(
    start: Started, coded_device: Any, bundle: Bundle
) -> None:
    server = start(policy=f"fixed:{ONE}:delta:{DELTA}")
    dev = coded_device()
    dev.tell()
    sizes = []
    for sequence, picture in enumerate(still(bundle, 6), start=1):
        assert dev.infer(picture, sequence).answer == whole_answer(bundle, picture)
        sizes.append(sum(len(t.data) for t in dev.coded(picture, sequence + 1, dev.follow()).tensors))
    assert counters(server).get("unknown_reference", 0) == 0
    assert max(sizes) < 200


def test_lost_frames_do_not_break_a_row_of_changes(start: Started, coded_device: Any, bundle: Bundle) -> None:
    server = start(policy=f"fixed:{ONE}:delta:{DELTA}")
    dev = coded_device()
    dev.tell()
    scenes = still(bundle, 12)
    assert dev.infer(scenes[0], 1).status is Status.OK
    for sequence in range(2, 12):
        # Inferences whose frames or answers were lost: the reference stays the first.
        if sequence % 3:
            continue
        assert dev.infer(scenes[sequence], sequence).answer == whole_answer(bundle, scenes[sequence])
    assert counters(server).get("unknown_reference", 0) == 0


def test_a_restarted_server_refuses_the_first_change_and_takes_the_key_frame_that_follows(
    start: Started, coded_device: Any, bundle: Bundle
) -> None:
    policy = f"fixed:{ONE}:delta:{DELTA}"
    first = start(policy=policy)
    dev = coded_device()
    dev.tell()
    scenes = still(bundle, 4)
    assert [dev.infer(scene, n).status for n, scene in enumerate(scenes[:2], start=1)] == [Status.OK] * 2
    first.stop()
    second = start(policy=policy)
    until(lambda: not dev.plans.empty())
    assert dev.infer(scenes[2], 3).status is Status.BAD_FRAME
    assert counters(second)["unknown_reference"] == 1
    result = dev.infer(scenes[3], 4)
    assert (result.status, result.answer) == (Status.OK, whole_answer(bundle, scenes[3]))


def test_a_new_life_of_the_device_has_no_references_of_the_old_one(
    start: Started, coded_device: Any, bundle: Bundle
) -> None:
    server = start(policy=f"fixed:{ONE}:delta:{DELTA}")
    dev = coded_device()
    dev.tell()
    scenes = still(bundle, 2)
    assert dev.infer(scenes[0], 1).status is Status.OK
    dev.boot = 2
    dev.announce()
    assert dev.infer(scenes[1], 2).status is Status.BAD_FRAME
    assert counters(server)["unknown_reference"] == 1


def test_what_cannot_be_undone_is_a_bad_frame_and_never_an_answer(
    start: Started, coded_device: Any, bundle: Bundle, events: list[Event]
) -> None:
    server = start(policy=f"fixed:{ONE}:rans:{LOSSLESS}")
    dev = coded_device()
    dev.tell()
    [picture] = pictures(bundle, 1)
    good = replace(dev.coded(picture, 1, dev.follow()), timings=None, flags=Flag(0))
    (record,) = good.tensors

    def sent(sequence: int, **changes: Any) -> Status:
        dev.send(replace(good, sequence=sequence, **changes))
        status: Status = dev.result().status
        return status

    def with_data(data: bytes) -> tuple[TensorRecord, ...]:
        return (replace(record, data=data),)

    assert sent(1, tensors=with_data(b"\0\0" + record.data[2:])) is Status.BAD_FRAME
    assert sent(2, tensors=with_data(record.data[:-3])) is Status.BAD_FRAME
    assert sent(3, setting=77) is Status.BAD_FRAME
    assert sent(4, cut=ONE + 1) is Status.BAD_FRAME
    assert sent(5) is Status.OK
    seen = counters(server)
    assert (seen["wrong_tables"], seen["bad_coding"], seen["wrong_setting"]) == (1, 1, 2)
    assert seen["answered_bad_frame"] == 4
    assert not [event for event in events if isinstance(event, Audited)]


def audited(dev: CodedDevice, scenes: list[Picture], first: int = 1) -> set[str]:
    """Runs inferences under the newest plans; the settings that were followed."""
    used = set()
    for sequence, scene in enumerate(scenes, start=first):
        plan = dev.follow()
        used.add(f"{plan.codec.name.lower()} {Flag.EXPLORATION in plan.flags}")
        assert dev.infer(scene, sequence).status is Status.OK
    return used


def test_a_lossy_setting_is_audited_with_exact_frames_and_its_drift_is_told(
    start: Started, coded_device: Any, bundle: Bundle, events: list[Event]
) -> None:
    server = start(
        policy=f"fixed:{ONE}:rans:{COARSE}",
        max_loss=5,
        audit_every=2,
        http="127.0.0.1:0",
        learn_interval_ms=0,
    )
    dev = coded_device()
    dev.tell()
    scenes = pictures(bundle, 60)
    assert {"rans False", "rans True"} <= audited(dev, scenes)
    until(lambda: counters(server).get("audits", 0) + counters(server).get("audits_skipped", 0) >= 10)
    until(lambda: sum(isinstance(event, Audited) for event in events) == counters(server)["audits"])
    first = next(event for event in events if isinstance(event, Audited))
    assert (first.label, first.cut, first.calibrated) == ("rans:3", ONE, 0.9)
    (array,) = head(bundle, ONE, scenes[0])
    assert array.nbytes == 768
    assert 0 <= first.agreed.part <= first.agreed.whole
    assert counters(server).get("audits_failed", 0) == 0


def test_audits_can_be_switched_off(start: Started, coded_device: Any, bundle: Bundle) -> None:
    server = start(policy=f"fixed:{ONE}:rans:{COARSE}", max_loss=5, audit_every=0, learn_interval_ms=0)
    dev = coded_device()
    dev.tell()
    assert audited(dev, pictures(bundle, 20)) == {"rans False"}
    assert "audits" not in counters(server)


def test_a_setting_that_drifted_above_the_limit_is_left_and_the_log_says_what_to_do(
    start: Started, coded_device: Any, tmp_path: Path, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    # Four levels make other answers; a calibration that found none of that is what drifted.
    of = bundle_in(tmp_path / "bundles", coarse={"agreement": 1.0, "loss": 0.1, "mean_bytes": 50.0})
    server = start(of, policy=f"fixed:{ONE}:rans:{COARSE}", max_loss=0.2, audit_every=1, learn_interval_ms=0)
    dev = coded_device(of=of)
    dev.tell()
    for sequence, scene in enumerate(pictures(of, 400), start=1):
        assert dev.infer(scene, sequence).status is Status.OK
        if counters(server).get("drifted"):
            break
        if sequence % 8 == 0:
            until(lambda: server.idle())
    until(lambda: counters(server).get("drifted", 0) > 0)
    for sequence, scene in enumerate(pictures(of, 20, seed=7), start=1_000):
        dev.infer(scene, sequence)
    left = dev.follow()
    assert left.codec is CodecId.RAW or setting_of(left.parameters)[0] in (LOSSLESS, DELTA)
    reasons = [event.reason for event in events if isinstance(event, PlanDecided)]
    assert any("stands in for fixed:7:rans:3, which loses too much" in reason for reason in reasons)
    assert "calibrate again with pictures of this camera" in caplog.text


def test_a_restart_remembers_what_audits_found(
    start: Started, coded_device: Any, bundle: Bundle, tmp_path: Path
) -> None:
    how = {
        "policy": f"fixed:{ONE}:rans:{COARSE}",
        "max_loss": 5,
        "audit_every": 2,
        "learn_interval_ms": 0,
        "store": str(tmp_path / "state.db"),
    }
    first = start(**how)
    dev = coded_device()
    dev.tell()
    audited(dev, pictures(bundle, 40))
    until(lambda: counters(first).get("audits", 0) >= 3)
    first.stop()
    second = start(**how)
    dev.tell()
    until(lambda: counters(second).get("plans_resumed", 0) == 1)
    session = second._desk.sessions[dev.id]  # type: ignore[union-attr]
    assert session.planning is not None
    assert session.planning.drifts[ONE, "rans:3"].audits == counters(first)["audits"]
    assert session.planning.plan is not None
    # The plan that stood may have been an audit's.
    assert setting_of(session.planning.plan.parameters) in [
        (number, dev.tables.version) for number in (COARSE, LOSSLESS)
    ]
