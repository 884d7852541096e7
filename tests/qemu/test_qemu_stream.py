"""The Stream engine on the chips' instruction sets: at every cut the bytes of TensorFlow Lite Micro on a PC."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from qemu_programs import Builder

import cutpoint
from cutpoint.graph import Model, random_inputs
from cutpoint.graph.stream import StreamPlan, compile_stream
from cutpoint.kernels import Array, open_runner
from cutpoint.picture import input_tensors
from host_tools.qemu import Machine
from host_tools.qemu.stream import FOMO_PROGRAM, PROGRAM, StreamRun, run_stream

ROOT = Path(__file__).resolve().parents[2]
FOMO = "models/fomo_digits.cut/full.tflite"
PICTURE = "models/fomo_digits/pictures/scene-000.webp"
MOST_CODE_BYTES = 24 * 1024
FIXTURES = {"tests/fixtures/models/keywords.tflite": "-O2", "tests/fixtures/models/branches.tflite": "-Os"}
"""Each compiles all of the core in its own way."""


@dataclass(frozen=True)
class Case:
    """A model, its plan, and what goes in."""

    model: Model
    plan: StreamPlan
    inputs: list[Array]
    program: str
    optimise: str

    @property
    def files(self) -> dict[str, bytes]:
        """What is linked into a program."""
        return {"plan": self.plan.encode(), "picture": b"".join(array.tobytes() for array in self.inputs)}

    def expected(self, k: int) -> bytes:
        """The live tensors at cut k, as TFLM computes them; at cut 0 the inputs themselves."""
        arrays = open_runner(self.model.split(k)[0], "tflm").run(self.inputs) if k else self.inputs
        return b"".join(array.tobytes() for array in arrays)


def fomo() -> Case:
    """The shipped network and a shipped picture, on an engine that has the kernels of such networks only."""
    model = cutpoint.load(ROOT / FOMO)
    with Image.open(ROOT / PICTURE) as picture:
        pixels = np.array(picture.convert("RGB"), np.uint8)
    return Case(
        model, compile_stream(model), [input_tensors(model)[0].of_picture(pixels)], FOMO_PROGRAM, "-O2"
    )


@pytest.fixture(
    scope="module", params=[FOMO, *FIXTURES], ids=lambda path: Path(path).parent.stem + "-" + Path(path).stem
)
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == FOMO:
        return fomo()
    model = cutpoint.load(ROOT / request.param)
    (inputs,) = random_inputs(model, 1, seed=5)
    return Case(model, compile_stream(model), inputs, PROGRAM, FIXTURES[request.param])


@pytest.fixture(scope="module")
def stream(builder: Builder, case: Case) -> StreamRun:
    return run_stream(builder.program(case.program, case.files, case.optimise))


def test_every_cut_gives_the_live_tensors_of_tflm(case: Case, stream: StreamRun) -> None:
    assert [cut.k for cut in stream.cuts] == list(range(case.plan.on_board + 1))
    for cut in stream.cuts:
        expected = case.expected(cut.k)
        assert (cut.k, cut.hash, cut.live_bytes) == (cut.k, zlib.crc32(expected), len(expected))


def test_going_on_from_every_cut_gives_what_the_whole_gives(case: Case, stream: StreamRun) -> None:
    whole = zlib.crc32(case.expected(case.plan.on_board))
    assert {cut.k: cut.resumed_hash for cut in stream.cuts} == dict.fromkeys(
        (cut.k for cut in stream.cuts), whole
    )


def test_lines_that_come_one_by_one_give_the_same(case: Case, stream: StreamRun) -> None:
    assert stream.fed_hash == zlib.crc32(case.expected(case.plan.on_board))


def test_memory_is_what_the_plan_said(case: Case, stream: StreamRun) -> None:
    for cut in stream.cuts:
        assert (cut.head_bytes, cut.block_bytes) == (
            case.plan.head_bytes(cut.k),
            case.plan.block_bytes(cut.k),
        )


def test_instructions_add_up(
    machine: Machine, case: Case, stream: StreamRun, record_property: pytest.RecordProperty
) -> None:
    """The rest is the schedule: choosing operators, and handing lines to kernels."""
    assert len(stream.operators) == case.plan.on_board
    assert all(one > 0 for one in stream.operators)
    kernels = sum(stream.operators)
    per_mac = stream.instructions / case.model.macs
    print(
        f"{machine.name}: {stream.instructions} instructions, {per_mac:.2f} per MAC, "
        f"{stream.instructions - kernels} of them beside the kernels"
    )
    record_property("instructions_per_mac", round(per_mac, 2))
    assert kernels < stream.instructions


def test_the_engine_needs_little_memory_beside_the_block(machine: Machine, stream: StreamRun) -> None:
    print(f"{machine.name}: stack {stream.stack_bytes}, engine {stream.engine_bytes}")
    assert 100 < stream.stack_bytes < 2048
    assert stream.engine_bytes < 256


@pytest.mark.parametrize("optimise", ["-O2", "-Os"])
def test_the_engine_with_the_kernels_of_fomo_is_small(
    machine: Machine, builder: Builder, optimise: str, record_property: pytest.RecordProperty
) -> None:
    code = builder.program(FOMO_PROGRAM, fomo().files, optimise).sizes_below("core/stream")
    print(f"{machine.name} {optimise}: {code}")
    record_property("code_bytes", code.code)
    assert code.code <= MOST_CODE_BYTES
    assert (code.data, code.bss) == (0, 0)
