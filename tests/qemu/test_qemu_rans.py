"""rans and delta on the chips' instruction sets: the bytes of docs/codecs.md, and how many instructions they take."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from rans_fitting import fitted, smooth_frames
from rans_reference import (
    AVERAGE,
    CHANGE,
    GRADIENT,
    MAGNITUDE,
    NONE,
    REFERENCE,
    Levels,
    Model,
    Table,
    Tensor,
    changed_levels,
    own_levels,
    tables_file,
)

from cutpoint.codec import CodecId, CodecTables, DType
from host_tools.qemu import RV32IMC, Machine
from host_tools.qemu.coding import CODEC, CodingBench, Element

MODEL_ID = b"\xc0\xff\xee\x42"
SHAPE = (12, 12, 16)
BYTES = 12 * 12 * 16
RELU_ZERO = -100
LOSSLESS = np.arange(256, dtype=np.uint8) ^ 0x80
MOST_PER_BYTE = {CodecId.RANS: {"-O2": 60, "-Os": 72}, CodecId.DELTA: {"-O2": 85, "-Os": 95}}
"""Instructions for a byte of the tensor on rv32imc, reading the tables included."""
XTENSA_TIMES = 2.5
"""An lx106 has no multiplication with 64 bits, and half the registers."""
MOST_STACK_BYTES = 1800
MOST_CODE_BYTES = 8800


@dataclass(frozen=True)
class Case:
    name: str
    codec: CodecId
    tensor: Tensor


def empty(count: int) -> tuple[Table, ...]:
    return tuple(Table(0, ()) for _ in range(count))


def lossy(step: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Even steps from the zero point with a dead zone: to_level, to_value and the zero level."""
    apart = np.arange(-128, 128) - RELU_ZERO
    level = np.sign(apart) * np.floor(np.abs(apart) / step + 0.35)
    level = np.clip(level, -1, 14).astype(int) + 1
    value = [int(np.clip(RELU_ZERO + (one - 1) * step, -128, 127)) for one in range(level.max() + 1)]
    to_level = level.astype(np.uint8)[np.arange(256, dtype=np.uint8) ^ 0x80]
    return to_level, np.array(value, np.int8).view(np.uint8), 1


def with_tables(tensor: Tensor, symbols: int, frames: list[bytes]) -> Tensor:
    """The tensor with its first model fitted to frames, and the second, if it has one, to the changes between them."""
    levels = [own_levels(tensor, one) for one in frames]
    models = [fitted(tensor, tensor.models[0], levels, symbols)]
    if len(tensor.models) == 2:
        references: list[Levels] = levels[:-1]
        now = [
            changed_levels(tensor, one, before) for one, before in zip(frames[1:], references, strict=True)
        ]
        models.append(fitted(tensor, tensor.models[1], now, symbols, references))
    return Tensor(
        tensor.shape, tensor.to_level, tensor.to_value, tensor.zero, tuple(models), tolerance=tensor.tolerance
    )


def moving(seed: int, count: int) -> list[bytes]:
    """A still scene in which one place changes."""
    first, second = (
        np.frombuffer(one, np.int8) for one in smooth_frames(np.random.default_rng(seed), 2, SHAPE)
    )
    shown = []
    for at in range(count):
        frame = first.reshape(SHAPE).copy()
        frame[3:6, at % 9 : at % 9 + 3] = second.reshape(SHAPE)[3:6, :3]
        shown.append(frame.tobytes())
    return shown


TRAINED = smooth_frames(np.random.default_rng(1), 40, SHAPE)
FRAMES = smooth_frames(np.random.default_rng(2), 2, SHAPE)
STEPS = lossy(20)
GROUPS = tuple(c % 4 for c in range(16))


def exact(model: Model, symbols: int = 64) -> Tensor:
    return with_tables(Tensor(SHAPE, LOSSLESS, LOSSLESS, 128 + RELU_ZERO, (model,)), symbols, TRAINED)


