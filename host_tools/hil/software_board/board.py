"""The software board itself: console, inference task, watchdog, restarts."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cutpoint.bus import MqttBus
from cutpoint.errors import CutpointError
from cutpoint.graph import Bundle
from host_tools.device import (
    BootFile,
    DeviceEvent,
    DeviceSettings,
    InferenceRecord,
    PlanChanged,
    Restarted,
    VirtualDevice,
)
from host_tools.hil.packet import outputs_crc
from host_tools.hil.software_board.demux import Demux, PictureData, Refused, Words
from host_tools.hil.software_board.store import OBEYED, BoardStore

WATCHDOG_S = 2.0
PICTURES_WAITING = 4
LARGEST_PICTURE_BYTES = 1 << 20
"""What is taken off the line; whether it fits the model on board is looked at afterwards."""
HELP = (
    ("status", "what this board is and does"),
    ("cut", "the cut in force"),
    ("get [KEY]", "settings; secrets only as set or not set"),
    ("set KEY VALUE", "change a setting until the next restart"),
    ("save", "keep the settings"),
    ("restart", "begin anew"),
    ("hang", "never feed the watchdog again"),
    ("help", "this list"),
)


class _Device(VirtualDevice):
    """Says why its life began."""

    reset = ""

    def about(self, boot: int) -> dict[str, object]:
        return {**super().about(boot), "reset": self.reset}


class SoftwareBoard:
    """One life of the board: from its start to the end of its input, a restart, or the watchdog.

    A restart replaces the process by a new one in the same place, as a chip's reset does with its program: nothing
    is said to the broker, which finds the connection closed.
    """

    def __init__(
        self,
        id: str,
        bundle: Bundle,
        host: str,
        port: int,
        folder: Path,
        *,
        root: str = "cutpoint/1",
        read: Callable[[], bytes] = lambda: os.read(sys.stdin.fileno(), 65536),
    ) -> None:
        """`read` gives the console's next bytes, none at its end."""
        self._read = read
        self._store = BoardStore(folder)
        cut = int(self._store.get("cut"))
        self._device = _Device(
            id,
            bundle,
            bus=MqttBus(host, port, id, reconnect_s=(0.05, 0.5)),
            settings=DeviceSettings(
                root=root,
                deadline_ms=int(self._store.get("deadline_ms")),
                telemetry_s=int(self._store.get("tele_ms")) / 1000,
                cut=None if cut >= bundle.max_cut else cut,
                update=self._store.get("update"),
                probe_first_ms=200,
                probe_max_ms=2000,
            ),
            boots=BootFile(folder / "boots.json"),
            state=folder / "slots",
            observer=self._observe,
        )
        self._device.reset = self._store.reset_reason()
        self._pictures: queue.Queue[bytes | None] = queue.Queue(PICTURES_WAITING)
        self._writing = threading.Lock()
        self._fed_s = time.monotonic()
        self._cut = 0

    def run(self) -> None:
        """Live until the input ends."""
        self._tell("boot", {"id": str(self._device.id), "reset": self._device.reset, "software_board": True})
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        threading.Thread(target=self._infer, name="inference", daemon=True).start()
        self._connect()
        self._tell("ready", {"id": str(self._device.id), "boot": self._device.boot})
        demux = Demux(LARGEST_PICTURE_BYTES)
        while data := self._read():
            for event in demux.push(data):
                match event:
                    case Words(text):
                        self._obey(text.split())
                    case PictureData(data):
                        self._picture(data)
                    case Refused(reason):
                        self._tell("input", {"ok": False, "text": reason})
        self._device.stop()

    def _connect(self) -> None:
        """A board does not give up on its broker: it goes on trying, and inputs wait."""
        while True:
            try:
                self._device.start()
                return
            except CutpointError as error:
                self._print(f"network: {error}")
                time.sleep(0.5)

    def _picture(self, data: bytes) -> None:
        if len(data) != sum(int(np.prod(t.shape)) * t.dtype.itemsize for t in self._device.inputs):
            self._tell("input", {"ok": False, "text": f"{len(data)} bytes are no picture for this model"})
            return
        if self._store.get("input") == "none":
            self._tell("input", {"ok": False, "text": "input is none; set input serial"})
            return
        try:
            self._pictures.put_nowait(data)
        except queue.Full:
            self._tell("input", {"ok": False, "text": "pictures come faster than they are inferred"})
            return
        self._tell("input", {"ok": True, "text": ""})

    def _infer(self) -> None:
        while True:
            self._fed_s = time.monotonic()
            try:
                data = self._pictures.get(timeout=0.2)
            except queue.Empty:
                continue
            if data is None:
                threading.Event().wait()  # `hang`
            try:
                self._device.infer(self._arrays(data or b""))
            except CutpointError as error:
                self._print(f"inference: {error}")

    def _arrays(self, data: bytes) -> Sequence[np.ndarray[Any, Any]]:
        arrays, at = [], 0
        for tensor in self._device.inputs:
            count = int(np.prod(tensor.shape))
            arrays.append(np.frombuffer(data, tensor.dtype, count, at).reshape(tensor.shape))
            at += count * tensor.dtype.itemsize
        return arrays

    def _watch(self) -> None:
        patience_s = WATCHDOG_S + int(self._store.get("deadline_ms")) / 1000
        while True:
            time.sleep(0.1)
            if self._device.state != "stopped" and time.monotonic() - self._fed_s > max(
                patience_s, self._longest_s()
            ):
                self._print("task watchdog: the inference task does not feed it")
                self._restart("task watchdog")

    def _longest_s(self) -> float:
        """An inference may take as long as its plan lets it wait."""
        return WATCHDOG_S + self._deadline_ms / 1000

    _deadline_ms = 0

    def _restart(self, reason: str) -> None:
        self._store.will_restart(reason)
        with self._writing:
            sys.stdout.flush()
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def _obey(self, words: list[str]) -> None:
        try:
            match words:
                case []:
                    return
                case ["help"]:
                    for name, text in HELP:
                        self._print(f"{name:16} {text}")
                case ["status"]:
                    self._tell("status", self._status())
                case ["cut"]:
                    self._print(f"cut {self._cut}")
                case ["get"]:
                    for key in OBEYED:
                        self._print(f"{key} = {self._store.shown(key)}")
                case ["get", key]:
                    self._print(f"{key} = {self._store.shown(key)}")
                case ["set", key, *rest]:
                    self._store.set(key, " ".join(rest))
                    self._print(f"{key} = {self._store.shown(key)}")
                case ["save"]:
                    self._store.save()
                    self._print("saved")
                case ["restart"]:
                    self._restart("software")
                case ["hang"]:
                    self._pictures.put(None)
                    self._print("hanging")
                case [word, *_]:
                    self._print(f"error: no command {word[:32]!r}; help lists them")
        except CutpointError as error:
            self._print(f"error: {error}")

    def _status(self) -> dict[str, object]:
        device = self._device
        return {
            "id": str(device.id),
            "boot": device.boot,
            "state": device.state,
            "reset": device.reset,
            "model": device.bundle.model_id.hex(),
            "operators": device.engine.on_board,
            "cut": self._cut,
        }

    def _observe(self, event: DeviceEvent) -> None:
        if isinstance(event, InferenceRecord):
            self._tell("answer", self._answer(event))
        elif isinstance(event, Restarted):
            self._tell("boot", {"id": str(self._device.id), "boot": event.boot, "reset": "software"})
        elif isinstance(event, PlanChanged):
            self._cut, self._deadline_ms = event.cut, event.deadline_ms

    def _answer(self, record: InferenceRecord) -> dict[str, object]:
        said: dict[str, object] = {
            "sequence": record.sequence,
            "by": record.by,
            "reason": record.reason,
            "cut": record.cut,
            "total_us": record.total_us,
            "device_us": record.device_us,
            "encode_us": record.encode_us,
            "bytes_up": record.bytes_up,
            "bytes_down": record.bytes_down,
        }
        if record.edge_us is not None and record.link_us is not None:
            said |= {"edge_us": record.edge_us, "round_trip_us": record.link_us + record.edge_us}
        if record.by == "device":
            # On the device's own thread, before its next inference: the outputs are still this one's.
            said["outputs_crc"] = outputs_crc(self._device.engine.outputs())
        return said

    def _tell(self, event: str, fields: dict[str, object]) -> None:
        self._print(f"@{event} {json.dumps(fields)}")

    def _print(self, line: str) -> None:
        with self._writing:
            sys.stdout.buffer.write(line.encode() + b"\r\n")
            sys.stdout.buffer.flush()


def ignore_interrupts() -> None:
    """Ctrl-C in the terminal of the tests is for the tests; a board has no terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
