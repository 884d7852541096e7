"""What the planner has to know of a network: work and bytes, no tensors and no graph."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cutpoint.plan.errors import PolicyError
from cutpoint.plan.figure import MOST_BYTES, refusal
from cutpoint.plan.setting import CodecSetting

JPEG_HEADER_BYTES = 620
JPEG_SCAN_SHARE = 1_087 / 27_648
"""Scan data of 96x96 RGB scenes at quality 50 as a share of the raw picture; with `JPEG_HEADER_BYTES` (tables
and markers of a baseline file) measured on the digit scenes of `models/fomo_digits`."""


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Work and bytes of a network with N operators and N + 1 cuts.

    macs             multiply-accumulates of each operator, N of them; 0 for elementwise operators
    cut_bytes        raw bytes of the live tensors at each cut, N + 1 of them
    input_is_picture whether a JPEG of the input is a fair rival at cut 0
    jpeg_bytes       bytes of that JPEG; None: estimated from the raw bytes (see `JPEG_SCAN_SHARE`)
    jpeg_loss        points of the task's metric that it costs; None: nobody knows
    kinds            operator kinds ("CONV_2D"), N of them, or empty when unknown
    max_cut          largest cut the board can be asked for; None: N
    board_cuts       cuts that the board has the memory for, of those; None: all of them
    frame_overhead   bytes that framing adds going up: a constant, or a function (cut, coded bytes) -> bytes
    output_bytes     bytes each operator writes, N of them; empty: taken from `cut_bytes`
    arena_bytes      RAM of the head at each cut, N + 1 of them, None where unknown; empty: all unknown
    result_bytes     bytes of a usual answer frame coming down
    unsendable       cuts whose tensors no message can carry
    settings         what calibrated codecs make of single cuts, each a row of its own

    Raises PolicyError when the lengths do not fit or a figure is negative or not finite.
    """

    macs: tuple[int, ...]
    cut_bytes: tuple[int, ...]
    input_is_picture: bool = False
    jpeg_bytes: int | None = None
    jpeg_loss: float | None = None
    kinds: tuple[str, ...] = ()
    max_cut: int | None = None
    board_cuts: frozenset[int] | None = None
    frame_overhead: int | Callable[[int, int], int] = 52
    output_bytes: tuple[int, ...] = ()
    arena_bytes: tuple[int | None, ...] = ()
    result_bytes: int = 64
    unsendable: frozenset[int] = frozenset()
    settings: tuple[CodecSetting, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.macs)
        if n == 0:
            raise PolicyError("a network without operators has nothing to plan; give macs for each operator")
        for name, wanted in (("cut_bytes", n + 1), ("kinds", n), ("output_bytes", n), ("arena_bytes", n + 1)):
            seen = len(getattr(self, name))
            if seen != wanted and (seen or name == "cut_bytes"):
                raise PolicyError(f"{name} has {seen} entries; {n} operators need {wanted}")
        for name in ("macs", "cut_bytes", "output_bytes"):
            for at, value in enumerate(getattr(self, name)):
                if refusal(value, 0, 1e15 if name == "macs" else MOST_BYTES) is not None:
                    raise PolicyError(f"{name}[{at}] is {value!r}; expected a finite figure from 0 up")
        if self.max_cut is not None and not 0 <= self.max_cut <= n:
            raise PolicyError(f"max_cut is {self.max_cut}; expected 0 to {n}")
        seen_labels: set[str] = set()
        for setting in self.settings:
            if setting.cut >= n:
                raise PolicyError(f"setting {setting.label} codes cut {setting.cut}; expected 0 to {n - 1}")
            if setting.label in seen_labels:
                raise PolicyError(f"setting {setting.label} is there twice")
            seen_labels.add(setting.label)

    @property
    def n(self) -> int:
        """Number of operators; cuts run from 0 to n."""
        return len(self.macs)

    @property
    def fingerprint(self) -> int:
        """CRC-32 of work and bytes: tells the states of one network from those of another."""
        return zlib.crc32(repr((self.macs, self.cut_bytes)).encode())

    @property
    def tables_mark(self) -> int:
        """CRC-32 of the settings: tells what was learned with these tables from what was with others; 0 without."""
        if not self.settings:
            return 0
        return zlib.crc32(repr([(s.number, s.cut, s.codec, s.bytes) for s in self.settings]).encode()) or 1

    @property
    def deepest_cut(self) -> int:
        """Largest cut the board can be asked for."""
        return self.n if self.max_cut is None else self.max_cut

    def held(self, cut: int) -> bool:
        """Whether the board can be asked for a cut: it has the operators, and the memory."""
        return cut <= self.deepest_cut and (self.board_cuts is None or cut in self.board_cuts)

    @property
    def written_bytes(self) -> tuple[int, ...]:
        """Bytes each operator writes; without exact figures, what is live after it (an upper bound)."""
        return self.output_bytes or self.cut_bytes[1:]

    @property
    def expected_jpeg_bytes(self) -> int:
        """Bytes of a JPEG of the input: as given, else estimated at quality 50."""
        if self.jpeg_bytes is not None:
            return self.jpeg_bytes
        return JPEG_HEADER_BYTES + round(self.cut_bytes[0] * JPEG_SCAN_SHARE)

    def frame_bytes(self, cut: int, coded_bytes: int) -> int:
        """Bytes on the wire for a message with `coded_bytes` of tensor data."""
        extra = self.frame_overhead
        return coded_bytes + (extra if isinstance(extra, int) else extra(cut, coded_bytes))
