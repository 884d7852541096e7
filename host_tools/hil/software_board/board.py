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

from cutpoint.board import Console, SerialDemux
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
from host_tools.hil.software_board.store import BoardStore
from host_tools.hil.software_board.words import BoardWords

WATCHDOG_S = 2.0
PICTURES_WAITING = 1


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
        self._pictures: queue.Queue[bytes] = queue.Queue(PICTURES_WAITING)
        self._hung = False
        self._deadline_ms = int(self._store.get("deadline_ms"))
        self.cut = 0
        """In force."""
        self.input = self._store.get("input")
        """The setting, as it was set last."""
        self._writing = threading.Lock()
        self._fed_s = time.monotonic()

    def run(self) -> None:
        """Live until the input ends."""
        self._tell("boot", {"id": str(self._device.id), "reset": self._device.reset, "software_board": True})
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        threading.Thread(target=self._infer, name="inference", daemon=True).start()
        self._connect()
        self._tell("ready", {"id": str(self._device.id), "boot": self._device.boot})
        self._serve_line()
        self._device.stop()

    def _serve_line(self) -> None:
        """Take the line apart and carry out what is said on it, with the firmware's own code, until it ends.

        Improv packets get no answer: there is no Wi-Fi to join.
        """
        console = Console(self._store.settings, BoardWords(self))
        demux = SerialDemux(self.why_not_taken)
        while data := self._read():
            for event in demux.push(data, time.monotonic_ns() // 1_000_000 & 0xFFFF_FFFF):
                match event:
                    case ("line", bytes(line)):
                        console.obey(line)
                    case ("line_refused", str(why)):
                        self.print(f"error: {why}")
                    case ("picture", bytes(picture)):
                        self._pictures.put(picture)
                        self._tell("input", {"ok": True, "text": ""})
                    case ("picture_refused", str(why)):
                        self._tell("input", {"ok": False, "text": why})

    def _connect(self) -> None:
        """A board does not give up on its broker: it goes on trying, and inputs wait."""
        while True:
            try:
                self._device.start()
                return
            except CutpointError as error:
                self.print(f"network: {error}")
                time.sleep(0.5)

    def why_not_taken(self, size: int) -> str | None:
        """Why a picture of this many bytes cannot be taken now, in the firmware's words; None when it can."""
        if self.input == "none":
            return "input is none: set input serial"
        if size != sum(int(np.prod(t.shape)) * t.dtype.itemsize for t in self._device.inputs):
            return "the picture is of another size than the model's inputs"
        # This thread is the only one that puts pictures there.
        return (
            "pictures come faster than they are inferred: wait for @answer" if self._pictures.full() else None
        )

    def _infer(self) -> None:
        while not self._hung:
            self._fed_s = time.monotonic()
            try:
                data = self._pictures.get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                self._device.infer(self._arrays(data))
            except CutpointError as error:
                self.print(f"inference: {error}")

    def _arrays(self, data: bytes) -> Sequence[np.ndarray[Any, Any]]:
        arrays, at = [], 0
        for tensor in self._device.inputs:
            count = int(np.prod(tensor.shape))
            arrays.append(np.frombuffer(data, tensor.dtype, count, at).reshape(tensor.shape))
            at += count * tensor.dtype.itemsize
        return arrays

    def _watch(self) -> None:
        while True:
            time.sleep(0.1)
            # An inference may take as long as its plan lets it wait.
            longest_s = WATCHDOG_S + self._deadline_ms / 1000
            if self._device.state != "stopped" and time.monotonic() - self._fed_s > longest_s:
                self.print("task watchdog: the inference task does not feed it")
                self.restart("task watchdog")

    def restart(self, reason: str) -> None:
        """Begin the next life; does not return."""
        self._store.will_restart(reason)
        with self._writing:
            sys.stdout.flush()
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def hang(self) -> None:
        """The inference task stops for ever."""
        self._hung = True

    def keep(self, key: str, text: str) -> None:
        """A setting, over restarts."""
        self._store.keep(key, text)

    def status(self) -> dict[str, object]:
        """What this board is and does."""
        device = self._device
        return {
            "id": str(device.id),
            "boot": device.boot,
            "state": device.state,
            "reset": device.reset,
            "model": device.bundle.model_id.hex(),
            "operators": device.engine.on_board,
            "cut": self.cut,
            "input": self.input,
        }

    def _observe(self, event: DeviceEvent) -> None:
        if isinstance(event, InferenceRecord):
            self._tell("answer", self._answer(event))
        elif isinstance(event, Restarted):
            self._tell("boot", {"id": str(self._device.id), "boot": event.boot, "reset": "software"})
        elif isinstance(event, PlanChanged):
            self.cut, self._deadline_ms = event.cut, event.deadline_ms

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
        self.print(f"@{event} {json.dumps(fields)}")

    def print(self, line: str) -> None:
        """One line on the console, whole."""
        with self._writing:
            sys.stdout.buffer.write(line.encode() + b"\r\n")
            sys.stdout.buffer.flush()


def ignore_interrupts() -> None:
    """Ctrl-C in the terminal of the tests is for the tests; a board has no terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
