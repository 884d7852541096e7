"""ResNet-8: image classification."""

from __future__ import annotations

from typing import Any

from models.needs import need
from models.tiny.inputs import pictures
from models.tiny.layers import classify, convolution, relu
from models.tiny.network import Network

SHAPE = (32, 32, 3)
CLASSES = 10
STACKS = ((16, 1), (32, 2), (64, 2))
"""Filters and stride of each stack of two convolutions."""


def build() -> Any:
    """A residual network of three stacks (He et al., arXiv:1512.03385), as MLPerf Tiny has it (arXiv:2106.07597).

    Where a stack halves the picture, its shortcut is a 1x1 convolution of the same stride, without normalisation.
    """
    keras = need("tensorflow").keras
    picture = keras.Input(SHAPE, name="picture")
    x = relu(convolution(picture, STACKS[0][0], 3))
    for filters, stride in STACKS:
        y = relu(convolution(x, filters, 3, stride))
        y = convolution(y, filters, 3)
        if stride > 1:
            x = keras.layers.Conv2D(filters, 1, strides=stride, padding="same")(x)
        x = relu(keras.layers.Add()([x, y]))
    return keras.Model(picture, classify(x, CLASSES))


RESNET8 = Network(
    "resnet8",
    task="image classification",
    shape=SHAPE,
    classes=CLASSES,
    kinds=(
        ("CONV_2D", 9),
        ("ADD", 3),
        ("AVERAGE_POOL_2D", 1),
        ("FULLY_CONNECTED", 1),
        ("SOFTMAX", 1),
    ),
    macs=12_501_632,
    parameters=77_706,
    reference_bytes=98_496,
    build=build,
    draw=pictures(SHAPE),
)
