"""Check that the operators can run in the order of the file: nothing is read before it is made, or made twice."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from cutpoint.errors import ModelError
from cutpoint.graph.checks import called
from cutpoint.graph.kinds import kind_of


def indices(values: Any) -> tuple[int, ...]:
    """Tensor indices of a list in the file, which may be absent."""
    return () if values is None else tuple(int(value) for value in values)


def check_ends(graph: schema.SubGraphT, constants: frozenset[int]) -> None:
    """Raise ModelError unless inputs and outputs exist, inputs are given once each, and something is computed."""
    inputs, outputs = indices(graph.inputs), indices(graph.outputs)
    for what, tensors in (("input", inputs), ("output", outputs)):
        if not tensors:
            raise ModelError(f"the model has no {what}, so there is nothing to split")
        for tensor in tensors:
            if not 0 <= tensor < len(graph.tensors):
                raise ModelError(
                    f"the model's {what} is tensor {tensor}, it has {len(graph.tensors)}: it is damaged"
                )
    if len(set(inputs)) != len(inputs):
        raise ModelError("the model names one tensor as input twice: the file is damaged")
    for tensor in inputs:
        if tensor in constants:
            raise ModelError(
                f"input tensor {tensor} ({called(graph.tensors[tensor])}) has fixed data in the file"
            )
    if not graph.operators:
        raise ModelError("the model has no operators, so there is nothing to split")


def check_order(model: schema.ModelT, constants: frozenset[int]) -> None:
    """Raise ModelError unless every operator's inputs exist when it runs and every output is made exactly once."""
    graph = model.subgraphs[0]
    made = set(indices(graph.inputs))
    for index, operator in enumerate(graph.operators):
        if operator is None or not 0 <= operator.opcodeIndex < len(model.operatorCodes):
            raise ModelError(f"operator {index} has no operator code: the file is damaged")
        what = f"operator {index} ({kind_of(model.operatorCodes[operator.opcodeIndex])})"
        if operator.largeCustomOptionsOffset or operator.largeCustomOptionsSize:
            raise ModelError(
                f"{what} has options outside of the flatbuffer; convert the model with them inside"
            )
        if operator.mutatingVariableInputs is not None and any(operator.mutatingVariableInputs):
            raise ModelError(f"{what} changes a variable: state between two inferences cannot be cut")
        if (operator.builtinOptionsType and operator.builtinOptions is None) or (
            operator.builtinOptions2Type and operator.builtinOptions2 is None
        ):
            raise ModelError(
                f"{what} has options of an unknown kind: the file is damaged or newer than this program"
            )
        read, written = indices(operator.inputs), indices(operator.outputs)
        for tensor in (*read, *written, *indices(operator.intermediates)):
            if not -1 <= tensor < len(graph.tensors):
                raise ModelError(
                    f"{what} names tensor {tensor}, the file has {len(graph.tensors)}: it is damaged"
                )
        for tensor in read:
            if tensor >= 0 and tensor not in made and tensor not in constants:
                raise ModelError(
                    f"{what} reads tensor {tensor} ({called(graph.tensors[tensor])}) before anything made it"
                )
        if not written or -1 in written:
            raise ModelError(f"{what} makes no output, or leaves one out: it cannot be cut")
        for tensor in written:
            if tensor in made or tensor in constants:
                raise ModelError(
                    f"{what} makes tensor {tensor} ({called(graph.tensors[tensor])}), which exists already"
                )
            made.add(tensor)
    for tensor in indices(graph.outputs):
        if tensor not in made and tensor not in constants:
            raise ModelError(
                f"output tensor {tensor} ({called(graph.tensors[tensor])}) is made by no operator"
            )
