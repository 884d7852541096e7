"""Weights drawn from a seed, scaled so that activations neither die nor saturate at any depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.needs import need

GAMMA = (0.6, 1.4)
BETA = (-0.3, 0.7)
"""Ranges of batch normalisation's scale and offset: channels differ, as trained ones do, and few are all zero."""
LOGIT_DEVIATION = 2.0
"""Standard deviation of every class's logit over the calibration inputs: each class wins for some of them."""


def draw_weights(model: Any, inputs: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Give `model` its weights in place; `inputs` (N, *shape) set the statistics of its normalisations.

    Kernels are normal with the deviation sqrt(2 / fan-in) (He et al., arXiv:1502.01852).
    """
    keras = need("tensorflow").keras
    normalisations = []
    for layer in model.layers:
        match layer:
            case keras.layers.DepthwiseConv2D():
                layer.set_weights([_kernel(rng, weight.shape, 2) for weight in layer.weights])
            case keras.layers.Conv2D() | keras.layers.Dense():
                kernel, *bias = layer.weights
                layer.set_weights([_kernel(rng, kernel.shape), *(np.zeros(part.shape) for part in bias)])
            case keras.layers.BatchNormalization():
                gamma, beta, mean, variance = layer.get_weights()
                scale, offset = rng.uniform(*GAMMA, gamma.shape), rng.uniform(*BETA, beta.shape)
                layer.set_weights([scale, offset, mean, variance])
                normalisations.append(layer)
    for layer in normalisations:
        layer.momentum = 0.0
    # In training mode every normalisation uses the statistics of this batch and, without momentum, keeps them.
    model(inputs, training=True)
    _spread_logits(model, inputs)


def _kernel(
    rng: np.random.Generator, shape: tuple[int, ...], taps: int | None = None
) -> npt.NDArray[np.float64]:
    """A kernel (..., in, out); `taps` leading dimensions make the fan-in where it is not all but the last."""
    fan_in = np.prod(shape[: -1 if taps is None else taps])
    return rng.normal(0, np.sqrt(2 / fan_in), shape)


def _spread_logits(model: Any, inputs: npt.NDArray[np.float32]) -> None:
    dense = model.layers[-1]
    features = need("tensorflow").keras.Model(model.input, dense.input)
    kernel, _ = dense.get_weights()
    logits = features(inputs, training=False).numpy() @ kernel
    kernel *= LOGIT_DEVIATION / logits.std(axis=0)
    logits *= LOGIT_DEVIATION / logits.std(axis=0)
    dense.set_weights([kernel, -logits.mean(axis=0)])
