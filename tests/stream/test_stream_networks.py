"""Branches, gates and joins at every cut, networks that grew at random, and what cannot be streamed is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from network import Network, assert_every_cut
from single_operator import random_given

from cutpoint import load
from cutpoint.graph.stream import StreamError, compile_stream, streamable

MODELS = Path(__file__).parent.parent / "fixtures" / "models"
STREAMED = ("autoencoder", "branches", "fomo_like", "keywords", "many_ends", "nested_residual", "uint8_io")
STOPS = {
    "attention": (1, "BATCH_MATMUL", "the engine has no such operator"),
    "curves": (0, "ABS", "the engine has no such operator"),
    "decoder": (2, "RESHAPE", "no picture, sequence or vector"),
    "float32": (0, "CONV_2D", "float32"),
    "int16": (0, "CONV_2D", "int16"),
    "moves": (1, "MIRROR_PAD", "the engine has no such operator"),
    "scales": (0, "RESIZE_BILINEAR", "the engine has no such operator"),
    "slices": (8, "TRANSPOSE", "the engine has no such operator"),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_cannot_be_streamed_is_named_with_the_largest_cut(name: str) -> None:
    cut, kind, reason = STOPS[name]
    model = load((MODELS / f"{name}.tflite").read_bytes())
    with pytest.raises(
        StreamError, match=rf"operator {cut} \({kind}\).*{reason}.*up to cut {cut}$"
    ) as refused:
        compile_stream(model)
    assert refused.value.largest_cut == cut
    assert streamable(model)[0] == cut
    if cut > 0:
        assert_every_cut(model, random_given(model, np.random.default_rng(4)), on_board=cut)


def test_every_other_fixture_is_streamed_to_its_end() -> None:
    names = {path.stem for path in MODELS.glob("*.tflite")}
    assert names == {*STREAMED, *STOPS, "control_flow"}
    for name in STREAMED:
        model = load((MODELS / f"{name}.tflite").read_bytes())
        assert streamable(model) == (len(model.operators), None)


def pool(network: Network, tensor: int, stride: int) -> int:
    _, rows, width, channels = network.shapes[tensor]
    out = (1, -(-rows // stride), -(-width // stride), channels)
    return network.add(
        "MAX_POOL_2D", [tensor], out, options=schema.Pool2DOptionsT, filterHeight=3, filterWidth=3,
        strideH=stride, strideW=stride, padding=0,
    )[0]  # fmt: skip


def add(network: Network, first: int, second: int) -> int:
    return network.add("ADD", [first, second], network.shapes[first], options=schema.AddOptionsT)[0]


def mean(network: Network, tensor: int) -> int:
    axes = network.constant(np.array([1, 2], np.int32))
    out = (1, 1, 1, network.shapes[tensor][3])
    return network.add("MEAN", [tensor, axes], out, options=schema.ReducerOptionsT, keepDims=True)[0]


def convolution(network: Network, tensor: int, channels: int, rng: np.random.Generator) -> int:
    shape = network.shapes[tensor]
    weights = network.constant(
        rng.integers(-127, 128, (channels, 3, 3, shape[3])).astype(np.int8), scale=0.002
    )
    bias = network.constant(rng.integers(-900, 900, channels).astype(np.int32), scale=0.001)
    return network.add(
        "CONV_2D", [tensor, weights, bias], (*shape[:3], channels), options=schema.Conv2DOptionsT,
        strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1, padding=0,
    )[0]  # fmt: skip


def gate(network: Network, tensor: int) -> int:
    """Squeeze and excite: a tensor times the logistic of its own means."""
    share = network.add("LOGISTIC", [mean(network, tensor)], (1, 1, 1, network.shapes[tensor][3]))[0]
    return network.add("MUL", [tensor, share], network.shapes[tensor], options=schema.MulOptionsT)[0]


def test_a_residual_branch_keeps_a_few_lines() -> None:
    network = Network()
    first = pool(network, network.input(1, 40, 8, 4), 1)
    last = add(network, pool(network, pool(network, first, 1), 1), first)
    model = network.model([last])
    assert_every_cut(model, random_given(model, np.random.default_rng(5)))
    plan = compile_stream(model)
    lines = [place.lines for place in plan.layouts[-1].places]
    assert lines == [3, 3, 1, 40]


def test_squeeze_and_excite_keeps_what_it_scales_whole_and_nothing_else() -> None:
    network = Network()
    first = pool(network, network.input(1, 20, 8, 4), 1)
    last = pool(network, gate(network, first), 1)
    model = network.model([last])
    assert_every_cut(model, random_given(model, np.random.default_rng(6)))
    plan = compile_stream(model)
    rows = {
        tensor.index: place.lines
        for tensor, place in zip(plan.tensors[1:], plan.layouts[-1].places, strict=True)
    }
    assert rows[first] == 20
    assert rows[network.made[3]] == 3  # the product, of which a window of three is read


def test_branches_of_different_heights_that_meet() -> None:
    network = Network()
    picture = network.input(1, 24, 6, 3)
    small = pool(network, pool(network, picture, 2), 2)
    size = network.constant(np.array([24, 6], np.int32))
    large = network.add(
        "RESIZE_NEAREST_NEIGHBOR", [small, size], (1, 24, 6, 3), options=schema.ResizeNearestNeighborOptionsT
    )[0]  # fmt: skip
    last = network.add(
        "CONCATENATION", [large, picture, pool(network, picture, 1)], (1, 24, 6, 9),
        options=schema.ConcatenationOptionsT, axis=3,
    )[0]  # fmt: skip
    model = network.model([last, small])
    assert_every_cut(model, random_given(model, np.random.default_rng(7)))


def test_two_inputs_that_meet_late() -> None:
    network = Network()
    first, second = network.input(1, 30, 4, 3), network.input(1, 15, 2, 3)
    small = pool(network, pool(network, first, 1), 2)
    last = add(network, small, pool(network, second, 1))
    model = network.model([last])
    assert_every_cut(model, random_given(model, np.random.default_rng(8)))
    lines = [place.lines for place in compile_stream(model).layouts[-1].places]
    assert max(lines[:-1]) <= 6


def grown(rng: np.random.Generator) -> Network:
    """A network of random operators, each of which reads tensors of a random age."""
    network = Network()
    tensors = [network.input(1, int(rng.integers(3, 15)), int(rng.integers(3, 8)), int(rng.integers(1, 5)))]
    if rng.random() < 0.3:
        tensors.append(network.input(*network.shapes[0]))
    for _ in range(int(rng.integers(3, 11))):
        tensor = int(tensors[int(len(tensors) * rng.random() ** 0.5)])
        shape = network.shapes[tensor]
        alike = [other for other in tensors if network.shapes[other] == shape]
        match int(rng.integers(0, 9)):
            case 0 | 1:
                made = add(network, tensor, int(rng.choice(alike)))
            case 2:
                made = pool(network, tensor, int(rng.integers(1, 3)))
            case 3:
                made = gate(network, tensor)
            case 4:
                made = convolution(network, tensor, int(rng.integers(1, 6)), rng)
            case 5:
                others = [tensor, int(rng.choice(alike))]
                made = network.add(
                    "CONCATENATION", others, (*shape[:3], 2 * shape[3]),
                    options=schema.ConcatenationOptionsT, axis=3,
                )[0]  # fmt: skip
            case 6:
                pads = network.constant(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32))
                out = (1, shape[1] + 3, shape[2] + 1, shape[3])
                made = network.add("PAD", [tensor, pads], out, options=schema.PadOptionsT)[0]
            case 7:
                begin = network.constant(np.array([0, shape[1] // 2, 0, 0], np.int32))
                out = (1, shape[1] - shape[1] // 2, *shape[2:])
                sizes = network.constant(np.array(out, np.int32))
                made = network.add("SLICE", [tensor, begin, sizes], out, options=schema.SliceOptionsT)[0]
            case _:
                made = network.add("RELU", [tensor], shape)[0]
        tensors.append(made)
    return network


def test_networks_that_grew_at_random() -> None:
    rng = np.random.default_rng(9)
    for _ in range(60):
        network = grown(rng)
        read = {
            int(index)
            for operator in network.model([network.made[-1]]).operators
            for index in operator.inputs
        }
        ends = [index for index in network.made if index not in read or rng.random() < 0.1]
        model = network.model(ends)
        assert_every_cut(model, random_given(model, rng))
