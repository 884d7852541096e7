"""DS-CNN: keyword spotting."""

from __future__ import annotations

from typing import Any

from models.needs import need
from models.tiny.inputs import cepstra
from models.tiny.layers import classify, convolution, relu, separable
from models.tiny.network import Network

FILTERS = 64
BLOCKS = 4
SHAPE = (49, 10, 1)
"""49 frames of 10 mel-frequency cepstral coefficients: one second, a frame of 40 ms every 20 ms."""
CLASSES = 12
"""Ten words, silence, and any other word."""


def build() -> Any:
    """The shape of Zhang et al., "Hello Edge" (arXiv:1711.07128), as MLPerf Tiny has it (arXiv:2106.07597)."""
    keras = need("tensorflow").keras
    frames = keras.Input(SHAPE, name="cepstra")
    x = relu(convolution(frames, FILTERS, (10, 4), 2))
    for _ in range(BLOCKS):
        x = separable(x, FILTERS)
    return keras.Model(frames, classify(x, CLASSES))


DS_CNN = Network(
    "ds_cnn",
    task="keyword spotting",
    shape=SHAPE,
    classes=CLASSES,
    kinds=(
        ("CONV_2D", 5),
        ("DEPTHWISE_CONV_2D", 4),
        ("AVERAGE_POOL_2D", 1),
        ("FULLY_CONNECTED", 1),
        ("SOFTMAX", 1),
    ),
    macs=2_656_768,
    parameters=22_604,
    reference_bytes=53_936,
    build=build,
    draw=cepstra,
)
