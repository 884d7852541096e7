"""Energy by a Nordic Power Profiler Kit II between the supply and the board, through `ppk2-api`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from cutpoint.errors import UsageError

LEAST_MV, MOST_MV = 800, 5000
"""What the instrument can supply, from ppk2-api."""
_POLL_S = 0.005
_SETTLE_S = 0.2


@dataclass(slots=True)
class Energy:
    """One window. Means are over all samples; energy is the mean current times voltage times the window's length."""

    seconds: float = 0.0
    samples: int = 0
    mean_ma: float = 0.0
    most_ma: float = 0.0
    energy_uj: float = 0.0


@dataclass(slots=True)
class _Window:
    data: bytearray = field(default_factory=bytearray)
    began_s: float = 0.0


class PowerMeter:
    """A PPK2 as an ammeter (the board is supplied through it) or as the board's source.

    Only whoever asked for `source` gets a board powered by the instrument. Samples are collected on a thread, and
    decoded when a window ends: the decoder is too slow for 100,000 a second beside a running test.
    """

    def __init__(self, port: str, *, millivolts: int = 3300, source: bool = False) -> None:
        """Opens the port and reads the calibration. Raises UsageError."""
        if not LEAST_MV <= millivolts <= MOST_MV:
            raise UsageError(f"{millivolts} mV cannot be set; give {LEAST_MV} to {MOST_MV}")
        try:
            from ppk2_api.ppk2_api import PPK2_API
        except ImportError as error:
            raise UsageError("a power profiler needs ppk2-api: pip install 'cutpoint[power]'") from error
        try:
            self._ppk: Any = PPK2_API(port, timeout=1, write_timeout=1)
        except (OSError, ValueError) as error:
            raise UsageError(f"power profiler: port {port} cannot be opened ({error})") from error
        self.port, self.millivolts = port, millivolts
        self._ppk.stop_measuring()
        time.sleep(_SETTLE_S)
        self._ppk.get_data()
        # The library takes silence for an answer of no bytes and fails on it; and says so with None.
        if self._ppk.get_modifiers() is None:
            self.close()
            raise UsageError(f"power profiler: {port} sent no calibration; is it a PPK2?")
        self._ppk.set_source_voltage(millivolts)
        if source:
            self._ppk.use_source_meter()
            self._ppk.toggle_DUT_power("ON")
        else:
            self._ppk.use_ampere_meter()

    @contextmanager
    def window(self) -> Iterator[Energy]:
        """Measure while the block runs; the figures are there when it ends. Raises UsageError without samples."""
        energy, window, ended = Energy(), _Window(), threading.Event()
        collector = threading.Thread(
            target=self._collect, args=(window, ended), name="hil-power", daemon=True
        )
        self._ppk.remainder = {"sequence": b"", "len": 0}
        self._ppk.start_measuring()
        window.began_s = time.monotonic()
        collector.start()
        try:
            yield energy
        finally:
            energy.seconds = time.monotonic() - window.began_s
            ended.set()
            collector.join()
            self._ppk.stop_measuring()
            time.sleep(_SETTLE_S)
            self._ppk.get_data()
        self._sum_up(window, energy)

    def close(self) -> None:
        """Stop measuring and release the port."""
        if self._ppk.ser is not None:
            self._ppk.stop_measuring()
            self._ppk.ser.close()
            self._ppk.ser = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _collect(self, window: _Window, ended: threading.Event) -> None:
        while not ended.wait(_POLL_S):
            window.data += self._ppk.get_data()

    def _sum_up(self, window: _Window, energy: Energy) -> None:
        if len(window.data) < 4:
            raise UsageError(f"power profiler: {self.port} sent no sample in {energy.seconds:.1f} s")
        microamperes, _ = self._ppk.get_samples(bytes(window.data))
        energy.samples = len(microamperes)
        energy.mean_ma = sum(microamperes) / len(microamperes) / 1000
        energy.most_ma = max(microamperes) / 1000
        # mA x mV x s = uJ
        energy.energy_uj = energy.mean_ma * self.millivolts * energy.seconds
