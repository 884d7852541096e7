"""Coding real tensors on a machine of QEMU, with any codec: instructions, and the bytes that come out."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cutpoint.codec import CodecId, DType
from host_tools.qemu.machine import RV32IMC, Machine
from host_tools.qemu.program import Program, compile_program, core_sources, link_program
from host_tools.qemu.run import run

PROGRAM = "coding_program"
CODEC = "core/codec"
NEEDED = ("codec", "crc32.cc")
"""Of the core, by the names below it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One tensor of a frame: dtype, the zero point as an element, little-endian bytes."""

    dtype: DType
    fill: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """One frame on the machine. hash: CRC-32 over the coded tensors, one after the other."""

    bytes: int
    raw_bytes: int
    scratch_bytes: int
    """Of the scratch that was lent, how much held coded forms at the end of it."""
    instructions: int
    copying: int
    """Of the instructions, those that hand out coded forms which were made whole before; 0 where there are none."""
    hash: int


@dataclass(frozen=True, slots=True)
class Coded:
    """All frames of a job, in their order, and what the program takes."""

    frames: tuple[CodedFrame, ...]
    stack_bytes: int
    program: Program


class CodingBench:
    """The program, compiled once: about ten seconds. Close it, or use it as a context, to remove its files."""

    def __init__(self, machine: Machine = RV32IMC, *, optimise: str = "-O2") -> None:
        """Raises UsageError where the machine's packages are missing."""
        self._folder = tempfile.TemporaryDirectory()
        place = Path(self._folder.name, "objects")
        place.mkdir()
        sources = [path for path in core_sources() if path.parts[1] in NEEDED]
        self._objects = compile_program(machine, PROGRAM, place, sources=sources, optimise=optimise)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was compiled."""
        self._folder.cleanup()

    def code(
        self,
        frames: Sequence[Sequence[Element]],
        codec: CodecId,
        setting: int = 0,
        *,
        tables: bytes = b"",
        model_id: bytes = bytes(4),
        timeout_s: float = 60.0,
    ) -> Coded:
        """Code frames of one cut in their order, at least one; for delta each against the one before.

        setting: its number in `tables`, 0 for a codec without. Raises InternalError for a job that the device refuses.
        """
        with tempfile.TemporaryDirectory() as room:
            files = {"tables": tables, "job": _job(frames, codec, setting, model_id)}
            program = link_program(self._objects, files, Path(room))
            report = run(program, timeout_s)
        return Coded(
            tuple(
                CodedFrame(
                    line["bytes"],
                    line["raw"],
                    line["scratch"],
                    line["instructions"],
                    line["copying"],
                    line["hash"],
                )
                for line in report.all("frame")
            ),
            report.one("stack")["bytes"],
            program,
        )


def _job(frames: Sequence[Sequence[Element]], codec: CodecId, setting: int, model_id: bytes) -> bytes:
    parts = [struct.pack("<4sBBBB", model_id, codec, setting, len(frames[0]), len(frames))]
    for frame in frames:
        for tensor in frame:
            padding = bytes(-len(tensor.data) % 4)
            parts += [
                struct.pack("<B3xiI", tensor.dtype, tensor.fill, len(tensor.data)),
                tensor.data,
                padding,
            ]
    return b"".join(parts)
