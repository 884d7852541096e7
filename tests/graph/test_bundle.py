"""Bundles: made whole, opened only when whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cutpoint import Bundle, Model
from cutpoint.answer import Centroids
from cutpoint.errors import BundleError, ModelError, UsageError
from cutpoint.graph import random_inputs
from cutpoint.kernels import available, open_runner

Models = Callable[[str], Model]
LABELS = ("nut", "bolt")


@pytest.fixture
def bundle(model: Models, tmp_path: Path) -> Bundle:
    return Bundle.create(
        model("fomo_like").data, tmp_path, name="small", labels=LABELS, output="fomo", max_cut=11
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refused(path: Path, message: str) -> None:
    with pytest.raises(BundleError, match=message) as raised:
        Bundle.open(path)
    assert "\n" not in str(raised.value)


def edit_manifest(bundle: Bundle, **changes: object) -> None:
    path = bundle.path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_bundle_is_a_folder_of_four_files(bundle: Bundle, tmp_path: Path) -> None:
    assert bundle.path == tmp_path / "small.cut"
    assert names(bundle.path) == ["device.tflite", "full.tflite", "manifest.json", "stream.plan"]
    assert names(tmp_path) == ["small.cut"]


def test_an_opened_bundle_says_what_the_model_says(bundle: Bundle, model: Models) -> None:
    fomo, opened = model("fomo_like"), Bundle.open(bundle.path)
    assert opened.name == "small"
    assert opened.model_id == fomo.id
    assert opened.full == fomo.data
    assert opened.device == fomo.truncate(11)
    assert (opened.n, opened.max_cut) == (18, 11)
    assert [operator.kind for operator in opened.operators] == [operator.kind for operator in fomo.operators]
    assert [operator.macs for operator in opened.operators] == [operator.macs for operator in fomo.operators]
    for entry, cut in zip(opened.cuts, fomo.cuts, strict=True):
        assert (entry.k, entry.bytes, entry.macs_before, entry.macs_after) == (
            cut.k,
            cut.bytes,
            cut.macs_before,
            cut.macs_after,
        )
        assert [(t.index, t.scale, t.zero_point) for t in entry.tensors] == [
            (t.index, t.scale, t.zero_point) for t in cut.tensors
        ]
    assert [tensor.index for tensor in opened.inputs] == list(fomo.inputs)
    assert [tensor.index for tensor in opened.outputs] == list(fomo.outputs)


def test_the_model_is_parsed_once(bundle: Bundle) -> None:
    assert bundle.model() is bundle.model()
    assert bundle.model().id == bundle.model_id


def test_the_answer_rule_reads_the_outputs_of_the_model(bundle: Bundle) -> None:
    assert bundle.labels == LABELS
    assert bundle.answer_rule.labels == LABELS
    assert bundle.answer_rule.input_shape == (32, 32)
    (given,) = random_inputs(bundle.model(), 1, seed=0)
    answer = bundle.answer_rule.decode(open_runner(bundle.full, "reference").run(given))
    assert isinstance(answer, Centroids)


def test_threshold_and_fusion_are_kept_for_fomo_only(model: Models, tmp_path: Path) -> None:
    fomo = Bundle.create(
        model("fomo_like"), tmp_path, labels=LABELS, output="fomo", threshold=0.7, fusion="geometric"
    )
    assert (fomo.manifest.output.threshold, fomo.manifest.output.fusion) == (0.7, "geometric")
    assert (fomo.answer_rule.threshold, fomo.answer_rule.fusion) == (0.7, "geometric")
    raw = Bundle.create(model("keywords"), tmp_path)
    assert (raw.manifest.output.threshold, raw.manifest.output.fusion) == (None, None)


@pytest.mark.skipif("tflm" not in available(), reason="the tflite-micro wheel is not installed")
def test_the_arena_of_every_head_on_board_is_measured(bundle: Bundle) -> None:
    arenas = [cut.arena_bytes["tflm"] for cut in bundle.cuts]
    assert all(
        arena is not None and arena >= cut.bytes for arena, cut in zip(arenas[:12], bundle.cuts, strict=False)
    )
    assert arenas[12:] == [None] * 7
    assert "tflm" in bundle.manifest.engines


def test_an_arena_that_cannot_be_measured_is_null(
    model: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Bundle.create(model("decoder"), tmp_path)  # TFLM lacks TILE, operator 3
    assert decoder.cuts[4].arena_bytes["tflm"] is None
    monkeypatch.setattr("cutpoint.kernels.arena.tflm_installed", lambda: False)
    assert {cut.arena_bytes["tflm"] for cut in Bundle.create(model("keywords"), tmp_path).cuts} == {None}


def test_any_model_becomes_a_bundle_with_raw_outputs(every_model: Model, tmp_path: Path) -> None:
    made = Bundle.create(every_model.data, tmp_path)
    assert made.name == f"model-{every_model.id.hex()}"
    assert made.answer_rule.kind == "raw"


def test_classes_read_a_row_of_scores(model: Models, tmp_path: Path) -> None:
    words = ("yes", "no", "up", "down")
    made = Bundle.create(model("keywords"), tmp_path, name="words", labels=words, output="classes")
    assert made.answer_rule.kind == "classes"
    assert made.labels == words


def test_a_bundle_of_the_same_name_is_replaced(bundle: Bundle, model: Models, tmp_path: Path) -> None:
    again = Bundle.create(model("keywords"), tmp_path, name="small")
    assert again.path == bundle.path
    assert Bundle.open(bundle.path).model_id == model("keywords").id
    assert names(tmp_path) == ["small.cut"]


def test_something_else_in_its_place_is_left_alone(model: Models, tmp_path: Path) -> None:
    (tmp_path / "mine.cut").mkdir()
    (tmp_path / "mine.cut" / "letter.txt").write_text("dear")
    with pytest.raises(BundleError, match="exists and is no bundle"):
        Bundle.create(model("keywords"), tmp_path, name="mine")
    assert names(tmp_path / "mine.cut") == ["letter.txt"]


def test_a_disk_that_fails_leaves_the_old_bundle(
    bundle: Bundle, model: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_disk)
        with pytest.raises(BundleError, match="cannot be written: No space left on device"):
            Bundle.create(model("keywords"), tmp_path, name="small")
    assert Bundle.open(bundle.path).model_id == model("fomo_like").id
    assert names(tmp_path) == ["small.cut"]


def test_a_place_that_cannot_be_written_is_said(model: Models, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match="cannot be written to"):
        Bundle.create(model("keywords"), tmp_path / "file" / "below")


def test_missing_labels_are_asked_for(model: Models, tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match="finds 2 kinds of objects, 0 labels are given: name 2 with --labels"
    ):
        Bundle.create(model("fomo_like"), tmp_path, output="fomo")
    with pytest.raises(BundleError, match="3 labels are given"):
        Bundle.create(model("fomo_like"), tmp_path, output="fomo", labels=("background", *LABELS))
    assert names(tmp_path) == []


def test_fomo_needs_a_grid(model: Models, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"outputs of shape \[1, 4\]; 'fomo' needs one grid"):
        Bundle.create(model("keywords"), tmp_path, output="fomo", labels=LABELS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "../up"}, "name cannot be as given: a name has 1 to 64 letters"),
        ({"name": "my model"}, "name cannot be as given"),
        (
            {"labels": ("a\nb", "c")},
            r"labels\.0 cannot be as given: a label has 1 to 64 characters on one line",
        ),
        ({"labels": ("", "c")}, r"labels\.0 cannot be as given"),
        ({"threshold": 1.5}, "threshold cannot be as given: .* less than or equal to 1"),
        ({"threshold": float("nan")}, "threshold cannot be as given"),
        ({"output": "boxes"}, "kind cannot be as given: Input should be"),
        ({"max_cut": 19}, "max_cut is 19; this model has the cuts 0 to 18"),
        ({"max_cut": -1}, "max_cut is -1"),
    ],
)
def test_arguments_that_cannot_be_are_named(
    model: Models, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    arguments: dict[str, object] = {"output": "fomo", "labels": LABELS} | changes
    with pytest.raises(UsageError, match=message) as raised:
        Bundle.create(model("fomo_like"), tmp_path, **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    assert names(tmp_path) == []


def test_a_file_that_is_no_model_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Bundle.create(b"not a model", tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path) -> None:
    refused(tmp_path / "none.cut", "there is no such folder")


@pytest.mark.parametrize("name", ["manifest.json", "full.tflite", "device.tflite"])
def test_a_missing_file_is_named(bundle: Bundle, name: str) -> None:
    (bundle.path / name).unlink()
    refused(bundle.path, f"{name} is missing")


@pytest.mark.parametrize("name", ["full.tflite", "device.tflite"])
def test_a_flipped_byte_is_found(bundle: Bundle, name: str) -> None:
    data = bytearray((bundle.path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle.path / name).write_bytes(data)
    refused(bundle.path, f"{name} is not the file that the manifest describes")


def test_the_device_model_of_another_bundle_is_refused(bundle: Bundle, model: Models, tmp_path: Path) -> None:
    other = Bundle.create(model("fomo_like"), tmp_path, name="other", max_cut=9)
    (bundle.path / "device.tflite").write_bytes(other.device)
    refused(bundle.path, "device.tflite is not the file")


def test_a_manifest_of_a_newer_schema_is_refused(bundle: Bundle) -> None:
    edit_manifest(bundle, schema_version=4)
    refused(bundle.path, "has schema version 4, this program reads up to 3: update cutpoint")


def test_an_unreadable_manifest_is_refused(bundle: Bundle) -> None:
    manifest = bundle.path / "manifest.json"
    for text, message in (
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no text"),
        (b"[]", "has no schema_version"),
        (b"[" * 100_000, "is no JSON"),
    ):
        manifest.write_bytes(text)
        refused(bundle.path, message)


def test_an_enormous_manifest_is_not_read(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutpoint.graph.bundle.LARGEST_MANIFEST_BYTES", 100)
    refused(bundle.path, "larger than 100 bytes")


def test_a_folder_in_place_of_a_file_is_said(bundle: Bundle) -> None:
    (bundle.path / "full.tflite").unlink()
    (bundle.path / "full.tflite").mkdir()
    refused(bundle.path, "full.tflite is no ordinary file")


def test_labels_changed_by_hand_must_still_fit(bundle: Bundle) -> None:
    edit_manifest(bundle, labels=["one"])
    refused(bundle.path, "finds 2 kinds of objects, 1 labels are given")
