"""Both engines give identical bytes on every bundle and every fixture, at every cut and going on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

import cutpoint
from cutpoint.graph import Bundle, Model
from cutpoint.graph.stream import compile_stream
from cutpoint.kernels import available
from host_tools.stream_check import check_stream

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = sorted((ROOT / "models").glob("*.cut"))
NETWORKS = sorted((ROOT / "models" / "tiny").glob("*.tflite"))
FIXTURES = sorted(
    path for path in (ROOT / "tests/fixtures/models").glob("*.tflite") if path.stem != "control_flow"
)


def model_of(path: Path) -> Model:
    return Bundle.open(path).model() if path.is_dir() else cutpoint.load(path)


@pytest.mark.parametrize("path", [*BUNDLES, *NETWORKS, *FIXTURES], ids=lambda path: path.stem)
def test_the_stream_engine_and_tflm_give_the_same_bytes_at_every_cut(path: Path) -> None:
    model = model_of(path)
    check = check_stream(model, runs=1 if len(model.operators) > 20 else 3, seed=11)
    assert check.against == ("tflm" if "tflm" in available() else "litert")
    assert check.broken == ()
    assert all(difference.values > 0 for difference in check.differences)
    assert (check.operators == len(model.operators)) == (check.why is None)


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_shipped_bundle_holds_the_plan_that_this_compiler_makes(path: Path) -> None:
    bundle = Bundle.open(path)
    assert bundle.manifest.stream.operators == bundle.n
    # After a change of the compiler:
    # cutpoint split models/NAME.cut/full.tflite -o models --name NAME --labels 0,1,2,3,4,5,6,7,8,9
    # python -m models.fomo_digits.calibrate --side 96  # and 64: a bundle made anew has no codec tables
    assert bundle.stream_plan == compile_stream(bundle.model()).encode()


def test_there_are_bundles_and_fixtures_to_look_at() -> None:
    assert len(BUNDLES) >= 2
    assert len(FIXTURES) > 10
