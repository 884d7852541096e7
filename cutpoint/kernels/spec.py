"""What one input or output of a runner looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.errors import InputError

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, shape, dtype and per-tensor quantisation (None where the tensor has none)."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    scale: float | None
    zero_point: int | None


def check_inputs(specs: Sequence[TensorSpec], arrays: Sequence[Array]) -> None:
    """Compare arrays with the specs; raises InputError naming the first one that does not fit."""
    if len(arrays) != len(specs):
        raise InputError(f"the model takes {len(specs)} input tensor(s), {len(arrays)} given")
    for index, (spec, array) in enumerate(zip(specs, arrays, strict=True)):
        if not isinstance(array, np.ndarray):
            raise InputError(
                f"input {index} ({spec.name}) must be a NumPy array, {type(array).__name__} given"
            )
        if array.shape != spec.shape or array.dtype != spec.dtype:
            raise InputError(
                f"input {index} ({spec.name}) must be {spec.dtype} of shape {list(spec.shape)}, "
                f"{array.dtype} of shape {list(array.shape)} given"
            )
