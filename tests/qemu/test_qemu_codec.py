"""The core's checksum and codec give the same bytes on the chips' instruction sets as on a PC."""

from __future__ import annotations

import subprocess
import zlib

import numpy as np
import pytest
from qemu_programs import Builder

from cutpoint import codec
from cutpoint.codec import DType
from host_tools.qemu import Machine, Program, Report, run

FILL = -128
OPTIMISATIONS = ("-O2", "-Os")


def relu_tensor() -> bytes:
    """An int8 tensor like those behind a ReLU: more than half of it at its zero point, 24 x 24 x 16."""
    rng = np.random.default_rng(1)
    values = rng.integers(-128, 128, 24 * 24 * 16)
    return np.where(rng.random(values.size) < 0.6, FILL, values).astype(np.int8).tobytes()


@pytest.fixture(scope="module", params=OPTIMISATIONS)
def program(request: pytest.FixtureRequest, builder: Builder) -> Program:
    """Compiled without warnings; what the program does not call is not linked."""
    return builder.program("codec_program", {"tensor": relu_tensor()}, request.param)


@pytest.fixture(scope="module")
def report(program: Program) -> Report:
    return run(program)


def test_the_checksum_is_zlibs(report: Report) -> None:
    assert report.one("crc")["hash"] == zlib.crc32(relu_tensor())


def test_a_coded_tensor_has_the_bytes_that_a_pc_gives_it(report: Report) -> None:
    coded = codec.by_name("bitmap").encode(relu_tensor(), DType.INT8, FILL)
    line = report.one("encoded")
    assert (line["codec"], line["bytes"], line["hash"]) == (
        coded.codec,
        len(coded.data),
        zlib.crc32(coded.data),
    )


def test_the_tensor_comes_back(report: Report) -> None:
    assert report.one("decoded")["status"] == 0
    assert report.one("decoded")["hash"] == zlib.crc32(relu_tensor())


def test_instructions_per_byte_stay_in_bounds(
    machine: Machine, report: Report, record_property: pytest.RecordProperty
) -> None:
    """About 1.3 times what this compiler needs for the worse of both optimisations."""
    size = len(relu_tensor())
    for name, bound in (("crc", 13), ("encoded", 75), ("decoded", 25)):
        per_byte = report.one(name)["instructions"] / size
        record_property(f"{name}_instructions_per_byte", round(per_byte, 2))
        print(f"{machine.name}: {name} {per_byte:.2f} instructions per byte")
        assert 1 < per_byte < bound


def test_the_stack_that_a_codec_needs_is_small(report: Report) -> None:
    assert 100 < report.one("stack")["bytes"] < 1024


def test_sizes_are_told_by_source(program: Program) -> None:
    """crc32.cc has tables of 1 KB; codec/ is all code, and that of every codec: which one is asked for at run time."""
    assert program.parts["core/crc32.cc"].rodata in {1024, 2048, 4096}
    assert 12_000 < program.sizes_below("core/codec").text < 24_000
    assert program.parts["linked"].rodata == len(relu_tensor()) + 1


def test_the_parts_are_all_that_was_linked(program: Program) -> None:
    """`size` counts sections, the map their parts: between parts lie a few bytes of alignment."""
    machine = program.machine
    done = subprocess.run(
        [machine.tool("size"), str(program.elf)], capture_output=True, text=True, check=True
    )
    text_and_rodata = int(done.stdout.splitlines()[-1].split()[0])
    assert text_and_rodata == pytest.approx(program.sizes.code, abs=250)
