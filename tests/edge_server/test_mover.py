"""Devices on their way to another model, on a clock that is set by hand and without a broker."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from edge_bundles import make_bundle

from cutpoint import _core
from cutpoint.board import MemoryFlash, read_slot_image
from cutpoint.graph import Bundle
from cutpoint.wire import (
    About,
    Command,
    DeviceId,
    ModelId,
    Presence,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateKind,
    UpdateNote,
    UpdateState,
    decode_update,
)
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.rollout import ROLLOUT_FILE, Rollout, Rollouts
from edge_server.catalogue.shelf import Shelf
from edge_server.counters import Counters
from edge_server.events import AboutSeen, DeviceSeen, NoteSeen
from edge_server.rollouts.mover import Mover


@dataclass
class Board:
    """A device by the receiver of a board; `verdict` is how its trials end, `mute` takes steps and says nothing."""

    id: DeviceId
    model: ModelId
    update: str | None = "model"
    slot_bytes: int = 1 << 20
    verdict: UpdateState = UpdateState.DONE
    mute: bool = False
    boot: int = 1
    steps: int = 0

    def __post_init__(self) -> None:
        self.flash = MemoryFlash(1 << 20)
        self.receiver = _core.UpdateReceiver(self.flash, hashlib.sha256)

    @property
    def about(self) -> About:
        return About(
            model=self.model.hex, operators=5, boot=self.boot, update=self.update, slot_bytes=self.slot_bytes
        )

    def take(self, argument: bytes) -> list[UpdateNote]:
        self.steps += 1
        if self.mute:
            return []
        step = decode_update(argument)
        match step:
            case UpdateBegin(size, sha256):
                said = self.receiver.begin(size, sha256)
            case UpdateData(offset, data):
                said = self.receiver.data(offset, data)
            case UpdateEnd():
                said = self.receiver.end()
            case _:
                said = self.receiver.abort()
        notes = [self._note(said.state, said.offset, said.size, said.text)] if said.say else []
        if said.state == "trying":
            if self.verdict is UpdateState.DONE:
                image = read_slot_image(bytes(self.flash.data[: said.size]))
                self.model, self.boot = ModelId(image.model_id), self.boot + 1
            self.receiver = _core.UpdateReceiver(self.flash, hashlib.sha256)
            notes.append(self._note(self.verdict, said.size, said.size, ""))
        return notes

    @staticmethod
    def _note(state: str, offset: int, size: int, text: str) -> UpdateNote:
        return UpdateNote(
            kind=UpdateKind.MODEL, state=UpdateState(state), offset=offset, size=size, text=text
        )


@dataclass
class Fleet:
    """Boards, the mover, and a clock: what is sent arrives at the next `pass_s`."""

    boards: dict[DeviceId, Board]
    at_once: int = 4
    now: float = 0.0
    line: list[tuple[DeviceId, bytes]] = field(default_factory=list)
    broken: bool = False
    full: int = 0
    elsewhere: set[DeviceId] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.counters = Counters()
        self.mover = Mover(
            self,  # type: ignore[arg-type]
            self.counters,
            at_once=self.at_once,
            most_devices=1000,
            sealed=lambda _device: False,
            connected=lambda: not self.broken,
            mine=lambda device: device not in self.elsewhere,
            clock=lambda: self.now,
        )

    def send(
        self, device: DeviceId, command: Command, argument: bytes, *, model: ModelId | None, boot: int
    ) -> bool:
        """In place of `Commands`."""
        assert command is Command.NEW_MODEL
        if self.full:
            self.full -= 1
            return False
        assert (model, boot) == (self.boards[device].model, self.boards[device].boot)
        self.line.append((device, argument))
        return True

    def appear(self) -> None:
        for board in self.boards.values():
            self.mover.observe(DeviceSeen(board.id, Presence.ONLINE, board.boot))
            self.mover.observe(AboutSeen(board.id, board.about))

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            self.mover.tick(self.now)
            assert self.under_way() <= self.at_once
            sent, self.line = self.line, []
            for device, argument in sent:
                board = self.boards[device]
                boot = board.boot
                for note in board.take(argument):
                    if board.boot != boot and note.state is UpdateState.DONE:
                        self.mover.observe(DeviceSeen(device, Presence.ONLINE, board.boot))
                        self.mover.observe(AboutSeen(device, board.about))
                    self.mover.observe(NoteSeen(device, note))

    def until(self, true: Callable[[], bool], most_s: float = 200.0) -> None:
        give_up = self.now + most_s
        while not true():
            assert self.now < give_up, f"not in {most_s} s: {self.mover.standings()}, {self.counters.counts}"
            self.pass_s(0.05)

    def under_way(self) -> int:
        return len(self.mover._moves)

    def on(self, model: ModelId) -> set[DeviceId]:
        return {board.id for board in self.boards.values() if board.model == model}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """old.cut, new.cut: two networks. newer.cut: new.cut with another name."""
    folder = tmp_path_factory.mktemp("moves")
    old = make_bundle(folder, "fomo_like", output="raw")
    new = make_bundle(folder, "autoencoder", output="raw")
    newer = shutil.copytree(new.path, folder / "newer.cut")
    manifest = json.loads((newer / "manifest.json").read_text())
    (newer / "manifest.json").write_text(json.dumps(manifest | {"name": "newer"}))
    old.path.rename(folder / "old.cut")
    new.path.rename(folder / "new.cut")
    return folder


OLD, NEW = "old.cut", "new.cut"


def id_of(folder: Path, name: str) -> ModelId:
    return ModelId(Bundle.open(folder / name).model_id)


def catalogue(folder: Path, *rollouts: Rollout) -> Catalogue:
    Rollouts(rollout=rollouts).write(folder / ROLLOUT_FILE)
    return Shelf([folder], most_bytes=1 << 22).fill(allow_empty=False)


def share(part: float) -> Rollout:
    return Rollout(new=NEW, over=OLD, share=part)


def fleet(folder: Path, count: int = 20, **how: object) -> Fleet:
    old = id_of(folder, OLD)
    ids = [DeviceId(f"cam-{number}") for number in range(count)]
    return Fleet({device: Board(device, old, **how) for device in ids})  # type: ignore[arg-type]


def chosen(boards: Fleet, part: float) -> set[DeviceId]:
    return {device for device in boards.boards if share(part).reaches(device)}


def test_a_share_changes_over_then_all_and_going_back_returns_everyone(folder: Path) -> None:
    boards, new = fleet(folder), id_of(folder, NEW)
    boards.mover.stock(catalogue(folder, share(0.25)))
    boards.appear()
    boards.until(lambda: boards.on(new) == chosen(boards, 0.25))
    boards.pass_s(10)
    first = boards.on(new)
    assert first == chosen(boards, 0.25)
    assert 0 < len(first) < 20
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.until(lambda: len(boards.on(new)) == 20)
    [standing] = boards.mover.standings()
    assert (standing.on_new, standing.on_old, standing.moved, standing.halted) == (
        20,
        0,
        20 - len(first),
        None,
    )
    boards.mover.stock(catalogue(folder, share(0.0)))
    boards.until(lambda: not boards.on(new))
    assert boards.counters.counts["rollout_moved"] == 40


def test_without_a_rollout_nobody_is_touched(folder: Path) -> None:
    boards = fleet(folder)
    boards.mover.stock(catalogue(folder))
    boards.appear()
    boards.pass_s(5)
    assert sum(board.steps for board in boards.boards.values()) == 0


def test_devices_that_take_no_models_or_have_no_room_are_counted_and_left_alone(folder: Path) -> None:
    boards = fleet(folder, 4)
    small, closed, silent, good = boards.boards.values()
    small.slot_bytes, closed.update, silent.update = 100, "off", None
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(20)
    assert boards.on(id_of(folder, NEW)) == {good.id}
    assert (small.steps, closed.steps, silent.steps) == (0, 0, 0)
    [standing] = boards.mover.standings()
    assert (standing.unfit, standing.failed, standing.halted) == (3, 0, None)


@pytest.mark.parametrize("verdict", [UpdateState.RETURNED, UpdateState.FAILED])
def test_three_failures_in_a_row_halt_a_rollout_until_its_share_changes(
    folder: Path, verdict: UpdateState, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    boards = fleet(folder, verdict=verdict)
    boards.at_once = 1
    boards.mover._at_once = 1
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(120)
    [standing] = boards.mover.standings()
    assert (standing.failed, standing.on_new, standing.moving) == (3, 0, 0)
    assert standing.halted == "3 devices in a row did not take the model"
    assert sum("event=rollout_halted" in record.getMessage() for record in caplog.records) == 1
    for board in boards.boards.values():
        board.verdict = UpdateState.DONE
    boards.mover.stock(catalogue(folder, share(0.99)))
    boards.until(lambda: boards.on(id_of(folder, NEW)) == chosen(boards, 0.99))


def test_failures_here_and_there_halt_it_at_a_fifth(folder: Path) -> None:
    boards = fleet(folder, 40)
    boards.at_once = 1
    boards.mover._at_once = 1
    for number, board in enumerate(boards.boards.values()):
        board.verdict = UpdateState.RETURNED if number % 4 == 0 else UpdateState.DONE
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(55)
    [standing] = boards.mover.standings()
    assert standing.halted is not None
    assert (standing.moved + standing.failed, standing.failed) == (13, 4)


def test_a_device_that_failed_is_left_alone_and_tried_again_later(folder: Path) -> None:
    boards = fleet(folder, 1, verdict=UpdateState.RETURNED)
    [board] = boards.boards.values()
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(30)
    steps = board.steps
    boards.appear()  # whatever it says of itself meanwhile
    boards.pass_s(20)
    assert board.steps == steps
    board.verdict = UpdateState.DONE
    boards.until(lambda: board.model == id_of(folder, NEW), 60)


def test_a_device_that_says_nothing_is_given_up_and_costs_one_place_for_a_while(folder: Path) -> None:
    boards = fleet(folder, 6)
    mute, *others = boards.boards.values()
    mute.mute = True
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.until(lambda: boards.on(id_of(folder, NEW)) == {board.id for board in others}, 30)
    boards.pass_s(70)
    [standing] = boards.mover.standings()
    assert (standing.failed, standing.moved, standing.halted) == (1, 5, None)


def test_a_device_that_goes_away_makes_room_and_goes_on_when_it_is_back(folder: Path) -> None:
    boards = fleet(folder, 1)
    [board] = boards.boards.values()
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(0.05)
    assert boards.under_way() == 1
    boards.mover.observe(DeviceSeen(board.id, Presence.LOST, board.boot))
    boards.line.clear()
    assert boards.under_way() == 0
    boards.pass_s(5)
    assert board.model == id_of(folder, OLD)
    boards.appear()
    boards.until(lambda: board.model == id_of(folder, NEW), 30)
    assert boards.counters.counts["rollout_failed"] == 0


def test_a_share_taken_back_breaks_off_what_is_under_way(folder: Path) -> None:
    boards = fleet(folder, 3)
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(0.05)
    assert boards.under_way() == 3
    boards.mover.stock(catalogue(folder, share(0.0)))
    assert boards.under_way() == 0
    boards.pass_s(30)
    assert boards.on(id_of(folder, NEW)) == set()


def test_a_connection_that_breaks_costs_time_only(folder: Path) -> None:
    boards = fleet(folder, 8)
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(0.05)
    boards.broken = True
    boards.line.clear()
    boards.pass_s(300)  # far beyond anybody's patience
    boards.broken = False
    boards.mover.renew()
    boards.until(lambda: len(boards.on(id_of(folder, NEW))) == 8)
    assert boards.counters.counts["rollout_failed"] == 0


def test_steps_that_cannot_leave_are_sent_again(folder: Path) -> None:
    boards = fleet(folder, 3)
    boards.full = 40
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.until(lambda: len(boards.on(id_of(folder, NEW))) == 3)
    assert boards.full == 0
    assert boards.counters.counts["rollout_failed"] == 0


def test_devices_of_another_server_are_left_to_it(folder: Path) -> None:
    boards = fleet(folder, 6)
    first, second, *others = boards.boards
    boards.elsewhere.add(first)
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(0.05)
    boards.elsewhere.add(second)  # while it is under way
    boards.line.clear()
    boards.pass_s(30)
    assert boards.on(id_of(folder, NEW)) == set(others)
    assert boards.boards[first].steps == 0


def test_a_device_that_went_to_another_server_is_counted_there_alone(folder: Path) -> None:
    boards = fleet(folder)
    boards.appear()
    boards.mover.stock(catalogue(folder, share(0.0)))
    boards.elsewhere |= set(list(boards.boards)[:5])
    [standing] = boards.mover.standings()
    assert standing.on_new + standing.on_old == len(boards.boards) - 5


def test_a_changed_bundle_begins_the_count_anew(folder: Path, tmp_path: Path) -> None:
    boards = fleet(folder, 5, verdict=UpdateState.RETURNED)
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    boards.mover.stock(catalogue(copy, share(1.0)))
    boards.appear()
    boards.pass_s(30)
    [standing] = boards.mover.standings()
    assert standing.halted is not None
    for board in boards.boards.values():
        board.verdict = UpdateState.DONE
    boards.mover.stock(catalogue(copy, share(1.0)))  # opened anew: another version, though of the same bytes
    boards.until(lambda: len(boards.on(id_of(folder, NEW))) == 5)


def test_a_bundle_that_has_the_model_already_moves_nobody(folder: Path) -> None:
    boards = fleet(folder, 5)
    for board in boards.boards.values():
        board.model = id_of(folder, NEW)
    boards.mover.stock(catalogue(folder, Rollout(new="newer.cut", over=NEW, share=0.5)))
    boards.appear()
    boards.pass_s(5)
    assert sum(board.steps for board in boards.boards.values()) == 0
    [standing] = boards.mover.standings()
    assert standing.on_new + standing.on_old == 5


def test_devices_that_are_forgotten_for_want_of_room_end_their_move(folder: Path) -> None:
    boards = fleet(folder, 3)
    boards.mover._most_devices = 2
    boards.mover.stock(catalogue(folder, share(1.0)))
    boards.appear()
    boards.pass_s(20)
    assert len(boards.on(id_of(folder, NEW))) == 2
