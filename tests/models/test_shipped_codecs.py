"""The codec tables that ship: what they promise, and that the shipped test pictures find it so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutpoint.answer import Answer
from cutpoint.codec import CodecId, CodecTables
from cutpoint.graph import Bundle
from cutpoint.graph.codecs_entry import CodecsEntry, CodecSettingEntry
from host_tools.calibration.halves import Activations, Tail, run_heads
from host_tools.calibration.task import Task
from models.fomo_digits import evaluate, pictures
from models.fomo_digits.calibrate import CUTS, FIT_SCENES, HELD_OUT_SCENES
from models.fomo_digits.variant import FOMO_96, VARIANTS, Variant

MODELS = Path(__file__).resolve().parents[2] / "models"
CUT = 17
LOSSLESS_BYTES, HALF_A_POINT_BYTES, THREE_POINTS_BYTES = 1_600, 400, 200
"""A frame at the end of block 4 of the larger network, of 2,304 bytes raw."""


@pytest.fixture(scope="module", params=VARIANTS.values(), ids=lambda variant: variant.name)
def variant(request: pytest.FixtureRequest) -> Variant:
    assert isinstance(request.param, Variant)
    return request.param


def opened(variant: Variant) -> tuple[Bundle, CodecsEntry, CodecTables]:
    bundle = Bundle.open(MODELS / f"{variant.name}.cut")
    entry, tables = bundle.manifest.codecs, bundle.tables()
    # After a change of calibration or model: python -m models.fomo_digits.calibrate --side 96, and 64
    assert entry is not None
    assert tables is not None
    return bundle, entry, tables


def at(entry: CodecsEntry, cut: int, codec: str) -> list[CodecSettingEntry]:
    return [setting for setting in entry.settings if (setting.cut, setting.codec) == (cut, codec)]


def test_every_cut_has_a_lossless_setting_and_one_of_each_codec(variant: Variant) -> None:
    _, entry, _ = opened(variant)
    assert (entry.pictures, entry.held_out, entry.metric) == (FIT_SCENES, HELD_OUT_SCENES, "f1")
    for cut in CUTS:
        assert any(setting.lossless for setting in at(entry, cut, "rans"))
        assert all(at(entry, cut, codec) for codec in ("lowbit", "rans", "slicer", "delta"))


def test_the_settings_at_block_4_take_few_bytes() -> None:
    _, entry, _ = opened(FOMO_96)
    rans = at(entry, CUT, "rans")
    assert min(one.mean_bytes for one in rans if one.lossless) <= LOSSLESS_BYTES
    assert min(one.mean_bytes for one in rans if one.loss <= 0.5) <= HALF_A_POINT_BYTES
    assert min(one.mean_bytes for one in rans if one.loss <= 3) <= THREE_POINTS_BYTES


@pytest.fixture(scope="module")
def seen(variant: Variant) -> tuple[Activations, Task, Tail]:
    """The shipped test pictures at block 4, which no calibration saw."""
    bundle, _, _ = opened(variant)
    scenes = pictures.load(MODELS / variant.name / "pictures")
    activations, answers = run_heads(bundle, [CUT], [[evaluate.signed(scene.pixels)] for scene in scenes])
    task = Task(answers, tuple(scene.objects for scene in scenes))
    return activations[CUT], task, Tail(bundle, CUT, exact=True)


def test_the_shipped_pictures_take_the_bytes_that_the_calibration_measured(
    variant: Variant, seen: tuple[Activations, Task, Tail]
) -> None:
    _, entry, tables = opened(variant)
    activations, task, tail = seen
    (frames,) = activations.elements
    for setting in at(entry, CUT, "rans"):
        sizes, answers = [], list[Answer]()
        for frame in frames:
            coded = tables.encode(setting.number, 0, frame.tobytes())
            assert coded.codec is CodecId.RANS
            values = np.frombuffer(tables.decode(setting.number, 0, coded.data, frame.size), np.uint8)
            assert not setting.lossless or (values == frame.ravel()).all()
            sizes.append(len(coded.data))
            answers.append(tail.answer([values]))
        assert np.mean(sizes) == pytest.approx(setting.mean_bytes, rel=0.15)
        quality = task.quality(answers)
        # Other pictures, and few of them: both margins, and a point for other digits and backgrounds.
        assert quality.loss <= setting.loss + quality.margin + (setting.margin or 0) + 1
