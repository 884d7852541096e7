"""Tensors that a kernel or a sentence would stumble over; each was found by flipping bytes of real models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hand_made import chain, edited

from cutpoint import load
from cutpoint.errors import ModelError
from cutpoint.graph import verify
from cutpoint.graph.extract import pack

Paths = Callable[[str], Path]


CHAIN = pack(chain().model)


def with_tensor(data: bytes, index: int, edit: Callable[[schema.TensorT], object]) -> bytes:
    return edited(data, lambda model: edit(model.subgraphs[0].tensors[index]))


def refused(data: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message) as raised:
        load(data)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 250


def first_made(data: bytes) -> int:
    return load(data).operators[0].outputs[0]


def test_a_zero_point_outside_of_the_type_is_refused(model_path: Paths) -> None:
    data = model_path("fomo_like").read_bytes()

    def far(tensor: schema.TensorT) -> None:
        tensor.quantization.zeroPoint = np.array([1 << 25])

    refused(with_tensor(data, first_made(data), far), r"zero point that int8 does not hold \(-128 to 127\)")


@pytest.mark.parametrize("scale", [0.0, 2.6e-39])
def test_a_scale_that_sixteen_bit_kernels_abort_on_is_refused(model_path: Paths, scale: float) -> None:
    data = model_path("fomo_like").read_bytes()

    def shrink(tensor: schema.TensorT) -> None:
        tensor.type = schema.TensorType.INT16
        tensor.quantization.scale = np.array([scale], np.float32)
        tensor.quantization.zeroPoint = np.array([0])

    refused(with_tensor(data, first_made(data), shrink), "int16 (with the|without a) scale")


def test_hundreds_of_dimensions_are_counted_and_not_listed() -> None:
    def grow(tensor: schema.TensorT) -> None:
        tensor.shape = np.ones(500, np.int32)

    refused(with_tensor(CHAIN, 1, grow), "has 500 dimensions; at most 8 are supported")


def test_a_name_of_many_lines_is_shortened_in_the_sentence() -> None:
    def rename(tensor: schema.TensorT) -> None:
        tensor.name = b"one\ntwo" + b"x" * 1_000
        tensor.isVariable = True

    refused(with_tensor(CHAIN, 1, rename), r"one\?twox+\.\.\.\) is a variable")


def test_a_name_that_is_no_text_is_repaired_and_every_cut_holds() -> None:
    def rename(tensor: schema.TensorT) -> None:
        tensor.name = b"b\xffd"

    model = load(with_tensor(CHAIN, 1, rename))
    assert len(model.repairs) == 1
    assert "a name that is no text" in model.repairs[0]
    assert model.tensors[1].name == "b\N{REPLACEMENT CHARACTER}d"
    assert verify(model, kernels=("reference",)).ok
