"""Which tensors are alive at each cut: made or given before it, and read after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Liveness:
    """live[k] are the tensors that travel at cut k; graph_outputs is the output list exactly as the file has it."""

    live: tuple[tuple[int, ...], ...]
    graph_outputs: tuple[int, ...]


def find_liveness(
    operators: Sequence[tuple[Sequence[int], Sequence[int]]],
    inputs: Sequence[int],
    outputs: Sequence[int],
    constants: frozenset[int],
) -> Liveness:
    """Live tensors of all N + 1 cuts.

    operators: (read, made) tensor indices of each, in running order; -1 stands for an omitted input. A graph output
    counts as read after the last operator, so it travels from the cut at which it exists. Constants stay in the files.
    """
    count = len(operators)
    made_by = dict.fromkeys(inputs, -1)
    last_reader: dict[int, int] = {}
    for index, (read, made) in enumerate(operators):
        last_reader.update((tensor, index) for tensor in read if tensor >= 0)
        made_by.update((tensor, index) for tensor in made if tensor >= 0)
    last_reader.update(dict.fromkeys(outputs, count))

    alive: list[set[int]] = [set() for _ in range(count + 1)]
    for tensor, maker in made_by.items():
        if tensor not in constants:
            for cut in range(maker + 1, last_reader.get(tensor, -1) + 1):
                alive[cut].add(tensor)
    live = [tuple(sorted(tensors)) for tensors in alive]
    live[0] = tuple(inputs)
    live[count] = tuple(dict.fromkeys(tensor for tensor in outputs if tensor not in constants))
    return Liveness(tuple(live), tuple(outputs))