def stepped(model: Model) -> Tensor:
    to_level, to_value, zero = STEPS
    return with_tables(Tensor(SHAPE, to_level, to_value, zero, (model,)), len(to_value), TRAINED)


def still() -> Tensor:
    key = Model(empty(4), AVERAGE, GRADIENT, (12, 20, 30))
    change = Model(empty(3), REFERENCE, CHANGE, (1, 8))
    tensor = Tensor(SHAPE, LOSSLESS, LOSSLESS, 128 + RELU_ZERO, (key, change), tolerance=1)
    return with_tables(tensor, 64, moving(3, 20))


CASES = (
    Case("order_0", CodecId.RANS, exact(Model(empty(1)), 256)),
    Case("averaged", CodecId.RANS, exact(Model(empty(4), AVERAGE, GRADIENT, (12, 20, 30)))),
    Case("groups", CodecId.RANS, exact(Model(empty(16), AVERAGE, GRADIENT, (12, 20, 30), GROUPS))),
    Case("slices", CodecId.RANS, exact(Model(empty(4), NONE, MAGNITUDE, (), GROUPS, sliced=True), 128)),
    Case("levels", CodecId.RANS, stepped(Model(empty(4), NONE, MAGNITUDE, (1, 2, 4)))),
    Case("levels_of_groups", CodecId.RANS, stepped(Model(empty(8), NONE, MAGNITUDE, (2,), GROUPS))),
    Case("still", CodecId.DELTA, still()),
)


@pytest.fixture(scope="module", params=["-O2", "-Os"])
def optimise(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def bench(machine: Machine, optimise: str) -> Iterator[CodingBench]:
    with CodingBench(machine, optimise=optimise) as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_chip_gives_the_bytes_of_a_pc_in_few_instructions(
    machine: Machine, bench: CodingBench, optimise: str, case: Case, record_property: pytest.RecordProperty
) -> None:
    file = tables_file(MODEL_ID, case.codec, [case.tensor])
    tables = CodecTables.open(file, MODEL_ID)
    frames = FRAMES if case.codec is CodecId.RANS else moving(4, 3)
    elements = [[Element(DType.INT8, RELU_ZERO, data)] for data in frames]
    coded = bench.code(elements, case.codec, 1, tables=file, model_id=MODEL_ID)
    reference: bytes | None = None
    for data, frame in zip(frames, coded.frames, strict=True):
        expected = tables.encode(1, 0, data)
        if case.codec is CodecId.DELTA:
            expected, reference = tables.encode_change(1, 0, data, reference, 0 if reference is None else 1)
        assert expected.codec is case.codec
        assert (frame.bytes, frame.hash) == (len(expected.data), zlib.crc32(expected.data))
    # What every codec pays, raw too, is the copy into the frame: it is taken off.
    raw = bench.code(elements, CodecId.RAW)
    last = coded.frames[-1]
    per_byte = (last.instructions - raw.frames[-1].instructions * last.bytes / BYTES) / BYTES
    stack = coded.stack_bytes - raw.stack_bytes
    record_property("instructions_per_byte", round(per_byte, 1))
    print(f"{machine.name} {optimise} {case.name}: {per_byte:.1f} instructions per byte, {stack} B of stack")
    most = MOST_PER_BYTE[case.codec][optimise] * (1 if machine is RV32IMC else XTENSA_TIMES)
    assert 20 < per_byte <= most
    assert 500 < stack < MOST_STACK_BYTES


def test_the_code_is_small(bench: CodingBench, optimise: str, machine: Machine) -> None:
    file = tables_file(MODEL_ID, CodecId.RANS, [CASES[0].tensor])
    program = bench.code(
        [[Element(DType.INT8, RELU_ZERO, FRAMES[0])]], CodecId.RANS, 1, tables=file, model_id=MODEL_ID
    )
    sizes = {name: program.program.sizes_below(f"{CODEC}/{name}").code for name in ("rans", "delta")}
    print(f"{machine.name} {optimise}: {sizes}")
    assert 1000 < sum(sizes.values()) < MOST_CODE_BYTES
