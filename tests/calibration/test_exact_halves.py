"""Heads and tails of a calibration have the reference kernels' bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cutpoint
from cutpoint.errors import InternalError
from cutpoint.graph import Bundle
from cutpoint.kernels import open_runner
from host_tools.calibration.exact import StreamRunner, open_exact
from host_tools.calibration.halves import Tail, run_heads, travelling

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures/models"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(ROOT / "models/fomo_digits_64.cut")


@pytest.fixture(scope="module")
def inputs(bundle: Bundle) -> list[list[np.ndarray]]:
    shape = bundle.manifest.inputs[0].shape
    return [[np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)] for seed in range(4)]


def test_heads_and_tails_are_those_of_the_reference_kernels(
    bundle: Bundle, inputs: list[list[np.ndarray]]
) -> None:
    cuts = (7, 17)  # two tensors travel at 7
    activations, answers = run_heads(bundle, cuts, inputs)
    for cut in cuts:
        head = open_runner(bundle.model().extract(0, cut), "reference")
        tail = open_runner(bundle.model().extract(cut, bundle.n), "reference")
        exact = Tail(bundle, cut, exact=True)
        for number, arrays in enumerate(inputs):
            right = head.run(arrays)
            seen = [elements[number] for elements in activations[cut].elements]
            assert [one.tobytes() for one in seen] == [one.tobytes() for one in right]
            assert exact.outputs(seen)[0].tobytes() == tail.run(right)[0].tobytes()
            assert exact.answer(seen) == answers[number]


def test_what_streams_is_streamed_and_what_does_not_is_run_all_the_same(bundle: Bundle) -> None:
    assert isinstance(open_exact(bundle.full), StreamRunner)
    odd = cutpoint.load(FIXTURES / "curves.tflite")
    assert not isinstance(open_exact(odd.data), StreamRunner)


def test_an_engine_that_differs_is_our_bug_and_said(
    bundle: Bundle, inputs: list[list[np.ndarray]], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = open_exact(bundle.full)
    wrong: Callable[[object], list[np.ndarray]] = lambda engine: [  # noqa: E731
        np.zeros(bundle.manifest.outputs[0].shape, np.int8)
    ]
    monkeypatch.setattr("host_tools.device.stream_engine.StreamEngine.outputs", wrong)
    with pytest.raises(InternalError, match="give different bytes"):
        runner.run(inputs[0])


def test_tensors_travel_as_height_width_channels(bundle: Bundle, tmp_path: Path) -> None:
    assert [tensor.planes for tensor in travelling(bundle, 7) or ()] == [(16, 16, 8), (16, 16, 48)]
    flat = Bundle.create((FIXTURES / "autoencoder.tflite").read_bytes(), tmp_path)
    assert [tensor.planes for tensor in travelling(flat, 0) or ()] == [(1, 1, 48)]
    wide = Bundle.create((FIXTURES / "int16.tflite").read_bytes(), tmp_path)
    assert travelling(wide, 1) is None
