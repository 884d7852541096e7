"""What a device runs: a network's name and counts, an engine that holds its first operators, and what they answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from cutpoint.answer import AnswerRule, OutputTensor
from cutpoint.board import SlotImage
from cutpoint.codec import CodecError, CodecTables
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle, load
from cutpoint.graph.stream import read_plan_file
from host_tools.device.opening import DeviceEngine, open_engine


@dataclass(frozen=True, slots=True)
class BoardTables:
    """Codec tables that can be read, and their version."""

    data: bytes = field(repr=False)
    version: int


@dataclass(frozen=True, slots=True)
class OnBoard:
    """One network on board. `arenas`: what its engine needs in bytes by cut, where somebody knows it. `tables`: its
    codec tables, None where there are none or they cannot be read; `trouble` then says why.
    """

    name: str
    model_id: bytes
    operators: int
    engine: DeviceEngine = field(repr=False)
    rule: AnswerRule = field(repr=False)
    result_bytes: int
    arenas: Mapping[int, int] = field(repr=False)
    tables: BoardTables | None = None
    trouble: str | None = None

    @classmethod
    def of_bundle(
        cls, bundle: Bundle, engine: str, on_board: int | None = None, block_bytes: int | None = None
    ) -> OnBoard:
        """A bundle's device model, or the first `on_board` operators of it; block_bytes: memory for the Stream engine.

        Raises UsageError.
        """
        if engine == "stream":
            opened = _streamed(bundle, on_board, block_bytes)
        elif bundle.max_cut == 0:
            # A device model without operators is no model; only the shape of the input is needed of it.
            opened = open_engine(bundle.model(), engine, on_board=0)
        else:
            opened = open_engine(load(bundle.device), engine, on_board=on_board)
        key = "stream" if engine == "stream" else "tflm"
        arenas = {cut.k: arena for cut in bundle.cuts if (arena := cut.arena_bytes.get(key))}
        rule = bundle.answer_rule
        result_bytes = _largest_result_bytes(
            (math.prod(tensor.shape), tensor.bytes) for tensor in bundle.outputs
        )
        tables, trouble = _open_tables(bundle.codec_tables, bundle.model_id)
        return cls(
            bundle.name, bundle.model_id, bundle.n, opened, rule, result_bytes, arenas, tables, trouble
        )

    @classmethod
    def of_slot(cls, image: SlotImage, engine: str, known: Bundle, block_bytes: int | None = None) -> OnBoard:
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
        if engine == "stream":
            _check_plan(image)
        opened = open_engine(model, engine, plan=image.plan, block_bytes=block_bytes)
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
        table = image.block_bytes if engine == "stream" else image.arena_bytes
        arenas = {k: arena for k, arena in enumerate(table, 1) if arena}
        tables, trouble = _open_tables(image.tables, image.model_id)
        return cls(
            image.name, image.model_id, image.operators, opened, rule, result_bytes, arenas, tables, trouble
        )


def _open_tables(data: bytes | None, model_id: bytes) -> tuple[BoardTables | None, str | None]:
    """As a board does: tables that it cannot read are left out, and the model is used without."""
    if data is None:
        return None, None
    try:
        return BoardTables(data, CodecTables.open(data, model_id).version), None
    except CodecError as error:
        return None, f"the codec tables are left out: {error}"


def _streamed(bundle: Bundle, on_board: int | None, block_bytes: int | None) -> DeviceEngine:
    wanted = bundle.max_cut if on_board is None else on_board
    if not 0 <= wanted <= bundle.max_cut:
        raise UsageError(
            f"{wanted} operators on board: this device model has {bundle.max_cut}; give 0 to {bundle.max_cut}"
        )
    plan = bundle.plan_for(wanted)
    if plan is None:
        why = bundle.manifest.stream.why or "no operators are on board"
        raise UsageError(f"{bundle.name} has no plan for the Stream engine: {why}; use --engine tflm")
    return open_engine(load(bundle.device), "stream", plan=plan, block_bytes=block_bytes)


def _check_plan(image: SlotImage) -> None:
    if image.plan is None:
        raise UsageError(
            "it has no plan for the Stream engine: its network cannot be streamed, or its bundle is an old one that "
            "`cutpoint split` makes again"
        )
    if read_plan_file(image.plan).model_id != image.model_id:
        raise UsageError("its plan is that of another network")


_LEAST_RESULT_BYTES = 16_384


def _largest_result_bytes(outputs: Iterable[tuple[int, int]]) -> int:
    """Room for raw outputs (their bytes and a record each) and for a centroid or a class in every element.

    `outputs`: elements and bytes of each. A part of a network does not know how large the answers will be, hence the
    least.
    """
    sizes = list(outputs)
    elements = sum(count for count, _ in sizes)
    return max(_LEAST_RESULT_BYTES, 8 + 16 * elements, 8 + sum(12 + size for _, size in sizes))
