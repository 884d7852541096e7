"""Which tensors travel, on graphs small enough to work the answer out by hand."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from hand_made import SPLIT, Graph, chain

from cutpoint import load
from cutpoint.graph import verify


def live(data: bytes) -> list[tuple[int, ...]]:
    model = load(data)
    return [model.live(k) for k in range(len(model.operators) + 1)]


def test_a_chain_carries_one_tensor_at_every_cut() -> None:
    graph = chain(3)
    assert live(graph.bytes([0], [3])) == [(0,), (1,), (2,), (3,)]


def test_a_shortcut_travels_beside_the_branch_it_spans() -> None:
    graph = Graph()
    given = graph.tensor(1, 2, 2, 1)
    stem = graph.add(given, given)
    branch = graph.add(stem, stem)
    branch = graph.add(branch, branch)
    joined = graph.add(branch, stem)
    assert live(graph.bytes([given], [joined])) == [(0,), (1,), (1, 2), (1, 3), (4,)]


def test_an_output_made_early_travels_from_there_to_the_end() -> None:
    graph = Graph()
    given = graph.tensor(1, 2, 2, 1)
    early = graph.add(given, given)
    middle = graph.add(given, given)
    last = graph.add(middle, middle)
    assert live(graph.bytes([given], [last, early])) == [(0,), (0, 1), (1, 2), (3, 1)]


def test_an_output_that_is_read_again_travels_once() -> None:
    graph = Graph()
    given = graph.tensor(1, 2, 2, 1)
    first = graph.add(given, given)
    second = graph.add(first, first)
    assert live(graph.bytes([given], [first, second])) == [(0,), (1,), (1, 2)]


def test_an_input_read_late_stays_alive_until_then() -> None:
    graph = Graph()
    first, late = graph.tensor(1, 2, 2, 1), graph.tensor(1, 2, 2, 1)
    a = graph.add(first, first)
    b = graph.add(a, a)
    c = graph.add(b, late)
    assert live(graph.bytes([late, first], [c])) == [(1, 0), (1, 2), (1, 3), (4,)]


def test_an_input_that_is_an_output_travels_at_every_cut() -> None:
    graph = chain(2)
    data = graph.bytes([0], [0, 2])
    assert live(data) == [(0,), (0, 1), (0, 2)]
    assert verify(load(data)).ok


def test_an_input_that_nothing_reads_travels_at_cut_0_only() -> None:
    graph = chain(2)
    unread = graph.tensor(1, 2, 2, 1)
    data = graph.bytes([0, unread], [2])
    assert live(data) == [(0, 3), (1,), (2,)]
    assert verify(load(data)).ok


def test_a_made_tensor_that_nothing_reads_does_not_travel() -> None:
    graph = Graph()
    given = graph.tensor(1, 2, 2, 4)
    axis = graph.tensor(type=schema.TensorType.INT32, scale=None, data=_int32(3))
    parts = [graph.tensor(1, 2, 2, 2), graph.tensor(1, 2, 2, 2)]
    options = schema.SplitOptionsT()
    options.numSplits = 2
    graph.operator(SPLIT, [axis, given], parts, options)
    last = graph.add(parts[0], parts[0])
    data = graph.bytes([given], [last])
    assert live(data) == [(0,), (parts[0],), (last,)]
    assert verify(load(data)).ok


def test_an_output_listed_twice_travels_once_and_is_answered_twice() -> None:
    graph = chain(2)
    data = graph.bytes([0], [2, 2])
    model = load(data)
    assert live(data) == [(0,), (1,), (2,)]
    assert load(model.split(1)[1]).outputs == (1, 1)
    assert verify(model).ok


def test_a_fixed_output_never_travels() -> None:
    graph = chain(2)
    fixed = graph.tensor(1, 4, data=_int8(1, 2, 3, 4))
    data = graph.bytes([0], [fixed, 2])
    assert live(data) == [(0,), (1,), (2,)]
    assert verify(load(data)).ok


def test_weights_shared_by_two_operators_never_travel() -> None:
    graph = Graph()
    given = graph.tensor(1, 2, 2, 1)
    weights = graph.tensor(1, 2, 2, 1, data=_int8(5, -6, 7, -8))
    first = graph.add(given, weights)
    second = graph.add(first, weights)
    data = graph.bytes([given], [second])
    assert live(data) == [(0,), (first,), (second,)]
    assert verify(load(data)).ok


def test_a_converted_model_with_many_ends_carries_what_its_function_says(model) -> None:
    many = model("many_ends")
    assert [len(many.live(k)) for k in range(7)] == [2, 2, 3, 3, 4, 3, 3]
    assert many.live(6) == many.outputs
    assert all(many.inputs[1] in many.live(k) for k in range(5))


def _int8(*values: int) -> np.ndarray:
    return np.array(values, np.int8)


def _int32(value: int) -> np.ndarray:
    return np.array(value, np.int32)
