"""SOFTMAX over channels, equal to TFLM byte for byte."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from single_operator import SingleOperator, assert_same, random_given

from cutpoint import Model


def softmax(shape: tuple[int, ...], scale: float, beta: float = 1.0, zero_point: int = 0) -> Model:
    one = SingleOperator("SOFTMAX", schema.SoftmaxOptionsT, version=2, beta=beta)
    one.input(*shape, scale=scale, zero_point=zero_point)
    one.output(*shape, scale=1 / 256, zero_point=-128)
    return one.model()


def test_any_scale_and_shape() -> None:
    rng = np.random.default_rng(17)
    for _ in range(300):
        rows, width = (int(size) for size in rng.integers(1, 5, 2))
        channels = int(rng.choice([1, 2, 3, 5, 10, 12, 33]))
        shape = [(1, rows, width, channels), (1, rows, channels), (rows, channels), (channels,)]
        beta = float(np.float32(rng.choice([1.0, 0.5, 2.0, 10.0])))
        scale = float(np.float32(2.0 ** rng.uniform(-11, 3)))
        model = softmax(shape[rng.integers(0, 4)], scale, beta, int(rng.integers(-128, 128)))
        assert_same(model, random_given(model, rng))


def test_every_pair_of_two_channels_at_several_scales() -> None:
    first, second = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))
    pairs = np.stack([first, second], axis=-1).astype(np.int8).reshape(1, 256, 256, 2)
    for scale in (1 / 4096, 0.003, 1 / 16, 0.1, 0.9, 16.0, 31.0, 1e9):
        assert_same(softmax((1, 256, 256, 2), float(np.float32(scale))), [pairs])


def test_hundreds_of_equal_channels() -> None:
    rng = np.random.default_rng(18)
    for channels in (256, 500, 511):
        given = np.full((1, 3, 2, channels), 5, np.int8)
        given[0, 1] = rng.integers(-3, 3, (2, channels))
        assert_same(softmax(given.shape, 0.25), [given])
