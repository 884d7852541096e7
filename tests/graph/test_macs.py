"""Multiply-accumulates of operators, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from cutpoint import Model
from cutpoint.errors import ModelError
from cutpoint.graph.macs import count_macs


def test_convolution_counts_every_tap_of_every_output() -> None:
    assert count_macs("CONV_2D", None, [(1, 8, 8, 3), (5, 3, 3, 3)], [(1, 4, 4, 5)]) == 4 * 4 * 5 * 3 * 3 * 3


def test_grouped_convolution_counts_the_channels_of_a_group() -> None:
    assert count_macs("CONV_2D", None, [(1, 8, 8, 4), (6, 3, 3, 2)], [(1, 8, 8, 6)]) == 8 * 8 * 6 * 3 * 3 * 2


def test_depthwise_convolution_counts_one_channel_a_tap() -> None:
    assert (
        count_macs("DEPTHWISE_CONV_2D", None, [(1, 8, 8, 3), (1, 3, 3, 6)], [(1, 8, 8, 6)]) == 8 * 8 * 6 * 9
    )


def test_fully_connected_counts_all_weights_for_every_row() -> None:
    assert count_macs("FULLY_CONNECTED", None, [(2, 7), (5, 7)], [(2, 5)]) == 2 * 5 * 7


def test_transposed_convolution_counts_every_tap_of_every_input() -> None:
    shapes = [(4,), (5, 3, 3, 2), (1, 4, 4, 2)]
    assert count_macs("TRANSPOSE_CONV", None, shapes, [(1, 8, 8, 5)]) == 4 * 4 * 2 * 3 * 3 * 5


def test_three_dimensional_convolution_counts_every_tap() -> None:
    shapes = [(1, 4, 4, 4, 2), (3, 3, 3, 2, 5)]
    assert count_macs("CONV_3D", None, shapes, [(1, 4, 4, 4, 5)]) == 4 * 4 * 4 * 5 * 27 * 2


@pytest.mark.parametrize(("turned", "left"), [(False, (3, 7, 6)), (True, (3, 6, 7))])
def test_matrix_product_counts_the_summed_dimension(turned: bool, left: tuple[int, ...]) -> None:
    options = SimpleNamespace(adjX=turned)
    assert count_macs("BATCH_MATMUL", options, [left, (3, 6, 5)], [(3, 7, 5)]) == 3 * 7 * 5 * 6


@pytest.mark.parametrize("kind", ["ADD", "MAX_POOL_2D", "SOFTMAX", "RESHAPE", "QUANTIZE"])
def test_operators_without_a_matrix_product_count_nothing(kind: str) -> None:
    assert count_macs(kind, None, [(1, 4, 4, 2)], [(1, 4, 4, 2)]) == 0


def test_a_filter_of_the_wrong_rank_is_refused() -> None:
    with pytest.raises(ModelError, match="must have 4 dimensions"):
        count_macs("CONV_2D", None, [(1, 8, 8, 3), (5, 3)], [(1, 4, 4, 5)])


def test_the_sum_over_a_real_model_is_that_of_its_layers(model: Callable[[str], Model]) -> None:
    layers = [48 * 24, 24 * 8, 8 * 24, 24 * 48]
    assert [operator.macs for operator in model("autoencoder").operators] == layers
    assert model("autoencoder").macs == sum(layers)
