"""What a device computes for a few pictures, computed once: so that thousands of devices need no kernels."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Self

from cutpoint.answer import Answer
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from cutpoint.wire import DType, ModelId, Result, Status, decode, encode
from host_tools.device.on_board import OnBoard
from host_tools.device.opening import open_engine
from host_tools.device.profile import Profile
from host_tools.device.sources import open_source
from host_tools.shipped import shipped_bundle, shipped_pictures

DEFAULT_PICTURES = 8
Live = tuple[tuple[int, int, bytes, int], ...]
"""The tensors alive at one cut, as a session takes them: index, dtype, bytes, fill."""

_HEADER_BYTES = 32
_RESIDENCE = slice(4, 8)
_WHOLE_FRAME = 0xFFFF


def answer_bytes(frame: bytes) -> bytes:
    """What a result frame answers, without its header and without the residence: equal for equal answers."""
    return frame[_HEADER_BYTES : _HEADER_BYTES + 4] + frame[_HEADER_BYTES + 8 :]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One picture: live tensors by cut, 0 to N, and the right answer, also as `answer_bytes` gives it."""

    name: str
    live: tuple[Live, ...] = field(repr=False)
    answer: Answer
    right: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """One network and the pictures that all devices share. `operators_us`: what its board takes, by operator."""

    model_id: bytes
    operators: int
    max_cut: int
    result_bytes: int
    chip: str
    operators_us: tuple[int, ...] = field(repr=False)
    pictures: tuple[Recorded, ...] = field(repr=False)

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        *,
        pictures: str | Path | None = None,
        count: int = DEFAULT_PICTURES,
        profile: str = "esp32",
    ) -> Self:
        """Run the whole network on exact kernels, operator by operator, and keep every cut of every picture.

        pictures: folder or file as for `cutpoint device`; None for the shipped ones where they fit, else random.
        Raises UsageError for pictures that do not fit, KernelsError for a network that exact kernels do not run.
        """
        if not 1 <= count <= 255:
            raise UsageError(f"{count} pictures; give 1 to 255")
        engine = open_engine(bundle.model(), "auto")
        board = Profile.load(profile)
        if not board.modelled:
            raise UsageError(f"profile {profile} states no times, and nothing is computed here; name a board")
        if pictures is None:
            same = bundle.inputs[0].shape == Bundle.open(shipped_bundle()).inputs[0].shape
            pictures = shipped_pictures() if same else "random"
        samples = list(islice(cycle(open_source(pictures, engine.inputs, count=count)), count))
        recorded = []
        for sample in samples:
            engine.set_input(sample.arrays)
            engine.run(0, bundle.n)
            live = tuple(
                tuple(
                    (t.index, int(DType.of(t.array.dtype)), t.array.tobytes(), t.fill)
                    for t in engine.live(cut)
                )
                for cut in range(bundle.n + 1)
            )
            answer = bundle.answer_rule.decode(engine.outputs())
            recorded.append(Recorded(sample.name, live, answer, _right(bundle, answer)))
        return cls(
            model_id=bundle.model_id,
            operators=bundle.n,
            max_cut=bundle.max_cut,
            result_bytes=OnBoard.of_bundle(bundle, "auto", on_board=0).result_bytes,
            chip=board.chip,
            operators_us=tuple(round(board.operator_us(work)) for work in engine.workloads),
            pictures=tuple(recorded),
        )

    @property
    def memory_bytes(self) -> int:
        """Memory of the tensors; all devices share it."""
        return sum(len(t[2]) for picture in self.pictures for live in picture.live for t in live)

    def same_answer(self, picture: int, frame: bytes) -> bool:
        """Whether a result frame gives the right answer to this picture."""
        if answer_bytes(frame) == self.pictures[picture].right:
            return True
        result = decode(frame)
        return isinstance(result, Result) and result.answer == self.pictures[picture].answer


def _right(bundle: Bundle, answer: Answer) -> bytes:
    frames = encode(Result(ModelId(bundle.model_id), 1, 1, 0, Status.OK, 0, answer), chunk_bytes=_WHOLE_FRAME)
    if len(frames) != 1:
        raise UsageError(
            "this network's answers are larger than 64 KB; the load rig compares answers of one frame"
        )
    return answer_bytes(frames[0])
