"""Heads and tails as a calibration runs them: what travels at each cut, and the answers to what arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cutpoint.answer import Answer
from cutpoint.codec import DType
from cutpoint.graph import Bundle
from cutpoint.kernels import Runner, open_runner
from host_tools.calibration.exact import open_exact

Bytes = npt.NDArray[np.uint8]
CODED_DTYPES = (DType.INT8, DType.UINT8)
LARGEST_SIDE = (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class TravellingTensor:
    """A tensor of a cut: its shape in the model and as height, width and channels, its dtype and zero point."""

    shape: tuple[int, ...]
    planes: tuple[int, int, int]
    dtype: DType
    zero_point: int
    scale: float

    @property
    def bytes(self) -> int:
        return int(np.prod(self.planes))

    @property
    def zero_byte(self) -> int:
        """The zero point as it lies in memory."""
        return self.zero_point % 256


def travelling(bundle: Bundle, cut: int) -> tuple[TravellingTensor, ...] | None:
    """The tensors of a cut in the order in which they travel; None where one of them cannot be coded by levels."""
    tensors = []
    for entry in bundle.cuts[cut].tensors:
        dtype = DType.of(entry.dtype)
        shape = entry.shape[1:] if len(entry.shape) > 1 and entry.shape[0] == 1 else entry.shape
        if dtype not in CODED_DTYPES or not shape or not entry.bytes:
            return None
        planes = (int(np.prod(shape[:-2])), shape[-2] if len(shape) > 1 else 1, shape[-1])
        zero = entry.zero_point if entry.zero_point is not None else 0
        if max(planes) > LARGEST_SIDE:
            return None
        tensors.append(TravellingTensor(entry.shape, planes, dtype, zero, entry.scale or 1.0))
    return tuple(tensors) or None


@dataclass(frozen=True, slots=True)
class Activations:
    """What travelled at one cut, for each of its tensors (frames, H, W, C) unsigned bytes."""

    cut: int
    tensors: tuple[TravellingTensor, ...]
    elements: tuple[Bytes, ...] = field(repr=False)

    @property
    def frames(self) -> int:
        return len(self.elements[0])

    def some(self, most: int) -> Activations:
        """The first frames, at most so many."""
        return Activations(self.cut, self.tensors, tuple(one[:most] for one in self.elements))


def run_heads(
    bundle: Bundle,
    cuts: Sequence[int],
    inputs: Iterable[Sequence[npt.NDArray[np.generic]]],
    told: Callable[[], None] = lambda: None,
) -> tuple[dict[int, Activations], tuple[Answer, ...]]:
    """Run the whole model with the reference kernels' bits, from cut to cut; what travelled at these, and the answers.

    cuts: ascending, each one that `travelling` knows. told is called after each picture.
    """
    model = bundle.model()
    ends = sorted({*cuts, bundle.n} - {0})
    stages = [
        open_exact(model.extract(first, last)) for first, last in zip([0, *ends[:-1]], ends, strict=True)
    ]
    seen: dict[int, list[list[Bytes]]] = {cut: [] for cut in cuts}
    answers = []
    for arrays in inputs:
        at = list(arrays)
        if 0 in seen:
            seen[0].append([_bytes(one) for one in at])
        for end, stage in zip(ends, stages, strict=True):
            at = stage.run(at)
            if end in seen:
                seen[end].append([_bytes(one) for one in at])
        answers.append(bundle.answer_rule.decode(at))
        told()
    activations = {}
    for cut, frames in seen.items():
        tensors = travelling(bundle, cut)
        assert tensors is not None
        elements = tuple(
            np.stack([frame[place] for frame in frames]).reshape(len(frames), *tensor.planes)
            for place, tensor in enumerate(tensors)
        )
        activations[cut] = Activations(cut, tensors, elements)
    return activations, tuple(answers)


class Tail:
    """The rest of the network behind a cut, kept ready: with the reference kernels' bits, or on XNNPACK."""

    def __init__(self, bundle: Bundle, cut: int, *, exact: bool) -> None:
        tensors = travelling(bundle, cut)
        assert tensors is not None
        self._tensors, self._rule = tensors, bundle.answer_rule
        tail = bundle.model().extract(cut, bundle.n)
        self._runner: Runner = open_exact(tail) if exact else open_runner(tail, "xnnpack")

    def outputs(self, frame: Sequence[Bytes]) -> list[npt.NDArray[np.generic]]:
        """The output tensors for one frame's tensors, unsigned bytes of any shape."""
        return self._runner.run(
            [
                np.ascontiguousarray(one).view(tensor.dtype.numpy).reshape(tensor.shape)
                for one, tensor in zip(frame, self._tensors, strict=True)
            ]
        )

    def answer(self, frame: Sequence[Bytes]) -> Answer:
        """The answer for one frame's tensors."""
        return self._rule.decode(self.outputs(frame))

    def answers(self, elements: Sequence[Bytes]) -> tuple[Answer, ...]:
        """Answers for all frames of tensors (frames, ...)."""
        return tuple(self.answer([one[number] for one in elements]) for number in range(len(elements[0])))


def _bytes(array: npt.NDArray[np.generic]) -> Bytes:
    return np.frombuffer(array.tobytes(), np.uint8)
