"""Cuts, heads, tails and ranges of the small models."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from cutpoint import Model, load
from cutpoint.errors import UsageError
from cutpoint.graph import random_inputs
from cutpoint.kernels import Kernels, available, open_runner

Models = Callable[[str], Model]


def parsed(data: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromPackedBuf(data, 0)


def test_there_is_one_cut_more_than_operators(every_model: Model) -> None:
    assert [cut.k for cut in every_model.cuts] == list(range(len(every_model.operators) + 1))


def test_a_cut_weighs_what_its_tensors_weigh(every_model: Model) -> None:
    for cut in every_model.cuts:
        assert cut.bytes == sum(np.prod(tensor.shape) * tensor.dtype.itemsize for tensor in cut.tensors)
        assert tuple(tensor.index for tensor in cut.tensors) == every_model.live(cut.k)


def test_work_before_and_after_a_cut_is_the_whole_work(every_model: Model) -> None:
    assert {cut.macs_before + cut.macs_after for cut in every_model.cuts} == {every_model.macs}
    assert all(left.macs_before <= right.macs_before for left, right in pairwise(every_model.cuts))


def test_live_tensors_are_in_ascending_order_between_the_ends(every_model: Model) -> None:
    for cut in every_model.cuts[1:-1]:
        assert list(every_model.live(cut.k)) == sorted(every_model.live(cut.k))
    assert every_model.live(0) == every_model.inputs
    assert every_model.live(len(every_model.operators)) == every_model.outputs


def test_a_head_hands_its_tail_what_travels_in_that_order(every_model: Model) -> None:
    for cut in every_model.cuts:
        head, tail = (_ends(data) for data in every_model.split(cut.k))
        names = [tensor.name for tensor in cut.tensors]
        assert head[1] == tail[0] == names


def _ends(data: bytes) -> tuple[list[str], list[str]]:
    graph = parsed(data).subgraphs[0]
    return tuple(
        [graph.tensors[index].name.decode() for index in ends] for ends in (graph.inputs, graph.outputs)
    )


def test_the_ends_of_the_range_are_the_file_itself(every_model: Model) -> None:
    assert every_model.split(0)[1] == every_model.data
    assert every_model.split(len(every_model.operators))[0] == every_model.data


@pytest.mark.parametrize("kernels", available())
def test_a_part_without_operators_passes_its_inputs_on(model: Models, kernels: Kernels) -> None:
    many = model("many_ends")
    (given,) = random_inputs(many, 1, seed=1)
    passed = open_runner(many.split(0)[0], kernels).run(given)
    assert all(np.array_equal(left, right) for left, right in zip(passed, given, strict=True))


def test_operators_one_by_one_are_the_whole_model(every_model: Model) -> None:
    try:
        whole = open_runner(every_model.data, "reference")
        kernels = "reference"
    except UsageError:
        whole = open_runner(every_model.data, "optimised")
        kernels = "optimised"
    (given,) = random_inputs(every_model, 1, seed=2)
    tensors = dict(zip(every_model.inputs, given, strict=True))
    for first in range(len(every_model.operators)):
        runner = open_runner(every_model.extract(first, first + 1), kernels)
        made = runner.run([tensors[index] for index in every_model.live(first)])
        tensors = dict(zip(every_model.live(first + 1), made, strict=True))
    for index, expected in zip(every_model.outputs, whole.run(given), strict=True):
        assert np.array_equal(tensors[index], expected)


def test_a_range_takes_only_the_weights_it_needs(model: Models) -> None:
    keywords = model("keywords")
    part = load(keywords.extract(2, 3))
    assert [operator.kind for operator in part.operators] == ["CONV_2D"]
    assert len(part.data) < len(keywords.data) / 3
    assert len(part.tensors) == 4


def test_operator_versions_are_carried_over(every_model: Model) -> None:
    def versions(data: bytes) -> list[tuple[int, int]]:
        whole = parsed(data)
        codes = [whole.operatorCodes[operator.opcodeIndex] for operator in whole.subgraphs[0].operators]
        return [(max(code.builtinCode, code.deprecatedBuiltinCode), code.version) for code in codes]

    middle = len(every_model.operators) // 2
    head, tail = every_model.split(middle)
    assert versions(head) + versions(tail) == versions(every_model.data)


def test_quantisation_is_carried_over(every_model: Model) -> None:
    for cut in every_model.cuts[1:-1]:
        tail = load(every_model.split(cut.k)[1])
        for given, tensor in zip(tail.inputs, cut.tensors, strict=True):
            assert (tail.tensors[given].scales, tail.tensors[given].zero_points) == (
                tensor.scales,
                tensor.zero_points,
            )


def test_weights_start_at_multiples_of_sixteen(every_model: Model) -> None:
    data = every_model.split(1)[1] if len(every_model.operators) > 1 else every_model.data
    view = schema.Model.GetRootAsModel(data, 0)
    for index in range(view.BuffersLength()):
        field = view.Buffers(index)._tab.Offset(4)
        if field:
            assert view.Buffers(index)._tab.Vector(field) % 16 == 0


def test_metadata_and_signatures_of_the_whole_do_not_go_into_parts(model: Models) -> None:
    head = parsed(model("fomo_like").split(4)[0])
    assert [entry.name for entry in head.metadata] == [b"min_runtime_version"]
    assert head.signatureDefs is None


def test_a_device_model_keeps_the_tensor_numbers_of_the_whole(every_model: Model) -> None:
    for k in range(1, len(every_model.operators) + 1):
        device = load(every_model.truncate(k))
        assert device.outputs == (
            every_model.outputs if k == len(every_model.operators) else every_model.live(k)
        )
        assert [o.outputs for o in device.operators] == [o.outputs for o in every_model.operators[:k]]
        assert [o.inputs for o in device.operators] == [o.inputs for o in every_model.operators[:k]]


def test_a_device_model_computes_what_the_head_computes(model: Models) -> None:
    fomo = model("fomo_like")
    (given,) = random_inputs(fomo, 1, seed=3)
    for k in (3, 10):
        for kernels in available():
            head, device = (
                open_runner(data, kernels).run(given) for data in (fomo.split(k)[0], fomo.truncate(k))
            )
            assert all(np.array_equal(left, right) for left, right in zip(head, device, strict=True))


def test_a_device_model_shrinks_with_its_last_operator(model: Models) -> None:
    fomo = model("fomo_like")
    sizes = [len(fomo.truncate(k)) for k in range(len(fomo.operators) + 1)]
    assert sizes[4] < sizes[9] < sizes[-1]


def test_parts_do_not_change_the_model(model: Models) -> None:
    fomo = model("fomo_like")
    first = fomo.split(5)
    fomo.truncate(3)
    assert fomo.split(5) == first


@pytest.mark.parametrize("k", [-1, 19, 1000])
def test_a_cut_that_does_not_exist_is_refused(model: Models, k: int) -> None:
    with pytest.raises(UsageError, match="has the cuts 0 to 18"):
        model("fomo_like").split(k)


def test_a_range_that_runs_backwards_is_refused(model: Models) -> None:
    with pytest.raises(UsageError, match="make no range"):
        model("fomo_like").extract(5, 4)
