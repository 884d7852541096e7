"""A device's instructions, counted: some real frames of each candidate, coded by the firmware's codecs under QEMU."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from cutpoint.codec import CodecId, DType
from cutpoint.graph import Bundle
from host_tools.codec_bench.halves import Live
from host_tools.codec_bench.plan import Candidate
from host_tools.codec_bench.row import DeviceCost
from host_tools.codec_bench.ways import fill_of
from host_tools.qemu import RV32IMC
from host_tools.qemu.coding import CODEC, CodingBench, Element

FRAMES = 4
"""Of each candidate, evenly over all pictures; for delta as many in a row, from the middle on."""
NO_CODE = {
    "jpeg": "the camera's chip makes it; no encoder runs on the processor",
    "jpeg-scan": "the camera's chip makes it; no encoder runs on the processor",
    "answer": "nothing is coded",
}
FOLDERS = {codec: (f"{CODEC}/{codec}",) for codec in ("bitmap", "lowbit", "rans", "slicer")} | {
    "delta": (f"{CODEC}/delta", f"{CODEC}/rans")
}


class QemuMeter:
    """Compiles at the first candidate that needs it. Where QEMU or the compiler is missing, every cost says so."""

    def __init__(self) -> None:
        self._missing = RV32IMC.missing()
        self._bench: CodingBench | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        if self._missing:
            return (f"device instructions are not measured: {self._why()}",)
        return (
            f"instructions: rv32imc -O2 under QEMU, mean of {FRAMES} frames, of finding out the size and encoding; the "
            "frames' CRC-32 is apart. code: text and constants of the codec's own sources as linked, for delta with "
            "those of rans",
        )

    def cost(self, bundle: Bundle, candidate: Candidate, frames: Sequence[Live]) -> DeviceCost:
        """Of one frame; outside baselines and JPEG run on no device here."""
        if candidate.family == "outside":
            return DeviceCost(why="no build of it for a device is part of Cutpoint")
        if candidate.codec in NO_CODE:
            return DeviceCost(why=NO_CODE[candidate.codec])
        if self._missing:
            return DeviceCost(why=self._why())
        if self._bench is None:
            self._bench = CodingBench()
        tensors = bundle.cuts[candidate.cut].tensors
        coded = self._bench.code(
            [
                [
                    Element(DType.of(array.dtype), fill_of(tensor), array.tobytes())
                    for array, tensor in zip(frame, tensors, strict=True)
                ]
                for frame in _chosen(frames, in_a_row=candidate.codec == "delta")
            ],
            CodecId[candidate.codec.upper()],
            candidate.number,
            tables=(bundle.codec_tables or b"") if candidate.number else b"",
            model_id=bundle.model_id,
        )
        # The first frame of delta is a key frame; what the others take is what a still scene takes.
        counted = coded.frames[1:] if candidate.codec == "delta" and len(coded.frames) > 1 else coded.frames
        return DeviceCost(
            statistics.fmean(frame.instructions for frame in counted),
            statistics.fmean(frame.copying for frame in counted),
            sum(coded.program.sizes_below(folder).code for folder in FOLDERS.get(candidate.codec, ())),
            max(frame.scratch_bytes for frame in coded.frames),
        )

    def _why(self) -> str:
        return f"{RV32IMC.name} needs Debian's {' and '.join(self._missing)}; not installed here"


def _chosen(frames: Sequence[Live], *, in_a_row: bool) -> list[Live]:
    count = min(FRAMES, len(frames))
    if in_a_row:
        first = (len(frames) - count) // 2
        return list(frames[first : first + count])
    return [frames[at * len(frames) // count] for at in range(count)]
