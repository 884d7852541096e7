"""From a model to a stream plan: every operator lowered, the schedule simulated, memory placed for every cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutpoint.errors import ModelError, UsageError
from cutpoint.graph.model import Model
from cutpoint.graph.stream.layout import Need, place
from cutpoint.graph.stream.lines import LineOperator, LineTensor
from cutpoint.graph.stream.lower import lower
from cutpoint.graph.stream.lowering import Lowering, StreamError
from cutpoint.graph.stream.plan import Layout, Place, StreamPlan
from cutpoint.graph.stream.schedule import Schedule, Simulation

MOST_INPUTS = 4
MOST_OPERANDS = 16


def compile_stream(model: Model, on_board: int | None = None) -> StreamPlan:
    """A plan for operators [0, on_board) of a model, all of them by default.

    Raises StreamError, a ModelError, naming the first operator that the engine does not run and the largest cut that
    does without it, and UsageError for a number of operators that the model does not have.
    """
    count = len(model.operators) if on_board is None else on_board
    if not 1 <= count <= len(model.operators):
        raise UsageError(
            f"a plan needs 1 to {len(model.operators)} operators of this model, {count} asked for"
        )
    operators, states = _lower(model, count)
    inputs = _inputs(model)
    made = [
        states.get(index) or LineTensor.of(model.tensors[index]) for one in operators for index in one.outputs
    ]
    tensors = (*inputs, *made)
    schedule = Schedule(operators, {tensor.index: tensor for tensor in tensors})
    _check_outputs(model, operators)
    fed = _fed(model, schedule, inputs, count)
    return StreamPlan(
        model_id=model.id,
        operators_in_model=len(model.operators),
        inputs=model.inputs,
        tensors=tensors,
        operators=tuple(operators),
        layouts=tuple(_layout(model, schedule, tuple(made), operators, k) for k in range(count + 1)),
        fed_lines=fed,
    )


def streamable(model: Model) -> tuple[int, str | None]:
    """The largest K that can be streamed, and why no more; None when the whole network can."""
    try:
        _inputs(model)
        _lower(model, len(model.operators))
    except StreamError as error:
        return error.largest_cut, str(error)
    except ModelError as error:
        return 0, str(error)
    return len(model.operators), None


def _inputs(model: Model) -> tuple[LineTensor, ...]:
    if len(model.inputs) > MOST_INPUTS:
        raise ModelError(
            f"the Stream engine takes at most {MOST_INPUTS} inputs, this model has {len(model.inputs)}"
        )
    try:
        return tuple(LineTensor.of(model.tensors[index]) for index in model.inputs)
    except ValueError as error:
        raise ModelError(f"the Stream engine cannot take this model's input: {error}") from None


def _lower(model: Model, count: int) -> tuple[list[LineOperator], dict[int, LineTensor]]:
    """Operators, and what they keep between units as tensors of negative index."""
    operators: list[LineOperator] = []
    states: dict[int, LineTensor] = {}
    for operator in model.operators[:count]:
        given = Lowering(model, operator)
        one = lower(given)
        if len(one.inputs) + len(one.outputs) + bool(one.state_bytes) > MOST_OPERANDS:
            given.refuse(
                f"it has {len(one.inputs)} inputs and {len(one.outputs)} outputs, at most "
                f"{MOST_OPERANDS} are supported together"
            )
        if one.state_bytes:
            state = LineTensor(-1 - operator.index, np.dtype(np.int32), 1, 1, one.state_bytes // 4)
            states[state.index] = state
            one = replace(one, outputs=(*one.outputs, state.index))
        operators.append(one)
    return operators, states


def _check_outputs(model: Model, operators: list[LineOperator]) -> None:
    made = {*model.inputs, *(index for one in operators for index in one.outputs)}
    for index in model.live(len(operators)):
        if index not in made:
            raise ModelError(
                f"tensor {index} is an output that no operator makes, which the Stream engine does not run"
            )


def _fed(model: Model, schedule: Schedule, inputs: tuple[LineTensor, ...], count: int) -> tuple[int, ...]:
    """Lines of each input that wait when they come one by one. With several inputs each must be whole."""
    if len(inputs) > 1:
        return tuple(tensor.rows for tensor in inputs)
    # A head's schedule is that of the whole network as far as it goes, so the longest needs the most.
    needed = [_simulate(model, schedule, 0, k).lives for k in range(1, count + 1)]
    return tuple(
        max((lives[t.index].lines for lives in needed if t.index in lives), default=1) for t in inputs
    )


def _simulate(model: Model, schedule: Schedule, first: int, last: int) -> Simulation:
    """A head takes its inputs line by line, whether they lie there whole or not; on the way on they are there."""
    whole = frozenset(model.live(last)) - frozenset(model.inputs)
    return schedule.simulate(first, last, whole, model.inputs if first == 0 else ())


def _layout(
    model: Model, schedule: Schedule, made: tuple[LineTensor, ...], operators: list[LineOperator], k: int
) -> Layout:
    count = len(operators)
    size = {tensor.index: tensor for tensor in made}
    before = {index for one in operators[:k] for index in one.outputs}
    live = tuple(index for index in model.live(k))
    head = _simulate(model, schedule, 0, k)
    head_at, head_bytes = place(_needs(head, size))
    places = {index: Place(at, head.lives[index].lines) for index, at in head_at.items()}
    block_bytes = head_bytes
    if k < count:
        on, last = _simulate(model, schedule, k, count), model.live(count)
        kept = [
            (
                head_at[index],
                Need(size[index].bytes, (1 << (on.steps if index in last else on.read_until[index])) - 1),
            )
            for index in live
            if index in before
        ]
        on_at, on_bytes = place(_needs(on, size), kept)
        places |= {index: Place(at, on.lives[index].lines) for index, at in on_at.items()}
        block_bytes = max(head_bytes, on_bytes)
    return Layout(
        k=k,
        places=tuple(places[tensor.index] for tensor in made),
        live=live,
        head_bytes=head_bytes,
        block_bytes=block_bytes,
        least_bytes=head.least_bytes,
    )


def _needs(simulation: Simulation, size: dict[int, LineTensor]) -> dict[int, Need]:
    return {
        index: Need(life.lines * size[index].row_bytes, life.when)
        for index, life in simulation.lives.items()
        if index in size
    }
