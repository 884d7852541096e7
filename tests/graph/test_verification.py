"""Every cut of every small model, and what the report says when something is not right."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from cutpoint import Model, load
from cutpoint.errors import InputError, KernelsError, UsageError
from cutpoint.graph import random_inputs, verification, verify
from cutpoint.graph.difference import Difference, compare
from cutpoint.kernels import available

Models = Callable[[str], Model]
needs_tflm = pytest.mark.skipif("tflm" not in available(), reason="the tflite-micro wheel is not installed")


def test_every_cut_of_every_model_holds(every_model: Model) -> None:
    report = verify(every_model, runs=2, seed=5)
    assert report.ok, report
    assert [cut.k for cut in report.cuts] == list(range(len(every_model.operators) + 1))
    assert all(difference.values for cut in report.cuts for _, difference in cut.differences)


@needs_tflm
def test_every_cut_is_exact_under_the_kernels_of_the_device_too(model: Models) -> None:
    report = verify(model("fomo_like"), runs=3)
    assert all(cut.tflm is not None and cut.tflm.exact for cut in report.cuts)
    assert all(cut.reference is not None and cut.reference.exact for cut in report.cuts)


def test_xnnpack_is_reported_against_the_reference(model: Models) -> None:
    report = verify(model("fomo_like"), runs=8)
    worst = max(
        (cut.xnnpack for cut in report.cuts if cut.xnnpack), key=lambda difference: difference.differing
    )
    assert 0 < worst.differing < worst.values / 4
    assert worst.largest_step <= 4
    assert dict(report.whole)["xnnpack"].values == worst.values


def test_only_the_kernels_asked_for_are_run(model: Models) -> None:
    report = verify(model("autoencoder"), kernels=("reference",))
    assert {name for cut in report.cuts for name, _ in cut.differences} == {"reference"}
    assert report.cuts[0].xnnpack is None


def test_an_operator_that_tflm_lacks_is_named_and_the_optimised_kernels_judge(model: Models) -> None:
    report = verify(model("decoder"))
    reasons = dict(report.not_run)
    assert "TILE" in reasons["reference"]
    assert "tflm" in reasons
    assert report.ok
    assert all(cut.under("optimised") is not None for cut in report.cuts)


def test_a_missing_wheel_is_said_and_the_reference_decides(
    model: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutpoint.kernels.tflm.tflm_installed", lambda: False)
    report = verify(model("autoencoder"))
    assert report.ok
    assert "not installed" in dict(report.not_run)["tflm"]
    assert all(cut.tflm is None for cut in report.cuts)


def test_a_tail_that_computes_something_else_is_found(model: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    fomo = model("autoencoder")
    right = Model.split

    def wrong(self: Model, k: int) -> tuple[bytes, bytes]:
        head, tail = right(self, k)
        if k != 2:
            return head, tail
        at = tail.index(
            bytes(
                self.parsed.buffers[self.parsed.subgraphs[0].tensors[self.operators[2].inputs[1]].buffer].data
            )
        )
        return head, tail[:at] + bytes(byte ^ 0x40 for byte in tail[at : at + 64]) + tail[at + 64 :]

    monkeypatch.setattr(Model, "split", wrong)
    report = verify(fomo)
    assert not report.ok
    assert report.broken == (2,)
    assert report.cuts[2].reference is not None
    assert report.cuts[2].reference.differing > 0


def test_a_part_that_cannot_run_is_reported_with_its_reason(
    model: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = verification.open_runner
    keywords = model("keywords")
    head = keywords.split(3)[0]

    def fails(data: bytes, kernels: str) -> object:
        if data == head:
            raise KernelsError("no such kernel")
        return right(data, kernels)

    monkeypatch.setattr(verification, "open_runner", fails)
    report = verify(keywords, kernels=("reference",))
    assert report.broken == (3,)
    assert report.cuts[3].reference == Difference(0, 0, 0.0, "no such kernel")


def test_a_part_that_only_xnnpack_refuses_is_reported_and_not_judged(
    model: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = verification.open_runner
    keywords = model("keywords")
    tail = keywords.split(3)[1]

    def fails(data: bytes, kernels: str) -> object:
        if data == tail and kernels == "xnnpack":
            raise KernelsError("failed to setup XNNPACK runtime")
        return right(data, kernels)

    monkeypatch.setattr(verification, "open_runner", fails)
    report = verify(keywords)
    assert report.ok
    assert report.cuts[3].xnnpack == Difference(0, 0, 0.0, "failed to setup XNNPACK runtime")


def test_given_inputs_are_used(model: Models) -> None:
    keywords = model("keywords")
    inputs = [
        [np.full(keywords.tensors[keywords.inputs[0]].shape, value, np.int8)] for value in (-128, 0, 127)
    ]
    assert verify(keywords, inputs).runs == 3


def test_inputs_that_do_not_fit_are_refused(model: Models) -> None:
    with pytest.raises(InputError, match="must be int8 of shape"):
        verify(model("keywords"), [[np.zeros((1, 2), np.int8)]])


def test_no_inputs_and_unknown_kernels_are_refused(model: Models) -> None:
    with pytest.raises(UsageError, match="at least one set of inputs"):
        verify(model("keywords"), [])
    with pytest.raises(UsageError, match="kernels gpu are unknown"):
        verify(model("keywords"), kernels=("gpu",))  # type: ignore[arg-type]


def test_progress_counts_up_to_the_end(model: Models) -> None:
    steps: list[tuple[int, int]] = []
    verify(
        model("autoencoder"), kernels=("reference",), progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(done, 5) for done in range(1, 6)]


def test_random_inputs_cover_the_whole_range_and_repeat_by_seed(model: Models) -> None:
    fomo = model("fomo_like")
    (first,), (same,) = random_inputs(fomo, 1, seed=4), random_inputs(fomo, 1, seed=4)
    assert (first[0].min(), first[0].max()) == (-128, 127)
    assert np.array_equal(first[0], same[0])
    assert random_inputs(model("int16"), 1, seed=0)[0][0].dtype == np.int16
    assert random_inputs(model("float32"), 1, seed=0)[0][0].min() < 0


def test_two_nan_are_the_same_and_two_zeros_of_different_sign_are_not() -> None:
    nan, zero, minus = (np.array([value], np.float32) for value in (np.nan, 0.0, -0.0))
    assert compare([nan], [nan.copy()]).exact
    assert compare([zero], [minus]).differing == 1
    assert compare([nan], [zero]) == Difference(1, 1, float("inf"))


def test_the_largest_step_does_not_overflow() -> None:
    low, high = np.array([-128, 5], np.int8), np.array([127, 5], np.int8)
    assert compare([low], [high]) == Difference(2, 1, 255.0)
    low, high = np.array([-(1 << 63)], np.int64), np.array([(1 << 63) - 1], np.int64)
    assert compare([low], [high]).largest_step == pytest.approx(2.0**64)


def test_tensors_of_no_dimension_are_compared() -> None:
    assert compare([np.array(3, np.int8)], [np.array(4, np.int8)]) == Difference(1, 1, 1.0)


def test_a_model_that_litert_cannot_run_is_said_to_be_so() -> None:
    from hand_made import ADD, Graph

    graph = Graph()
    given, made = graph.tensor(1, 2), graph.tensor(1, 2)
    graph.operator(ADD, [given, given], [made], version=99)
    with pytest.raises(KernelsError, match="cannot run this model: Didn't find op for builtin opcode 'ADD'"):
        verify(load(graph.bytes([given], [made])))


def test_a_negative_seed_is_refused(model: Models) -> None:
    with pytest.raises(UsageError, match="seed is -1; it must be 0 or more"):
        verify(model("keywords"), seed=-1)


def test_what_kernels_print_while_they_fail_is_in_the_report_and_not_shown(
    model: Models, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        def run(self, arrays: object) -> None:
            os.write(2, b"Only float32 and int8 types are supported.\n")
            raise KernelsError("TFLM failed while running: no result.")

    real = verification.open_runner
    monkeypatch.setattr(
        verification,
        "open_runner",
        lambda data, kernels: Failing() if kernels == "tflm" else real(data, kernels),
    )
    report = verify(model("keywords"), kernels=("reference", "tflm"))
    assert dict(report.not_run)["tflm"] == (
        "TFLM failed while running: no result. Only float32 and int8 types are supported."
    )
    assert capfd.readouterr().err == ""
