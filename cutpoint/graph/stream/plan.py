"""A stream plan: everything that a device needs to run a network line by line, with its memory known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field

from cutpoint.errors import UsageError
from cutpoint.graph.stream.encoding import encode
from cutpoint.graph.stream.lines import LineOperator, LineTensor

TENSOR_TABLE_BYTES = 8
"""The engine's own note of a tensor on a 32-bit chip (StreamEngine::Placed)."""
OPERATOR_TABLE_BYTES = 8
"""The engine's own note of an operator (StreamEngine::Progress)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A ring of `lines` lines at byte `at` of the block; all of a tensor's rows when it is whole."""

    at: int
    lines: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Memory of one cut k.

    places: of every tensor that an operator makes; those of [0, k) as the head has them, the others for going on to K.
    live: tensors that travel, in their order. head_bytes and block_bytes: of the block, for the head, and for going on
    as well, without the engine's tables. least_bytes: the most that the head's lines take at any moment of this
    schedule; no placement can do with less.
    """

    k: int
    places: tuple[Place, ...]
    live: tuple[int, ...]
    head_bytes: int
    block_bytes: int
    least_bytes: int


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """Operators [0, on_board) of a model for the Stream engine; `encode` makes the file of it.

    tensors: the model's inputs first, then what operators make, in order; their numbers in the file are their places
    here. fed_lines: of each input, the lines that must be in memory when they are given one by one.
    """

    model_id: bytes
    operators_in_model: int
    inputs: tuple[int, ...]
    tensors: tuple[LineTensor, ...] = field(repr=False)
    operators: tuple[LineOperator, ...] = field(repr=False)
    layouts: tuple[Layout, ...] = field(repr=False)
    fed_lines: tuple[int, ...]

    @property
    def on_board(self) -> int:
        """Number of operators, K."""
        return len(self.operators)

    @property
    def table_bytes(self) -> int:
        """What the engine notes of tensors and operators on a 32-bit chip; a part of the block."""
        tensors, operators = TENSOR_TABLE_BYTES * len(self.tensors), OPERATOR_TABLE_BYTES * self.on_board
        return tensors + operators

    def head_bytes(self, k: int) -> int:
        """Block for operators [0, k) on a 32-bit chip, the live tensors whole; without the network's inputs."""
        return self.table_bytes + self._layout(k).head_bytes

    def block_bytes(self, k: int) -> int:
        """Block for operators [0, k), and for going on from there to K after a missed deadline."""
        return self.table_bytes + self._layout(k).block_bytes

    def picture_bytes(self, *, fed: bool) -> int:
        """The network's inputs: whole, or as rings of the lines that are needed when they are given one by one."""
        lines = self.fed_lines if fed else tuple(tensor.rows for tensor in self.tensors[: len(self.inputs)])
        return sum(
            -(-count * tensor.row_bytes // 8) * 8 for count, tensor in zip(lines, self.tensors, strict=False)
        )

    def least_bytes(self, k: int) -> int:
        """See `Layout.least_bytes`."""
        return self._layout(k).least_bytes

    def encode(self) -> bytes:
        """The plan file, as docs/stream.md has it."""
        return encode(self)

    def _layout(self, k: int) -> Layout:
        if not 0 <= k <= self.on_board:
            raise UsageError(f"cut {k} is not in this plan: it has the cuts 0 to {self.on_board}")
        return self.layouts[k]
