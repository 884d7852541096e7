"""MobileNetV1 at width 0.25: person detection."""

from __future__ import annotations

from typing import Any

from models.needs import need
from models.tiny.inputs import pictures
from models.tiny.layers import classify, convolution, relu, separable
from models.tiny.network import Network

SHAPE = (96, 96, 3)
CLASSES = 2
"""A person, or none."""
STEM = 8
"""32 filters at width 0.25."""
BLOCKS = (
    (16, 1),
    (32, 2),
    (32, 1),
    (64, 2),
    (64, 1),
    (128, 2),
    *((128, 1),) * 5,
    (256, 2),
    (256, 1),
)
"""Filters and stride of the 13 depthwise-separable blocks: table 1 of arXiv:1704.04861, filters at width 0.25."""


def build() -> Any:
    """MobileNetV1 for small pictures, as MLPerf Tiny has it (arXiv:2106.07597): ReLU, and a dense layer at the end."""
    keras = need("tensorflow").keras
    picture = keras.Input(SHAPE, name="picture")
    x = relu(convolution(picture, STEM, 3, 2))
    for filters, stride in BLOCKS:
        x = separable(x, filters, stride)
    return keras.Model(picture, classify(x, CLASSES))


MOBILENET_V1 = Network(
    "mobilenet_v1",
    task="person detection (visual wake words)",
    shape=SHAPE,
    classes=CLASSES,
    kinds=(
        ("CONV_2D", 14),
        ("DEPTHWISE_CONV_2D", 13),
        ("AVERAGE_POOL_2D", 1),
        ("FULLY_CONNECTED", 1),
        ("SOFTMAX", 1),
    ),
    macs=7_489_664,
    parameters=210_850,
    reference_bytes=333_288,
    build=build,
    draw=pictures(SHAPE),
)
