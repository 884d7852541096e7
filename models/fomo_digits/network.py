"""The network: FOMO on a MobileNetV2 trunk, as Edge Impulse builds it."""

from __future__ import annotations

from typing import Any

from models.fomo_digits.variant import Variant
from models.needs import need

WIDTH = 0.35
"""MobileNetV2's width multiplier (alpha)."""
CUT_LAYER = "block_6_expand_relu"
"""Last trunk layer: stride 8, so 96 input pixels give 12 cells, 64 give 8."""
HEAD_CHANNELS = 32
CHANNELS = 11
"""Background, then the digits 0 to 9."""
NORM_MOMENTUM = 0.95
"""Keras builds MobileNetV2 with 0.999, which needs far more steps than this recipe takes."""


def build(variant: Variant) -> Any:
    """An untrained Keras model: (N, side, side, 3) float32 in 0..1 to logits (N, grid, grid, 11) float32."""
    keras = need("tensorflow").keras
    trunk = keras.applications.MobileNetV2(
        input_shape=(variant.side_px, variant.side_px, 3), alpha=WIDTH, include_top=False, weights=None
    )
    features = trunk.get_layer(CUT_LAYER).output
    head = keras.layers.Conv2D(HEAD_CHANNELS, 1, activation="relu", name="head")(features)
    logits = keras.layers.Conv2D(CHANNELS, 1, name="logits")(head)
    model = keras.Model(trunk.input, logits, name=variant.name)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = NORM_MOMENTUM
    return model


def with_softmax(model: Any) -> Any:
    """The model that is shipped: the trained one for one picture, with a softmax over channels last."""
    keras = need("tensorflow").keras
    pixels = keras.Input(batch_shape=(1, *model.input_shape[1:]), name="pixels")
    scores = keras.layers.Softmax(name="scores")(model(pixels, training=False))
    return keras.Model(pixels, scores, name=model.name)
