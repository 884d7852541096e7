"""The way of a picture gone once more, beside the parts that it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calibrated_bundle import calibrated_copy, number_of

from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from host_tools.demo.retrace import Retrace
from host_tools.device.sources import Sample

FOMO = Path(__file__).parents[1] / "fixtures" / "models" / "fomo_like.tflite"
CUTS = (0, 3)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return calibrated_copy(FOMO.read_bytes(), tmp_path_factory.mktemp("coded"), "coded", CUTS)


@pytest.fixture(scope="module")
def sample(bundle: Bundle) -> Sample:
    rng = np.random.default_rng(4)
    return Sample("one.png", (rng.integers(-128, 128, bundle.inputs[0].shape).astype(np.int8),))


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("codec", ["raw", "bitmap", "lossless"])
def test_without_loss_it_is_the_whole_network(bundle: Bundle, sample: Sample, cut: int, codec: str) -> None:
    label = f"rans:{number_of(CUTS, cut, 1)}" if codec == "lossless" else codec
    way = Retrace(bundle, "reference", "reference").of(sample, cut, label)
    whole = open_runner(bundle.full, "reference").run(list(sample.arrays))
    assert way.exact
    assert way.answer == bundle.answer_rule.decode(whole)
    assert way.raw_bytes == bundle.cuts[cut].bytes
    assert way.coded_bytes <= way.raw_bytes


def test_with_loss_it_is_the_tail_of_what_the_levels_stand_for(bundle: Bundle, sample: Sample) -> None:
    way = Retrace(bundle, "reference", "reference").of(sample, 0, f"lowbit:{number_of(CUTS, 0, 0)}")
    (array,) = sample.arrays
    turned = array.view(np.uint8) ^ 0x80
    coarse = (((turned // 16).astype(np.uint16) * 256 + 128) // 16).astype(np.uint8) ^ 0x80
    outputs = open_runner(bundle.full, "reference").run([coarse.view(np.int8)])
    assert not way.exact
    assert way.answer == bundle.answer_rule.decode(outputs)
    assert way.coded_bytes == 2 + array.size // 2
