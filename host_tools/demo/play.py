"""Plays the scenario: one thread for each station, one for link changes and the edge's stop, and the edge server."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from cutpoint.bus import EmbeddedBroker
from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from cutpoint.wire import DEFAULT_ROOT
from edge_server import EdgeServer, PlanDecided, ServeConfig
from edge_server import Event as ServerEvent
from host_tools.broker import BrokerAccess
from host_tools.demo.retrace import Retrace, Retraced
from host_tools.demo.scenario import Scenario, Station
from host_tools.demo.scoreboard import Scoreboard
from host_tools.demo.summary import Summary, summarise
from host_tools.demo.truth import Exam, whole_kernels
from host_tools.device.device import VirtualDevice
from host_tools.device.events import DeviceEvent, StateChanged
from host_tools.device.link import Link
from host_tools.device.record import InferenceRecord
from host_tools.device.settings import DeviceSettings

log = logging.getLogger(__name__)

EDGE_KERNELS: Final = "reference"
"""The demonstration promises equal answers, so its tails run the kernels that are exact."""
MAX_LOSS: Final = "1pp"
"""What a codec may cost of F1: the planner chooses among all settings that were calibrated to cost no more."""
PROBE_MAX_MS = 2000
"""A board would leave a minute between probes of a dead edge; the demonstration has not got one."""
RETURN_S = 10.0
"""How long devices are given, after their last picture, to find the edge again."""
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the demonstration plays: model, its bundle's folder, a broker (None: embedded)."""

    bundle: Bundle
    exams: tuple[Exam, ...]
    broker: BrokerAccess | None
    root: str = DEFAULT_ROOT
    seed: int = 0


class Play:
    """One performance. `run` blocks until the end and returns what was shown."""

    def __init__(self, scenario: Scenario, scene: Scene, board: Scoreboard) -> None:
        self._scenario = scenario
        self._scene = scene
        self._board = board
        self._retrace = Retrace(scene.bundle, whole_kernels(), EDGE_KERNELS)
        self._devices: dict[str, VirtualDevice] = {}
        self._ended = threading.Event()
        self._failures: list[BaseException] = []
        self._edge_stopped_s = self._edge_back_s = float("inf")

    def run(self, show: Callable[[], None]) -> Summary:
        """Act until every station has its pictures and found back, or the limit is reached.

        `show` is called ten times a second on this thread. Raises ConnectError and the like when it cannot begin.
        """
        scenario, scene, board = self._scenario, self._scene, self._board
        with ExitStack() as stack:
            if scene.broker is None:
                broker = BrokerAccess(*stack.enter_context(EmbeddedBroker()).address)
            else:
                broker = scene.broker
            server = self._server(broker)
            server.start()
            stack.callback(server.stop)
            for station in scenario.stations:
                device = self._devices[station.name] = self._device(station, broker)
                stack.callback(device.stop)
                device.start()
            board.begin()
            actors = [
                threading.Thread(target=self._act, args=(station, place), daemon=True)
                for place, station in enumerate(scenario.stations)
            ]
            fate = threading.Thread(target=self._befall, args=(server,), daemon=True)
            stack.callback(self._ended.set)
            for thread in (*actors, fate):
                thread.start()
            while board.elapsed_s < scenario.limit_s and not self._failures:
                show()
                if not any(thread.is_alive() for thread in (*actors, fate)) and self._settled():
                    break
                time.sleep(STEP_S)
            self._ended.set()
            show()
            if self._failures:
                raise self._failures[0]
            for name, device in self._devices.items():
                board.sent(name, device.activation_bytes)
            return summarise(
                scenario,
                board.rows(),
                board.events(),
                away=(self._edge_stopped_s, self._edge_back_s),
                seconds=board.elapsed_s,
                engine=self._devices[scenario.stations[0].name].engine.name,
                edge_kernels=EDGE_KERNELS,
                broker="embedded (amqtt)" if scene.broker is None else str(broker),
            )

    def notes(self) -> list[str]:
        """What to know before trusting the figures, each sentence once."""
        return list(dict.fromkeys(note for device in self._devices.values() for note in device.notes()))

    def _server(self, broker: BrokerAccess) -> EdgeServer:
        config = ServeConfig(
            models=(self._scene.bundle.path,),
            host=broker.host,
            port=broker.port,
            username=broker.username,
            password=broker.password,
            root=self._scene.root,
            kernels=EDGE_KERNELS,
            max_loss=MAX_LOSS,
            seed=self._scene.seed,
        )
        return EdgeServer(config, observer=self._server_said)

    def _server_said(self, event: ServerEvent) -> None:
        if isinstance(event, PlanDecided):
            self._board.decided(
                event.device,
                event.epoch,
                event.cut,
                event.label,
                event.reason,
                event.exploration,
            )

    def _device(self, station: Station, broker: BrokerAccess) -> VirtualDevice:
        def said(event: DeviceEvent) -> None:
            if isinstance(event, StateChanged):
                self._board.turned(station.name, event.state)

        return VirtualDevice(
            station.name,
            self._scene.bundle,
            bus=broker.bus(f"cutpoint-{station.name}"),
            profile=station.profile,
            link=station.link,
            settings=DeviceSettings(
                root=self._scene.root,
                seed=self._scene.seed,
                probe_max_ms=PROBE_MAX_MS,
                # No two pictures are of one scene: codec delta would have nothing to build on.
                history=0,
            ),
            observer=said,
        )

    def _act(self, station: Station, place: int) -> None:
        """Take the station's pictures at its pace, then wait until it is online again."""
        device, scenario = self._devices[station.name], self._scenario
        first = place * scenario.pictures
        try:
            for number, exam in enumerate(self._scene.exams[first : first + scenario.pictures]):
                due_s = number * scenario.period_s
                if self._ended.wait(max(0.0, due_s - self._board.elapsed_s)):
                    return
                record = device.infer(exam.sample)
                self._board.answered(station.name, exam, record, self._retraced(exam, record))
        except CutpointError as error:
            if not self._ended.is_set():
                self._failures.append(error)

    def _retraced(self, exam: Exam, record: InferenceRecord) -> Retraced | None:
        """The way of the tensors once more, apart from device and server; None where the edge did not answer."""
        if record.by != "edge" or record.codec is None:
            return None
        return self._retrace.of(exam.sample, record.cut, record.codec)

    def _befall(self, server: EdgeServer) -> None:
        """Turn the good links poor; later stop the edge server for a while."""
        scenario, board = self._scenario, self._board
        try:
            if self._ended.wait(scenario.link_turns * scenario.pace_s):
                return
            for station in scenario.stations:
                if station.later_link is not None:
                    self._devices[station.name].link = Link.parse(station.later_link)
                    board.relinked(station.name, station.later_link)
                    board.happened(
                        f"the link of {station.name} turns from {station.link} to {station.later_link}"
                    )
            if self._ended.wait(max(0.0, scenario.edge_stops * scenario.pace_s - board.elapsed_s)):
                return
            self._edge_stopped_s = board.elapsed_s
            board.happened("the edge server stops")
            server.stop()
            if self._ended.wait(scenario.edge_away_s):
                return
            server.start()
            self._edge_back_s = board.elapsed_s
            board.happened("the edge server is started again")
        except CutpointError as error:
            self._failures.append(error)

    def _settled(self) -> bool:
        """Whether every device is online, or had `RETURN_S` after the last picture to become so."""
        if all(row.state == "online" for row in self._board.rows()):
            return True
        return self._board.elapsed_s > self._scenario.pace_s + RETURN_S
