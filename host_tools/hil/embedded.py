"""Boards and emulators through pytest-embedded: its serial port and QEMU services, its log and its expectations."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from cutpoint.errors import UsageError

try:
    import pexpect
    import serial
    from pytest_embedded.app import App
    from pytest_embedded.dut import Dut
    from pytest_embedded.log import PexpectProcess
    from pytest_embedded_qemu.qemu import Qemu
    from pytest_embedded_serial.dut import SerialDut
    from pytest_embedded_serial.serial import Serial
except ImportError as error:  # pragma: no cover  (the extra is part of `dev`)
    raise UsageError(
        f"boards and emulators need pytest-embedded ({error.name} is missing); pip install 'cutpoint[hil]'"
    ) from error

EMULATOR_FLAGS = ("-machine", "esp32", "-nic", "user,model=open_eth", "-nographic")
"""What Espressif's QEMU is started with; its monitor shares standard input with the first UART."""
ESCAPE = b"\x01"
"""QEMU's multiplexed standard input takes Ctrl-A for itself; twice is one for the guest."""
_LINE = re.compile(rb"([^\n]{0,4096})\n")
_POLL_S = 0.01


class LogFile:
    """What a service calls its message queue: everything that a device said, appended to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def put(self, data: bytes | str, **_options: object) -> None:
        with self._lock:
            if data and not self._file.closed:
                self._file.write(data.encode() if isinstance(data, str) else data)

    write = put

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        with self._lock:
            self._file.close()


class _Redirect(threading.Thread):
    """Copies what an emulator prints into the log. pytest-embedded's own is a process that never rests."""

    def __init__(self, sink: LogFile, printed: str) -> None:
        super().__init__(name="hil-emulator", daemon=True)
        self._sink, self._printed, self._ended = sink, printed, threading.Event()

    def run(self) -> None:
        with Path(self._printed).open("rb") as file:
            while True:
                ended = self._ended.is_set()
                if data := file.read():
                    self._sink.put(data)
                elif ended:
                    return
                else:
                    self._ended.wait(_POLL_S)

    def terminate(self) -> None:
        self._ended.set()
        self.join(2)


class Emulator(Qemu):  # type: ignore[misc]  # pytest-embedded has no types
    """pytest-embedded's QEMU service with a redirection that rests."""

    REDIRECT_CLS = _Redirect


D = TypeVar("D", bound=Any)


class EmbeddedLine:
    """What both services share: a log, and a `Dut` that expects on it."""

    bytes_per_s: float | None = None
    pid: int | None = None
    name = ""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._sink: LogFile | None = None
        self.dut: Any = None
        """pytest-embedded's device under test: `dut.expect(...)` for those who know it."""

    def read(self, timeout_s: float) -> str | None:
        if self.dut is None:
            return None
        try:
            match = self.dut.expect(_LINE, timeout=timeout_s)
        except pexpect.TIMEOUT:
            return None
        except pexpect.EOF as error:
            raise UsageError(f"{self.name} closed its console; see {self._log}") from error
        return str(match.group(1).decode("utf-8", "replace").rstrip("\r"))

    def _expecting(self, kind: type[D], **service: object) -> D:
        assert self._sink is not None
        # A number, which pexpect closes itself: of a file object it would keep nothing but the number.
        read_end = os.open(self._log, os.O_RDONLY)
        os.lseek(read_end, 0, os.SEEK_END)
        process = PexpectProcess(read_end)
        process.delayafterread = _POLL_S  # its default would spend a processor on waiting
        made: D = kind(
            pexpect_proc=process,
            msg_queue=self._sink,
            app=App(app_path=str(self._log.parent)),
            pexpect_logfile=str(self._log),
            test_case_name="hil",
            **service,
        )
        return made

    def _forget(self) -> None:
        if self.dut is not None:
            self.dut.pexpect_proc.close()
            self.dut = None
        if self._sink is not None:
            self._sink.close()
            self._sink = None


class EmulatorLine(EmbeddedLine):
    """Firmware in QEMU, on a copy of a flash image: what it writes there outlives a power cut, not the harness."""

    def __init__(
        self, program: str, image: Path, folder: Path, flags: Sequence[str] = EMULATOR_FLAGS
    ) -> None:
        """Raises UsageError when there is no such program or image."""
        super().__init__(folder / "console.log")
        found = shutil.which(program)
        if found is None:
            raise UsageError(
                f"emulator {program!r} is not installed; name one with --qemu, or choose another --target"
            )
        self.name, self._flags = Path(found).name, tuple(flags)
        self._program, self._image = found, folder / "flash.bin"
        try:
            shutil.copyfile(image, self._image)
        except OSError as error:
            raise UsageError(f"flash image {image} cannot be copied: {error.strerror}") from error
        self._qemu: Emulator | None = None

    def open(self) -> None:
        if self._qemu is not None:
            return
        self._sink = self._sink or LogFile(self._log)
        self.dut = self.dut or self._expecting(Dut)
        self._qemu = Emulator(
            msg_queue=self._sink,
            qemu_image_path=str(self._image),
            qemu_prog_path=self._program,
            qemu_cli_args=" ".join(self._flags),
        )

    def close(self) -> None:
        self._power_off()
        self._forget()

    def cannot_cycle(self) -> str | None:
        return None

    def cycle(self) -> None:
        self._power_off()
        self.open()

    def write(self, data: bytes) -> None:
        if self._qemu is None or self._qemu.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._qemu.stdin.write(data.replace(ESCAPE, 2 * ESCAPE))

    def _power_off(self) -> None:
        qemu, self._qemu = self._qemu, None
        if qemu is None:
            return
        qemu.kill()
        qemu.wait()
        qemu.close()
        if qemu.stdin is not None:
            qemu.stdin.close()


class SerialLine(EmbeddedLine):
    """A board at a serial port. Opening the port may reset it, as many boards' wiring does."""

    def __init__(self, port: str, baud: int, folder: Path) -> None:
        super().__init__(folder / "console.log")
        self.name, self._baud = port, baud
        self.bytes_per_s = baud / 10
        self._serial: Any = None

    def open(self) -> None:
        if self._serial is not None:
            return
        self._sink = self._sink or LogFile(self._log)
        try:
            self._serial = Serial(self._sink, port=self.name, baud=self._baud)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"port {self.name} cannot be opened ({error}); is the board there, and does nobody else hold the port?"
            ) from error
        self.dut = self._expecting(SerialDut, serial=self._serial)

    def close(self) -> None:
        if self._serial is not None:
            self._serial.close()
            self._serial = None
        self._forget()

    def cannot_cycle(self) -> str | None:
        try:
            _ = self._serial.proc.cts
        except (OSError, serial.SerialException) as error:
            return f"{self.name} has no modem lines ({error})"
        return None

    def cycle(self) -> None:
        """Pull EN low through RTS, as esptool does; boards with the usual two transistors obey."""
        port = self._serial.proc
        port.dtr = False
        port.rts = True
        time.sleep(0.1)
        port.rts = False

    def write(self, data: bytes) -> None:
        self._serial.proc.write(data)
