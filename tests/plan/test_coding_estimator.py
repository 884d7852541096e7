"""What a codec is expected to make of a cut."""

from __future__ import annotations

import math

import pytest
from simulated_device import CUT_BYTES, FOMO

from cutpoint.plan import CodingEstimator


def test_a_codec_never_tried_is_expected_to_gain_nothing() -> None:
    assert CodingEstimator(FOMO).coded_bytes(13, "bitmap") == CUT_BYTES[13]
    assert not CodingEstimator(FOMO).seen(13, "bitmap")


def test_what_was_observed_at_a_cut_counts_for_that_cut_alone() -> None:
    coding = CodingEstimator(FOMO)
    coding.observe(13, "bitmap", coded_bytes=1_152, encode_us=40)
    assert coding.coded_bytes(13, "bitmap") == 1_152
    assert coding.encode_us(13, "bitmap") == 40
    assert coding.coded_bytes(16, "bitmap") == CUT_BYTES[16]


def test_raw_stays_raw_whatever_is_observed() -> None:
    coding = CodingEstimator(FOMO)
    coding.observe(13, "raw", coded_bytes=5)
    assert coding.coded_bytes(13, "raw") == CUT_BYTES[13]


@pytest.mark.parametrize("bad", [math.nan, -1, 1e12, "9", True])
def test_what_is_no_figure_changes_a_counter_only(bad: float) -> None:
    coding = CodingEstimator(FOMO)
    assert not coding.observe(13, "bitmap", coded_bytes=bad, encode_us=bad)
    assert coding.coded_bytes(13, "bitmap") == CUT_BYTES[13]
    assert sum(coding.rejected.values()) == 2
