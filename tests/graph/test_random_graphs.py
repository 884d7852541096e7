"""Random graphs: whatever the shape of the graph, every cut holds."""

from __future__ import annotations

import numpy as np
from hand_made import ADD, CONCATENATION, CONV_2D, INT32, MUL, Graph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutpoint import Model, load
from cutpoint.graph import verify

SIDE = 3
SCALE = 0.1  # one for all: int8 CONCATENATION copies, so its kernels insist on equal scales
MOST_CHANNELS = 24


@st.composite
def graphs(draw: st.DrawFn) -> bytes:
    """One to three inputs, one to eight operators that read anything made before, one to four outputs in any order."""
    graph = Graph()
    channels: dict[int, int] = {}

    def tensor(count: int) -> int:
        index = graph.tensor(1, SIDE, SIDE, count, scale=SCALE)
        channels[index] = count
        return index

    inputs = [tensor(draw(st.integers(1, 4))) for _ in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(1, 8))):
        first = draw(st.sampled_from(sorted(channels)))
        alike = [index for index, count in channels.items() if count == channels[first]]
        code = draw(st.sampled_from([ADD, MUL, CONV_2D, CONCATENATION]))
        if code in (ADD, MUL):
            made = tensor(channels[first])
            graph.operator(code, [first, draw(st.sampled_from(alike))], [made])
        elif code == CONV_2D:
            convolution(
                graph, first, channels[first], made := tensor(draw(st.integers(1, 4))), channels[made]
            )
        else:
            second = draw(st.sampled_from(sorted(channels)))
            if channels[first] + channels[second] > MOST_CHANNELS:
                continue
            made = tensor(channels[first] + channels[second])
            graph.operator(code, [first, second], [made])
    if not graph.part.operators:
        graph.operator(ADD, [inputs[0], inputs[0]], [tensor(channels[inputs[0]])])
    outputs = draw(st.lists(st.sampled_from(sorted(channels)), min_size=1, max_size=4, unique=True))
    return graph.bytes(draw(st.permutations(inputs)), outputs)


def convolution(graph: Graph, given: int, channels: int, made: int, made_channels: int) -> None:
    rng = np.random.default_rng(given * 31 + made)
    weights = graph.tensor(
        made_channels,
        1,
        1,
        channels,
        scale=0.01,
        data=rng.integers(-127, 128, made_channels * channels).astype(np.int8),
    )
    quantisation = graph.part.tensors[weights].quantization
    quantisation.scale = np.full(made_channels, 0.01, np.float32)
    quantisation.zeroPoint = np.zeros(made_channels, np.int64)
    bias = graph.tensor(
        made_channels, type=INT32, scale=0.001, data=rng.integers(-99, 99, made_channels).astype(np.int32)
    )
    graph.operator(CONV_2D, [given, weights, bias], [made])


def read_after(model: Model, k: int) -> set[int]:
    later = {tensor for operator in model.operators[k:] for tensor in operator.inputs if tensor >= 0}
    return {tensor for tensor in later | set(model.outputs) if not model.tensors[tensor].constant}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_every_cut_of_a_random_graph_holds(data: bytes) -> None:
    report = verify(load(data), kernels=("reference",))
    assert report.ok, report


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_what_travels_is_what_was_made_before_and_is_read_after(data: bytes) -> None:
    model = load(data)
    for k in range(1, len(model.operators)):
        made = set(model.inputs) | {tensor for operator in model.operators[:k] for tensor in operator.outputs}
        assert set(model.live(k)) == made & read_after(model, k)
