"""A model as it is cut: operators, tensors, and every cut with what lives across it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from cutpoint.errors import UsageError
from cutpoint.graph.extract import extract, truncate
from cutpoint.graph.liveness import Liveness


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the graph.

    bytes is its size in memory. scale and zero_point are those of the whole tensor, None without quantisation or with
    one scale per channel; `scales` and `zero_points` hold them all, along `quantised_dimension`.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    bytes: int
    scale: float | None
    zero_point: int | None
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantised_dimension: int
    constant: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, in the model's own order.

    kind is the name in the schema, "CONV_2D" for instance. inputs and outputs are tensor indices; an omitted optional
    input is -1. macs are multiply-accumulate operations (see `cutpoint.graph.macs`), output_bytes the size of all
    outputs.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    macs: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Operators [0, k) run on the device, [k, N) on the edge; `tensors` travel, `bytes` in all.

    macs_before and macs_after are the multiply-accumulates on the device and on the edge.
    """

    k: int
    tensors: tuple[Tensor, ...]
    bytes: int
    macs_before: int
    macs_after: int


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A checked .tflite of one subgraph. `data` are the bytes that run; `id` and `sha256` name them.

    inputs and outputs are tensor indices in the order of the graph; cuts are 0 to N. A cut out of range raises
    UsageError from every method. `repairs` says what was mended in the file, one sentence each; `data` is then the
    mended file.
    """

    data: bytes = field(repr=False)
    sha256: str
    operators: tuple[Operator, ...] = field(repr=False)
    tensors: tuple[Tensor, ...] = field(repr=False)
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    cuts: tuple[Cut, ...] = field(repr=False)
    repairs: tuple[str, ...]
    parsed: schema.ModelT = field(repr=False)
    """The flatbuffer as objects, shared by every extraction and never changed."""
    liveness: Liveness = field(repr=False)

    @property
    def id(self) -> bytes:
        """First 4 bytes of the SHA-256 of the file: the model's name on the wire."""
        return bytes.fromhex(self.sha256)[:4]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(operator.macs for operator in self.operators)

    def live(self, k: int) -> tuple[int, ...]:
        """Indices of the tensors that travel at cut k, in the order of heads, tails and frames.

        Ascending, except cut 0 (the graph's inputs in their order) and cut N (its outputs in their order, without
        constants and repetitions).
        """
        self._check(k)
        return self.liveness.live[k]

    def split(self, k: int) -> tuple[bytes, bytes]:
        """Head and tail of cut k as .tflite files; the head's outputs are the tail's inputs, in the same order.

        At cut 0 the head, and at cut N the tail, has no operators and passes its inputs on. The head of cut N is the
        whole model, which may list an output twice or a constant as output; neither is an input of its tail.
        """
        return self.extract(0, k), self.extract(k, len(self.operators))

    def extract(self, first: int, last: int) -> bytes:
        """Operators [first, last) as a .tflite: inputs in the order of live(first), outputs in that of live(last).

        With last = N the outputs are exactly the graph's, repetitions and constants included.
        """
        self._check(first)
        self._check(last)
        if first > last:
            raise UsageError(
                f"operators [{first}, {last}) make no range: the first must not be after the last"
            )
        if (first, last) == (0, len(self.operators)):
            return self.data
        return extract(self.parsed, self.liveness, first, last)

    def truncate(self, k: int) -> bytes:
        """Operators [0, k) as a .tflite for a device: every tensor keeps the index that it has in the whole model."""
        self._check(k)
        return self.data if k == len(self.operators) else truncate(self.parsed, self.liveness, k)

    def _check(self, k: int) -> None:
        if not 0 <= k <= len(self.operators):
            raise UsageError(f"cut {k} does not exist: this model has the cuts 0 to {len(self.operators)}")
