"""Codec slicer on the chips' instruction sets: the bytes that a PC makes, and what it takes to make them."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from qemu_programs import Builder

from cutpoint.codec import CodecId, CodecTables, DType, Setting, SlicerTables, encode_tables
from host_tools.qemu import Machine, Program, Report, run

MODEL = b"\x01\x02\x03\x04"
# A cut of the shipped FOMO; floors by which a fifth and a tenth of the elements are kept, and a cap that drops some.
SETTINGS = {
    "light": SlicerTables((12, 12, 16), DType.INT8, 5, 2304, (14, 14), 14),
    "strong": SlicerTables((12, 12, 16), DType.INT8, 5, 2304, (20, 20), 24),
    "capped": SlicerTables((12, 12, 16), DType.INT8, 5, 300, (10, 10), 14, 2),
}
INSTRUCTIONS_PER_BYTE = {
    ("rv32imc", "-O2"): 90,
    ("rv32imc", "-Os"): 115,
    ("xtensa-lx106", "-O2"): 180,
    ("xtensa-lx106", "-Os"): 200,
}


def features() -> bytes:
    """Tails and the spatial likeness of a convolution's output: beyond 14 of its zero point lies a fifth of it."""
    rng = np.random.default_rng(0)
    smooth = rng.laplace(0, 1, (13, 13, 16))
    smooth = smooth[:-1, :-1] + smooth[1:, :-1] + smooth[:-1, 1:] + smooth[1:, 1:]
    return np.clip(5 + smooth * 4.1, -128, 127).round().astype(np.int8).tobytes()


@pytest.fixture(scope="module", params=SETTINGS)
def settings(request: pytest.FixtureRequest) -> SlicerTables:
    return SETTINGS[request.param]


@pytest.fixture(scope="module", params=["-O2", "-Os"])
def optimise(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def program(builder: Builder, settings: SlicerTables, optimise: str) -> Program:
    return builder.program("slicer_program", {"tensor": features(), "block": settings.block()}, optimise)


@pytest.fixture(scope="module")
def report(program: Program) -> Report:
    return run(program)


def test_the_bytes_are_those_of_a_pc(settings: SlicerTables, report: Report) -> None:
    tables = CodecTables.open(encode_tables(MODEL, [Setting(7, CodecId.SLICER, (settings,))]), MODEL)
    coded = tables.encode(1, 0, features())
    assert coded.codec is CodecId.SLICER
    behind_the_version = coded.data[2:]
    line = report.one("encoded")
    assert (line["bytes"], line["hash"]) == (len(behind_the_version), zlib.crc32(behind_the_version))
    back = report.one("decoded")
    assert (back["status"], back["hash"]) == (0, zlib.crc32(tables.decode(1, 0, coded.data, 2304)))


def test_instructions_per_byte_stay_in_bounds(
    machine: Machine,
    optimise: str,
    settings: SlicerTables,
    report: Report,
    record_property: pytest.RecordProperty,
) -> None:
    for name in ("encoded", "decoded"):
        per_byte = report.one(name)["instructions"] / settings.elements
        record_property(f"{name}_instructions_per_byte", round(per_byte, 2))
        print(
            f"{machine.name} {optimise}: {name} {per_byte:.1f} instructions per byte, floor {settings.floors[0]}"
        )
        assert 20 < per_byte < INSTRUCTIONS_PER_BYTE[machine.name, optimise]


def test_the_stack_is_small(report: Report) -> None:
    assert 400 < report.one("stack")["bytes"] < 1536
