"""A power profiler on a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import termios
import threading
import time
import tty


class FakePpk2:
    """Speaks a PPK2's side of its serial protocol, as far as ppk2-api uses it: calibration, start, stop, samples.

    A sample is 4 bytes, little-endian: 14 bits of ADC, 3 bits of range at 14, 8 logic inputs at 24. The current
    drawn is `milliamperes`, in range 3 with the calibration that it sends.
    """

    RESISTOR = 1.0
    ADC_STEP = 1.8 / 163840
    BATCH = 100

    def __init__(self, *, calibrated: bool = True) -> None:
        self.milliamperes = 40.0
        self.commands: list[bytes] = []
        self._calibrated = calibrated
        self._board_end, self._port_end = pty.openpty()
        tty.setraw(self._port_end)
        self.port = os.ttyname(self._port_end)
        self._measuring, self._ended = threading.Event(), threading.Event()
        os.set_blocking(self._board_end, False)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        os.close(self._board_end)
        os.close(self._port_end)

    def sample(self) -> bytes:
        adc = round(self.milliamperes / 1000 * self.RESISTOR / self.ADC_STEP / 4)
        return (adc | 3 << 14 | 0xA5 << 24).to_bytes(4, "little")

    def _metadata(self) -> bytes:
        rows = ["Calibrated: 1"]
        for number in range(5):
            rows += [f"R{number}: {self.RESISTOR}", f"GS{number}: 0", f"GI{number}: 1", f"O{number}: 0"]
            rows += [f"S{number}: 0", f"I{number}: 0", f"UG{number}: 1"]
        return "\n".join([*rows, "VDD: 3000", "HW: 9173", "mode: 1", "IA: 57", "END"]).encode()

    def _work(self) -> None:
        lengths = {0x0D: 3, 0x0C: 2, 0x11: 2}
        pending = b""
        while not self._ended.wait(0.002):
            with contextlib.suppress(BlockingIOError):
                pending += os.read(self._board_end, 4096)
            while pending and len(pending) >= (size := lengths.get(pending[0], 1)):
                command, pending = pending[:size], pending[size:]
                self.commands.append(command)
                self._obey(command)
            if self._measuring.is_set():
                self._send(self.sample() * self.BATCH)

    def _obey(self, command: bytes) -> None:
        if command[0] == 0x19 and self._calibrated:
            self._send(self._metadata())
        elif command[0] == 0x06:
            self._measuring.set()
        elif command[0] == 0x07:
            self._measuring.clear()
            termios.tcflush(self._port_end, termios.TCIOFLUSH)

    def _send(self, data: bytes) -> None:
        give_up = time.monotonic() + 0.5
        while data and time.monotonic() < give_up:
            try:
                # Whole samples: what does not fit is lost, as it is when nobody reads a real one.
                data = data[os.write(self._board_end, data) :]
            except BlockingIOError:
                if len(data) % 4 == 0 and self._measuring.is_set():
                    return
                time.sleep(0.001)
