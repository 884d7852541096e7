"""What a setting really takes and costs: every frame through the device's encoder, the edge's decoder and the tail."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cutpoint.codec import CodecId, CodecTables, Coded
from cutpoint.errors import InternalError
from host_tools.calibration.candidate import Candidate, Family
from host_tools.calibration.halves import Activations, Bytes, Tail
from host_tools.calibration.still import mean_of_run
from host_tools.calibration.task import Quality, Task


class CalibrationError(InternalError):
    """A codec did not do what it is for."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Frames of one cut that no table was fitted on, and what their answers are held against. Tails are exact.

    scene_frames: for codec delta, of each scene, one scene after the other; otherwise 1.
    """

    activations: Activations
    task: Task = field(repr=False)
    tail: Tail = field(repr=False)
    scene_frames: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate as measured. sizes: bytes of tensor data by frame; raw_share: of frames with a tensor sent raw."""

    candidate: Candidate
    sizes: npt.NDArray[np.int64] = field(repr=False)
    raw_share: float
    quality: Quality
    scene_frames: int

    @property
    def mean_bytes(self) -> float:
        """Of a frame; for still scenes that of a long one, of which these are the beginnings."""
        if self.scene_frames == 1:
            return float(self.sizes.mean())
        scenes = self.sizes.reshape(-1, self.scene_frames)
        return mean_of_run(float(scenes[:, 0].mean()), float(scenes[:, 1:].mean()))


def measure(tables: CodecTables, number: int, candidate: Candidate, held_out: HeldOut) -> Measured:
    """Code all frames by one setting of the tables. Raises CalibrationError where a lossless one loses something."""
    activations = held_out.activations
    code = _changes if candidate.family is Family.DELTA else _frames
    coded = [code(tables, number, place, held_out) for place in range(len(activations.tensors))]
    sizes = sum(np.array([len(one.data) for one in tensor.coded], np.int64) for tensor in coded)
    raw = np.zeros(activations.frames, bool)
    for tensor in coded:
        raw |= np.array([one.codec is CodecId.RAW for one in tensor.coded])
    seen = [tensor.elements for tensor in coded]
    if candidate.lossless:
        same = all((one == other).all() for one, other in zip(seen, activations.elements, strict=True))
        if not same:
            raise CalibrationError(f"setting {number} ({candidate.what}) should lose nothing, and does")
        quality = Quality(0.0, 0.0, 1.0)
    else:
        quality = held_out.task.quality(held_out.tail.answers(seen))
    return Measured(candidate, np.asarray(sizes), float(raw.mean()), quality, held_out.scene_frames)


@dataclass(frozen=True, slots=True)
class _CodedTensor:
    coded: list[Coded]
    elements: Bytes


def _frames(tables: CodecTables, number: int, place: int, held_out: HeldOut) -> _CodedTensor:
    """Each frame by itself."""
    tensor = held_out.activations.tensors[place]
    coded, seen = [], []
    for elements in held_out.activations.elements[place]:
        one = tables.encode(number, place, elements.tobytes(), fill=tensor.zero_point)
        coded.append(one)
        seen.append(
            one.data if one.codec is CodecId.RAW else tables.decode(number, place, one.data, tensor.bytes)
        )
    return _CodedTensor(coded, _stacked(seen, held_out.activations.elements[place]))


def _changes(tables: CodecTables, number: int, place: int, held_out: HeldOut) -> _CodedTensor:
    """Each frame against the one before, as if that had been acknowledged; the first of a scene is a key frame."""
    tensor = held_out.activations.tensors[place]
    coded, seen = [], []
    reference: bytes | None = None
    for at, elements in enumerate(held_out.activations.elements[place]):
        if at % held_out.scene_frames == 0:
            reference = None
        age = 0 if reference is None else 1
        one, levels = tables.encode_change(number, place, elements.tobytes(), reference, age)
        coded.append(one)
        if one.codec is CodecId.RAW:
            seen.append(one.data)
        else:
            values, arrived = tables.decode_change(number, place, one.data, reference, tensor.bytes)
            if arrived != levels:
                raise CalibrationError(
                    f"setting {number}: both ends of codec delta remember different levels"
                )
            seen.append(values)
        reference = levels
    return _CodedTensor(coded, _stacked(seen, held_out.activations.elements[place]))


def _stacked(frames: list[bytes], like: Bytes) -> Bytes:
    return np.frombuffer(b"".join(frames), np.uint8).reshape(like.shape)
