"""A whole calibration: what is kept in the bundle, that it is true, and that it is the same every time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cutpoint.answer import Answer
from cutpoint.codec import CodecId
from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.calibration.candidate import SETTING_BYTES, Family
from host_tools.calibration.data import CalibrationData
from host_tools.calibration.halves import Tail, run_heads
from host_tools.calibration.keeping import Calibration
from host_tools.calibration.plan import CalibrationPlan, chosen_cuts, worthwhile_cuts
from host_tools.calibration.run import calibrate
from host_tools.calibration.task import Task

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "models/fomo_digits_64/pictures"
FIXTURES = ROOT / "tests/fixtures/models"
CUT = 17


class Silence:
    """A narrator whom nobody hears."""

    def stage(self, text: str, steps: int) -> None:
        assert text

    def step(self, text: str = "") -> None:
        pass


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped bundle for small pictures, as it is before it was calibrated."""
    full = (ROOT / "models/fomo_digits_64.cut/full.tflite").read_bytes()
    return Bundle.create(
        full, tmp_path_factory.mktemp("calibrated"), name="x", labels=list("0123456789"), output="fomo"
    )


@pytest.fixture(scope="module")
def data(bundle: Bundle) -> CalibrationData:
    return CalibrationData.read(bundle, PICTURES)


@pytest.fixture(scope="module")
def plan() -> CalibrationPlan:
    return CalibrationPlan((CUT,), scenes=2, max_loss=8.0)


@pytest.fixture(scope="module")
def made(bundle: Bundle, data: CalibrationData, plan: CalibrationPlan) -> Calibration:
    return calibrate(bundle, data, plan, Silence())


def test_a_setting_of_every_family_is_kept(made: Calibration) -> None:
    codecs = {setting.codec for setting in made.entry.settings}
    assert codecs == {"lowbit", "rans", "slicer", "delta"}
    assert any("slices" in setting.what for setting in made.entry.settings)


def test_the_same_input_gives_the_same_bytes(
    bundle: Bundle, data: CalibrationData, plan: CalibrationPlan, made: Calibration
) -> None:
    again = calibrate(bundle, data, plan, Silence())
    assert again.tables == made.tables
    assert again.entry == made.entry


def test_the_bundle_takes_the_tables_and_opens_them(
    bundle: Bundle, made: Calibration, tmp_path: Path
) -> None:
    shutil.copytree(bundle.path, tmp_path / "x.cut")
    calibrated = Bundle.open(tmp_path / "x.cut").with_codecs(made.entry, made.tables)
    tables = calibrated.tables()
    assert tables is not None
    assert f"{tables.version:08x}" == made.entry.version
    stated = [(setting.number, setting.cut, setting.codec) for setting in made.entry.settings]
    assert stated == [(head.number, head.cut, head.codec.name.lower()) for head in tables.settings]


def test_a_lossless_setting_beats_raw_and_is_the_first_of_its_cut(bundle: Bundle, made: Calibration) -> None:
    first = made.entry.settings[0]
    assert (first.codec, first.lossless, first.loss, first.agreement) == ("rans", True, 0, 1)
    assert first.mean_bytes < 0.8 * bundle.cuts[CUT].bytes


def test_lossy_settings_keep_the_bound_and_each_is_better_or_smaller_than_every_other(
    made: Calibration, plan: CalibrationPlan
) -> None:
    for codec in ("lowbit", "slicer", "delta"):
        lossy = [one for one in made.entry.settings if one.codec == codec and not one.lossless]
        assert all(one.loss <= plan.max_loss for one in lossy)
        by_size = sorted(lossy, key=lambda one: one.mean_bytes)
        agreements = [one.agreement for one in by_size]
        assert agreements == sorted(agreements)
        assert len(set(agreements)) == len(agreements)


def test_tables_of_a_setting_stay_within_2_kb(made: Calibration) -> None:
    for setting in made.entry.settings:
        assert setting.table_bytes <= SETTING_BYTES


def test_jpeg_is_measured_beside(made: Calibration) -> None:
    assert [picture.quality for picture in made.entry.jpeg] == [10, 25, 50, 75, 90]
    sizes = [picture.mean_bytes for picture in made.entry.jpeg]
    assert sizes == sorted(sizes)
    assert all(500 < picture.header_bytes < 800 for picture in made.entry.jpeg)


