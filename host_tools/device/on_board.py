"""What a device runs: a network's name and counts, an engine that holds its first operators, and what they answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from cutpoint.answer import AnswerRule, OutputTensor
from cutpoint.board import SlotImage
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle, load
from host_tools.device.engine import OperatorEngine, open_engine


@dataclass(frozen=True, slots=True)
class OnBoard:
    """One network on board. `arenas`: TFLM's arena in bytes by cut, where somebody measured it."""

    name: str
    model_id: bytes
    operators: int
    engine: OperatorEngine = field(repr=False)
    rule: AnswerRule = field(repr=False)
    result_bytes: int
    arenas: Mapping[int, int] = field(repr=False)

    @classmethod
    def of_bundle(cls, bundle: Bundle, engine: str, on_board: int | None = None) -> OnBoard:
        """A bundle's device model, or the first `on_board` operators of it. Raises UsageError."""
        if bundle.max_cut == 0:
            # A device model without operators is no model; only the shape of the input is needed of it.
            opened = open_engine(bundle.model(), engine, on_board=0)
        else:
            opened = open_engine(load(bundle.device), engine, on_board=on_board)
        arenas = {cut.k: arena for cut in bundle.cuts if (arena := cut.arena_bytes.get("tflm"))}
        rule = bundle.answer_rule
        result_bytes = _largest_result_bytes(
            (math.prod(tensor.shape), tensor.bytes) for tensor in bundle.outputs
        )
        return cls(bundle.name, bundle.model_id, bundle.n, opened, rule, result_bytes, arenas)

    @classmethod
    def of_slot(cls, image: SlotImage, engine: str, known: Bundle) -> OnBoard:
        """A model out of a slot, after a trial inference. Raises CutpointError in a sentence when it cannot run.

        A slot does not say what outputs mean: they are answered as raw tensors, unless `known` is of the same model.
        """
        if image.on_board == 0:
            raise UsageError("it holds no operators, and so no model that could be tried")
        model = load(image.model)
        if len(model.operators) != image.on_board:
            raise UsageError(
                f"its header states {image.on_board} operators, its model holds {len(model.operators)}"
            )
        opened = open_engine(model, engine)
        opened.set_input([np.zeros(tensor.shape, tensor.dtype) for tensor in opened.inputs])
        opened.run(0, opened.on_board)
        opened.live(opened.on_board)
        outputs = tuple(
            OutputTensor(index, tensor.shape, tensor.dtype.name, tensor.scale, tensor.zero_point)
            for index, tensor in ((index, model.tensors[index]) for index in model.outputs)
        )
        same = image.model_id == known.model_id
        rule = known.answer_rule if same else AnswerRule("raw", outputs)
        result_bytes = _largest_result_bytes(
            (math.prod(output.shape), math.prod(output.shape) * np.dtype(output.dtype).itemsize)
            for output in (known.answer_rule.outputs if same else outputs)
        )
        arenas = {k: arena for k, arena in enumerate(image.arena_bytes, 1) if arena}
        return cls(image.name, image.model_id, image.operators, opened, rule, result_bytes, arenas)


_LEAST_RESULT_BYTES = 16_384


def _largest_result_bytes(outputs: Iterable[tuple[int, int]]) -> int:
    """Room for raw outputs (their bytes and a record each) and for a centroid or a class in every element.

    `outputs`: elements and bytes of each. A part of a network does not know how large the answers will be, hence the
    least.
    """
    sizes = list(outputs)
    elements = sum(count for count, _ in sizes)
    return max(_LEAST_RESULT_BYTES, 8 + 16 * elements, 8 + sum(12 + size for _, size in sizes))
