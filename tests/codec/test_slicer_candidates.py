"""Which settings of codec slicer a calibration is told to try."""

from __future__ import annotations

import numpy as np
import pytest

from cutpoint.codec import CodecError, DType
from cutpoint.codec.slicer_tables import candidates


def test_candidates_go_from_light_to_strong_by_the_tensors_own_spread() -> None:
    tensors = np.random.default_rng(0).laplace(0, 12, (20, 6, 6, 8)).round().clip(-128, 127).astype(np.int8)
    found = candidates(tensors, 0)
    assert 10 < len(found) <= 30
    floors = [one.floors[0] for one in found]
    assert floors == sorted(floors)
    shares = [np.mean(np.abs(tensors.astype(int)) >= floor) for floor in floors]
    assert 0.25 < max(shares) <= 0.32
    assert 0.03 < min(shares) <= 0.045
    for one in found:
        assert one.floors[0] == one.floors[1]
        assert 0.5 < one.widest / one.floors[0] < 1.5
        assert one.keep >= np.max((np.abs(tensors.astype(int)) >= one.floors[0]).mean(axis=(1, 2, 3))) * 288


def test_a_side_without_room_is_kept_out() -> None:
    """Behind a ReLU nothing lies below the zero point."""
    tensors = np.random.default_rng(0).exponential(9, (20, 6, 6, 8)).round().clip(0, 255).astype(np.uint8)
    found = candidates(tensors, 0)
    assert found
    assert all(one.dtype is DType.UINT8 and one.floors[0] == 0 < one.floors[1] for one in found)


def test_tensors_that_never_leave_the_zero_point_have_no_candidates() -> None:
    assert candidates(np.full((3, 2, 2, 2), 7, np.int8), 7) == ()


@pytest.mark.parametrize("shape", [(4, 4, 4), (0, 2, 2, 2)])
def test_what_are_no_tensors_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(CodecError, match="are needed"):
        candidates(np.zeros(shape, np.int8), 0)
