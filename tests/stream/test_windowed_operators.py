"""Operators that multiply and accumulate make TFLM's bytes, whatever their shapes, windows and scales."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from single_operator import assert_same, random_given
from windowed_cases import conv, depthwise_conv, fully_connected, transpose_conv

from cutpoint import Model

Case = Callable[[np.random.Generator], Model]


@pytest.mark.parametrize(
    ("case", "seed"),
    [(case, seed) for case in (conv, depthwise_conv, transpose_conv, fully_connected) for seed in range(10)],
)
def test_random_models_give_the_bytes_of_tflm(case: Case, seed: int) -> None:
    rng = np.random.default_rng([seed, len(case.__name__)])
    for _ in range(50):
        model = case(rng)
        assert_same(model, random_given(model, rng))
