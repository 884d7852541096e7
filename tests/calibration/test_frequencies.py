"""12-bit frequencies are the best there are, windows of symbols fit their room."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from host_tools.calibration.frequencies import TOTAL, coded_bits, entropy_bits, normalised
from host_tools.calibration.windows import fit_tables, table_bytes


@pytest.mark.parametrize("seed", range(20))
def test_frequencies_are_whole_at_least_1_and_4096_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = np.floor(rng.pareto(0.6, int(rng.integers(1, 257))) * 10)
    frequencies = normalised(counts)
    assert frequencies.sum() == TOTAL
    assert frequencies.min() >= 1


@pytest.mark.parametrize("seed", range(10))
def test_no_moved_unit_would_code_in_fewer_bits(seed: int) -> None:
    counts = np.floor(np.random.default_rng(seed).pareto(0.5, 12) * 5)
    frequencies = normalised(counts)
    best = coded_bits(counts, frequencies)
    for up, down in itertools.permutations(range(12), 2):
        if frequencies[down] > 1:
            other = frequencies.copy()
            other[up] += 1
            other[down] -= 1
            assert coded_bits(counts, other) >= best - 1e-6


def test_frequencies_come_within_a_thousandth_of_the_entropy() -> None:
    counts = np.exp(-np.abs(np.arange(-20, 21)) / 4) * 1e6
    assert coded_bits(counts, normalised(counts)) == pytest.approx(float(entropy_bits(counts)), rel=1e-3)


def test_one_symbol_takes_all_and_costs_nothing() -> None:
    assert normalised(np.array([7.0])).tolist() == [TOTAL]
    assert coded_bits(np.array([7.0]), np.array([TOTAL])) == 0


def laplace(levels: int, scale: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Counts of differences modulo the number of levels, the commonest is 0."""
    apart = np.minimum(np.arange(levels), levels - np.arange(levels))
    return np.floor(1e6 * np.exp(-apart / scale))


def test_tables_fit_their_room_and_cost_more_the_less_there_is() -> None:
    counts = np.stack([laplace(256, 4.0), laplace(256, 12.0)])
    bits = []
    for room in (4096, 1024, 512, 128):
        tables, taken = fit_tables(counts, 1000, room)
        assert table_bytes(tables) <= room
        bits.append(taken)
    assert bits == sorted(bits)
    assert bits[0] < bits[-1]


def test_kept_symbols_lie_around_the_commonest_and_wrap_around() -> None:
    ((table,), _) = fit_tables(laplace(256, 3.0)[None], 1000, 200)
    kept = len(table.frequencies) - 1
    first = -table.offset % 256
    assert first > 128  # below 0, modulo 256
    assert abs(256 - first - kept / 2) <= 1
    assert max(table.frequencies) == table.frequencies[table.offset]


def test_levels_that_never_come_are_left_to_the_escape() -> None:
    counts = np.zeros((1, 24))
    counts[0, 3:8] = (10, 100, 1000, 100, 10)
    ((table,), bits) = fit_tables(counts * 1000, 1000, 2048)
    assert len(table.frequencies) == 6
    assert -table.offset % 24 == 3
    assert bits == pytest.approx(float(entropy_bits(counts[0])), rel=0.02)
