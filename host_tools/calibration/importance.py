"""Which channels matter most to the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host_tools.calibration.halves import Activations, Bytes, Tail

FRAMES = 128


def channel_order(tail: Tail, activations: Activations, place: int) -> bytes:
    """The channels of one tensor, the most important first: by what the outputs change when one is at its zero point.

    The change is the mean over frames of |difference| of all output elements, as numbers of the outputs' dtype. Equal
    channels keep their order.
    """
    some = activations.some(FRAMES)
    tensor = some.tensors[place]
    frames = [[one[number] for one in some.elements] for number in range(some.frames)]
    whole = [_numbers(tail, frame) for frame in frames]
    effects = []
    for channel in range(tensor.planes[2]):
        effect = 0.0
        for frame, outputs in zip(frames, whole, strict=True):
            without = frame[place].copy()
            without[..., channel] = tensor.zero_byte
            seen = _numbers(tail, [*frame[:place], without, *frame[place + 1 :]])
            effect += float(np.abs(seen - outputs).mean())
        effects.append(-effect)
    return bytes(np.argsort(effects, kind="stable").astype(np.uint8).tolist())


def _numbers(tail: Tail, frame: Sequence[Bytes]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.concatenate([one.astype(np.float64).ravel() for one in tail.outputs(frame)])