def test_the_figures_are_those_of_coding_the_pictures_held_out(
    bundle: Bundle, data: CalibrationData, made: Calibration, tmp_path: Path
) -> None:
    """Heads, codec and tails once more, by nothing of the calibration but its tables."""
    shutil.copytree(bundle.path, tmp_path / "x.cut")
    tables = Bundle.open(tmp_path / "x.cut").with_codecs(made.entry, made.tables).tables()
    assert tables is not None
    inputs = [example.sample.arrays for example in data.held_out]
    activations, answers = run_heads(bundle, [CUT], inputs)
    (frames,) = activations[CUT].elements
    truths = tuple(example.truth for example in data.held_out if example.truth is not None)
    task, tail = Task(answers, truths), Tail(bundle, CUT, exact=True)
    assert made.entry.baseline == pytest.approx(task.baseline, abs=1e-5)
    stated = [one for one in made.entry.settings if one.codec in ("rans", "lowbit")]
    for setting in (stated[0], stated[2], stated[-1]):
        sizes, seen = [], list[Answer]()
        for frame in frames:
            coded = tables.encode(setting.number, 0, frame.tobytes())
            assert coded.codec is CodecId[setting.codec.upper()]
            sizes.append(len(coded.data))
            values = tables.decode(setting.number, 0, coded.data, frame.size)
            seen.append(tail.answer([np.frombuffer(values, np.uint8)]))
        assert setting.mean_bytes == pytest.approx(np.mean(sizes), abs=0.06)
        assert setting.largest_bytes == max(sizes)
        assert setting.loss == pytest.approx(task.quality(seen).loss, abs=1e-3)


def test_cuts_that_are_worth_it_carry_less_than_the_input_and_than_any_before(bundle: Bundle) -> None:
    assert worthwhile_cuts(bundle) == (3, 6, 10, 13, 17, 21, 24)
    assert chosen_cuts(bundle, (17, 6, 17)) == (6, 17)


def fixture(name: str, folder: Path, output: str = "raw") -> Bundle:
    return Bundle.create((FIXTURES / f"{name}.tflite").read_bytes(), folder, name=name, output=output)  # type: ignore[arg-type]


def test_a_cut_that_cannot_be_calibrated_is_said(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cut 26 does not exist on a board"):
        chosen_cuts(bundle, (26,))
    whole_numbers = fixture("int16", tmp_path)
    with pytest.raises(UsageError, match="neither int8 nor uint8"):
        chosen_cuts(whole_numbers, (1,))
    with pytest.raises(UsageError, match="carries fewer bytes than its input"):
        chosen_cuts(whole_numbers)


@pytest.fixture
def arrays(tmp_path: Path) -> Callable[[Bundle], Path]:
    """A file of 40 smooth inputs with a class for each."""

    def make(bundle: Bundle) -> Path:
        shape = bundle.manifest.inputs[0].shape
        rng = np.random.default_rng(4)
        drawn = rng.normal(0, 30, (40, *shape[1:])).cumsum(axis=1)
        inputs = np.clip(np.rint(drawn), -128, 127).astype(np.int8)
        file = tmp_path / "inputs.npz"
        np.savez(file, inputs=inputs, labels=rng.integers(0, 4, 40))
        return file

    return make


def test_a_classifier_is_calibrated_by_accuracy_and_a_cut_may_have_several_tensors(
    tmp_path: Path, arrays: Callable[[Bundle], Path]
) -> None:
    network = fixture("nested_residual", tmp_path, "classes")
    cut = next(cut.k for cut in network.cuts if len(cut.tensors) > 1)
    data = CalibrationData.read(network, arrays(network))
    made = calibrate(network, data, CalibrationPlan((cut,), max_loss=100), Silence())
    assert made.entry.metric == "accuracy"
    assert made.entry.baseline is not None
    assert made.entry.jpeg == ()
    assert {setting.codec for setting in made.entry.settings} >= {"rans", "lowbit"}
    assert "delta" not in {setting.codec for setting in made.entry.settings}  # no pictures, no still scenes
    assert network.with_codecs(made.entry, made.tables).tables() is not None


def test_a_network_without_a_meaning_is_calibrated_by_agreement(
    tmp_path: Path, arrays: Callable[[Bundle], Path]
) -> None:
    network = fixture("nested_residual", tmp_path)
    data = CalibrationData.read(network, arrays(network))
    plan = CalibrationPlan((1,), frozenset({Family.RANS}), max_loss=50)
    made = calibrate(network, data, plan, Silence())
    assert (made.entry.metric, made.entry.baseline) == ("agreement", None)
    for setting in made.entry.settings:
        assert setting.codec == "rans"
        assert setting.loss == pytest.approx(100 * (1 - setting.agreement), abs=2e-3)


def test_a_plan_checks_itself() -> None:
    for wrong, message in (
        ({"cuts": ()}, "nothing is to be calibrated"),
        ({"cuts": tuple(range(1, 12))}, "at most 10 with --cuts"),
        ({"cuts": (1,), "max_loss": -1.0}, "give 0 or more"),
    ):
        with pytest.raises(UsageError, match=message):
            CalibrationPlan(**wrong)
