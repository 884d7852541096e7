"""The layers that the three networks are made of. Every convolution is followed by batch normalisation."""

from __future__ import annotations

from typing import Any

from models.needs import need


def convolution(x: Any, filters: int, kernel: int | tuple[int, int], stride: int = 1) -> Any:
    """Convolution and batch normalisation, SAME padding."""
    layers = need("tensorflow").keras.layers
    made = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(made)


def relu(x: Any) -> Any:
    """ReLU; the converter fuses it into the operator before."""
    return need("tensorflow").keras.layers.ReLU()(x)


def separable(x: Any, filters: int, stride: int = 1) -> Any:
    """A depthwise-separable block: depthwise 3x3 with the stride, then 1x1 to `filters`; each with ReLU.

    As in Howard et al., "MobileNets" (arXiv:1704.04861), figure 3.
    """
    layers = need("tensorflow").keras.layers
    made = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
    return relu(convolution(relu(layers.BatchNormalization()(made)), filters, 1))


def classify(x: Any, classes: int) -> Any:
    """Average over all positions, then one dense layer with softmax: (N, rows, columns, C) to (N, classes)."""
    layers = need("tensorflow").keras.layers
    pooled = layers.AveragePooling2D((x.shape[1], x.shape[2]))(x)
    return layers.Dense(classes, activation="softmax")(layers.Flatten()(pooled))
