"""The machines themselves: instructions counted exactly, the stack seen, arithmetic right, faults told."""

from __future__ import annotations

import re

import numpy as np
import pytest
from qemu_programs import Builder

from cutpoint.errors import InternalError
from host_tools.qemu import Program, Report, run

MASK32, MASK64 = 2**32 - 1, 2**64 - 1
NOT_A_NUMBER = 0x7FC00000
FLOATS = [
    *(
        0x3F800000,
        0xBF000000,
        0x3F800001,
        0x4B800000,
        0x4B800001,
        0xCB7FFFFF,
        0x33800000,
        0x337FFFFF,
        0xB4000000,
    ),
    *(
        0x00000001,
        0x80000003,
        0x00800000,
        0x807FFFFF,
        0x7F7FFFFF,
        0xFF7FFFFF,
        0x7F800000,
        0xFF800000,
        0x7FC00000,
    ),
    *(0x80000000, 0x00000000, 0x7FFFFF40, 0x01FFFFFF, 0x81FFFFFD, 0x73800000),
]
PAIRS = [
    (0, 1),
    (1, MASK64),
    (MASK64, 1),
    (12345678901234567890, 987654321),
    (987654321, 12345678901234567890),
    (0x0123456789ABCDEF, 0xFEDCBA9876543210),
    (0x7FFFFFFFFFFFFFFF, 0x7FFFFFFF80000001),
    (0x8000000000000001, 0x0000000080000000),
    (0xFFFFFFFF00000000, 0x00000001FFFFFFFF),
    (0x00000000FFFF0001, 0x000000000000FFFF),
    # Their low halves as float32: 1, -0.5, the least and the largest, subnormal ones, infinity, not a number.
    *((a, b) for a in FLOATS for b in FLOATS if b != 0),
]


@pytest.fixture(scope="module")
def program(builder: Builder) -> Program:
    return builder.program("machine_program", {"pairs": numbers(PAIRS)})


@pytest.fixture(scope="module")
def report(program: Program) -> Report:
    return run(program)


def numbers(pairs: list[tuple[int, int]]) -> bytes:
    return b"".join(number.to_bytes(8, "little") for pair in pairs for number in pair)


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def truncated(dividend: int, divisor: int) -> tuple[int, int]:
    """Quotient and remainder as C++ has them: the quotient is rounded towards zero."""
    quotient = abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
    return quotient, dividend - quotient * divisor


def test_instructions_are_counted_one_by_one(report: Report) -> None:
    assert report.one("counted").numbers == {"nothing": 0, "thousand": 1000, "many": 100 * 1000}


def test_every_run_counts_the_same(program: Program, report: Report) -> None:
    """Several: the lx106's cycles start at another fraction of an instruction in each run."""
    assert {run(program) == report for _ in range(8)} == {True}


def test_the_depth_of_the_stack_is_seen(report: Report) -> None:
    before, after = report.one("stack")["before"], report.one("stack")["after"]
    assert before <= 64
    assert 1000 <= after <= 1000 + 64
    assert 20000 <= report.one("deep")["bytes"] <= 20000 + 64


def test_wide_arithmetic_is_that_of_the_language(report: Report) -> None:
    lines = report.all("arithmetic")
    assert len(lines) == len(PAIRS)
    for (a, b), line in zip(PAIRS, lines, strict=True):
        low_a, low_b = a & MASK32, b & MASK32 | 1
        quotient, left = truncated(signed(a, 64), signed(b, 64))
        quotient32, left32 = truncated(signed(low_a, 32), signed(low_b, 32))
        assert line.numbers == {
            "product": a * b & MASK64,
            "wide": signed(low_a, 32) * signed(low_b, 32) & MASK64,
            "quotient": a // b,
            "remainder": a % b,
            "signed": quotient & MASK64,
            "left": left & MASK64,
            "quotient32": low_a // low_b,
            "remainder32": low_a % low_b,
            "signed32": quotient32 & MASK32,
            "left32": left32 & MASK32,
        }


def float_bits(value: np.float32) -> int:
    return int(value.view(np.uint32)) if not np.isnan(value) else NOT_A_NUMBER


def test_floating_point_is_that_of_ieee_754(report: Report) -> None:
    """Any bits of something that is not a number count as one number."""
    lines = report.all("float")
    assert len(lines) == len(PAIRS)
    with np.errstate(all="ignore"):
        for (a, b), line in zip(PAIRS, lines, strict=True):
            float_a, float_b = np.array([a & MASK32, b & MASK32], np.uint32).view(np.float32)
            seen = [
                float_bits(np.array(line[key], np.uint32).view(np.float32)[()])
                for key in ("sum", "difference", "whole")
            ]
            whole = np.float32(signed(a & MASK32, 32))
            assert seen == [float_bits(one) for one in (float_a + float_b, float_a - float_b, whole)]


def test_a_fault_ends_the_run_and_tells_its_cause(builder: Builder) -> None:
    program = builder.program("machine_program", {"pairs": b""})
    with pytest.raises(InternalError, match=r"(?s)ended with \d+ on .*it said:.*counted") as caught:
        run(program)
    cause = {"rv32imc": r"mcause:\s+0x00000003", "xtensa-lx106": r"exception cause=0x00000040 pc=0x5"}
    assert re.search(cause[program.machine.name], str(caught.value))
