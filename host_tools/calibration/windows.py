"""Which symbols have a frequency of their own in each table, so that all tables together fit a number of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutpoint.codec import RansTable
from host_tools.calibration.frequencies import ESCAPED_BITS, Counts, coded_bits, normalised

SYMBOL_BYTES = 8
TABLE_HEAD_BYTES = 4
LEAST_GAIN_BITS = 0.64
"""What a symbol in a table must save, a frame, to be worth its 8 bytes: a hundredth of them (`models.FLASH_PRICE`)."""
SMOOTHING = 0.25
"""Added to each kept symbol's count: a frame that is to come may have what no frame had."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """For one table: bits to code its counts when 1, 2, ... symbols are kept, and where the kept ones begin."""

    bits: npt.NDArray[np.float64]
    begins: npt.NDArray[np.int64]


def fit_tables(counts: Counts, frames: int, budget_bytes: int) -> tuple[tuple[RansTable, ...], float]:
    """Tables for counts (tables, levels) of so many frames, and the bits of a frame; within the budget where it can be.

    Kept symbols are neighbours, modulo the number of levels. How many each table keeps follows one price of a byte for
    all of them, the least at which the tables fit.
    """
    curves = [_curve(one) for one in counts]
    low, high = LEAST_GAIN_BITS * frames, float(counts.sum()) * 16 + 1
    kept = _kept(curves, low)
    if _bytes(kept, counts.shape[1]) > budget_bytes:
        for _ in range(60):
            middle = (low * high) ** 0.5
            if _bytes(_kept(curves, middle), counts.shape[1]) > budget_bytes:
                low = middle
            else:
                high = middle
        kept = _kept(curves, high)
    tables, bits = [], 0.0
    for one, curve, symbols in zip(counts, curves, kept, strict=True):
        table, taken = _table(one, int(curve.begins[symbols - 1]), symbols)
        tables.append(table)
        bits += taken
    return tuple(tables), bits / frames


def table_bytes(tables: tuple[RansTable, ...]) -> int:
    """Of all tables in the file."""
    return sum(TABLE_HEAD_BYTES + SYMBOL_BYTES * len(table.frequencies) for table in tables)


def _bytes(kept: list[int], levels: int) -> int:
    return sum(TABLE_HEAD_BYTES + SYMBOL_BYTES * (one + (one < levels)) for one in kept)


def _kept(curves: list[_Curve], price: float) -> list[int]:
    return [int((curve.bits + price * np.arange(1, len(curve.bits) + 1)).argmin()) + 1 for curve in curves]


def _curve(counts: Counts) -> _Curve:
    levels = len(counts)
    total = counts.sum()
    around = np.concatenate(([0.0], np.concatenate((counts, counts)).cumsum()))
    plain = counts * np.log2(np.maximum(counts, 1))
    plain_around = np.concatenate(([0.0], np.concatenate((plain, plain)).cumsum()))
    bits, begins = np.empty(levels), np.empty(levels, np.int64)
    for kept in range(1, levels + 1):
        inside = around[kept : kept + levels] - around[:levels]
        begin = int(inside.argmax())
        rest = total - inside[begin]
        own = plain_around[begin + kept] - plain_around[begin]
        escapes = rest * (np.log2(max(rest, 1)) - ESCAPED_BITS) if kept < levels else 0.0
        bits[kept - 1] = total * np.log2(max(total, 1)) - own - escapes
        begins[kept - 1] = begin
    return _Curve(bits, begins)


def _table(counts: Counts, begin: int, kept: int) -> tuple[RansTable, float]:
    levels = len(counts)
    inside = np.roll(counts, -begin)[:kept]
    rest = float(counts.sum() - inside.sum())
    symbols = np.append(inside, rest) if kept < levels else inside
    frequencies = normalised(symbols + SMOOTHING)
    bits = coded_bits(symbols, frequencies) + (ESCAPED_BITS * rest if kept < levels else 0)
    return RansTable(-begin % levels, tuple(int(one) for one in frequencies)), bits
