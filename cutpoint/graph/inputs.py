"""Random inputs for a model."""

from __future__ import annotations

import numpy as np

from cutpoint.graph.model import Model, Tensor
from cutpoint.kernels import Array


def random_inputs(model: Model, runs: int, seed: int) -> list[list[Array]]:
    """`runs` sets of arrays in graph input order.

    8 and 16 bit types take their full range, float32 a standard normal distribution. Wider integers are mostly indices,
    so they are 0 or 1 here: kernels do not all check an index.
    """
    rng = np.random.default_rng(seed)
    return [[_random(rng, model.tensors[index]) for index in model.inputs] for _ in range(runs)]


def _random(rng: np.random.Generator, tensor: Tensor) -> Array:
    if tensor.dtype.kind == "f":
        return rng.standard_normal(tensor.shape).astype(tensor.dtype)
    if tensor.dtype.itemsize > 2 or tensor.dtype.kind == "b":
        return rng.integers(0, 2, tensor.shape).astype(tensor.dtype)
    return np.frombuffer(rng.bytes(tensor.bytes), tensor.dtype).reshape(tensor.shape)
