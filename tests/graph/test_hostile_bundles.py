"""Bundles that someone damaged or put together: one sentence, whatever the field or file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cutpoint import Bundle, Model
from cutpoint.errors import BundleError

Models = Callable[[str], Model]
LONGEST_SENTENCE = 300


@pytest.fixture
def bundle(model: Models, tmp_path: Path) -> Bundle:
    return Bundle.create(
        model("fomo_like").data, tmp_path, name="x", labels=("a", "b"), output="fomo", max_cut=3
    )


def refused(path: Path, message: str) -> None:
    with pytest.raises(BundleError, match=message) as raised:
        Bundle.open(path)
    said = str(raised.value).replace(str(path), "")
    assert said.isprintable()
    assert len(said) < LONGEST_SENTENCE


def manifest_of(bundle: Bundle) -> Any:
    return json.loads((bundle.path / "manifest.json").read_text())


def put(bundle: Bundle, document: Any) -> None:
    (bundle.path / "manifest.json").write_text(json.dumps(document))


def give(bundle: Bundle, name: str, field: str, data: bytes) -> None:
    """Put another file in place and have the manifest vouch for it."""
    (bundle.path / name).write_bytes(data)
    put(bundle, manifest_of(bundle) | {field: hashlib.sha256(data).hexdigest()})


def test_half_a_character_in_any_text_is_refused(bundle: Bundle) -> None:
    whole = manifest_of(bundle)
    for field, value in (
        ("labels", ["a", "\ud800"]),
        ("repairs", ["\udfff"]),
        ("engines", {"tflm": "\ud800"}),
    ):
        put(bundle, whole | {field: value})
        refused(bundle.path, field)


def test_a_key_of_many_lines_is_named_on_one_short_line(bundle: Bundle) -> None:
    put(bundle, manifest_of(bundle) | {"two\nlines" + "x" * 10_000: 1})
    refused(bundle.path, r"two\\nlines")


@pytest.mark.parametrize("ends", ["inputs", "outputs"])
def test_a_model_without_ends_is_refused(bundle: Bundle, ends: str) -> None:
    put(bundle, manifest_of(bundle) | {ends: []})
    refused(bundle.path, ends)


@pytest.mark.parametrize("field", ["schema_version", "max_cut"])
def test_a_huge_number_is_not_repeated_in_the_sentence(bundle: Bundle, field: str) -> None:
    put(bundle, manifest_of(bundle) | {field: 10**400})
    refused(bundle.path, field)


WRONG = (None, True, -1, 7, 10**30, -0.5, "", "INT8", [], {})


def fields(entry: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The place of every number and name below an entry, arenas left out: they are measured, not read."""
    if isinstance(entry, dict | list):
        for step, below in entry.items() if isinstance(entry, dict) else enumerate(entry):
            if step != "arena_bytes":
                yield from fields(below, (*path, step))
    else:
        yield path


@pytest.mark.parametrize(
    "place", [("inputs", 0), ("outputs", 0), ("operators", 2), ("cuts", 0), ("cuts", 3), ("cuts", 18)]
)
def test_every_number_and_name_must_be_that_of_the_model(bundle: Bundle, place: tuple[Any, ...]) -> None:
    document = manifest_of(bundle)
    for path in list(fields(document[place[0]][place[1]], place)):
        *way, last = path
        holder = document
        for step in way:
            holder = holder[step]
        right = holder[last]
        for wrong in WRONG:
            if wrong == right:  # 1 and True are the same number
                continue
            holder[last] = wrong
            put(bundle, document)
            refused(bundle.path, "manifest.json")
        holder[last] = right
    put(bundle, document)
    assert Bundle.open(bundle.path).n == bundle.n


def test_a_cut_or_an_operator_too_few_is_refused(bundle: Bundle) -> None:
    document = manifest_of(bundle)
    put(bundle, document | {"operators": document["operators"][:-1], "cuts": document["cuts"][:-1]})
    refused(bundle.path, "names other operators than the model beside it")


def test_the_device_model_must_be_the_start_of_the_whole(bundle: Bundle, model: Models) -> None:
    for other in (model("keywords").data, model("fomo_like").truncate(4)):
        give(bundle, "device.tflite", "device_sha256", other)
        refused(bundle.path, r"device.tflite does not hold the first 3 operators of full.tflite")


def test_a_vouched_for_file_that_is_no_model_is_refused(bundle: Bundle) -> None:
    give(bundle, "device.tflite", "device_sha256", b"no model at all")
    refused(bundle.path, "device.tflite cannot be used: this is no .tflite file")
    give(bundle, "full.tflite", "sha256", b"no model at all")
    refused(bundle.path, "full.tflite cannot be used: this is no .tflite file")


def test_the_whole_of_another_model_is_refused(bundle: Bundle, model: Models) -> None:
    give(bundle, "full.tflite", "sha256", model("keywords").data)
    refused(bundle.path, "names other inputs than the model beside it")


@pytest.mark.parametrize("name", ["manifest.json", "full.tflite", "device.tflite", "stream.plan"])
def test_a_pipe_or_an_endless_file_is_not_read(bundle: Bundle, name: str) -> None:
    (bundle.path / name).unlink()
    os.mkfifo(bundle.path / name)
    refused(bundle.path, f"{name} is no ordinary file")
    (bundle.path / name).unlink()
    (bundle.path / name).symlink_to("/dev/zero")
    refused(bundle.path, f"{name} is no ordinary file")


def test_a_link_that_leads_nowhere_or_to_itself_is_refused(bundle: Bundle) -> None:
    full = bundle.path / "full.tflite"
    full.unlink()
    full.symlink_to("gone")
    refused(bundle.path, "full.tflite is missing")
    full.unlink()
    full.symlink_to("full.tflite")
    refused(bundle.path, "full.tflite")


def test_a_bundle_without_operators_on_board_opens(model: Models, tmp_path: Path) -> None:
    assert Bundle.create(model("fomo_like"), tmp_path, max_cut=0).max_cut == 0


def test_a_path_that_no_file_system_takes_is_refused() -> None:
    refused(Path("x" * 5_000), "cannot be read: File name too long")
