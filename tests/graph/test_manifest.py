"""What a manifest must satisfy, and how an old one becomes a new one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutpoint import Bundle, Model
from cutpoint.errors import BundleError
from cutpoint.graph.manifest import SCHEMA_VERSION, UPGRADES, Manifest, read_manifest, upgrade


@pytest.fixture
def document(model: Callable[[str], Model], tmp_path: Path) -> dict[str, Any]:
    return json.loads(Bundle.create(model("autoencoder"), tmp_path).manifest.to_json())


def refused(document: object, message: str) -> None:
    with pytest.raises(BundleError, match=message) as raised:
        read_manifest(json.dumps(document), "manifest.json")
    assert "\n" not in str(raised.value)


def test_a_manifest_survives_writing_and_reading(document: dict[str, Any]) -> None:
    manifest = Manifest.model_validate(document)
    assert read_manifest(manifest.to_json(), "manifest.json") == manifest


def test_scales_keep_every_bit(model: Callable[[str], Model], document: dict[str, Any]) -> None:
    entry, tensor = document["cuts"][1]["tensors"][0], model("autoencoder").cuts[1].tensors[0]
    assert (entry["scale"], entry["zero_point"]) == (tensor.scale, tensor.zero_point)


def test_an_unknown_field_is_refused(document: dict[str, Any]) -> None:
    refused(document | {"colour": "red"}, "not valid at colour")


def test_a_missing_field_is_refused(document: dict[str, Any]) -> None:
    del document["labels"]
    refused(document, "not valid at labels: Field required")


def test_a_field_of_the_wrong_kind_is_refused(document: dict[str, Any]) -> None:
    document["cuts"][2]["bytes"] = "many"
    refused(document, r"not valid at cuts\.2\.bytes")


def test_negative_sizes_are_refused(document: dict[str, Any]) -> None:
    document["operators"][0]["macs"] = -1
    refused(document, r"not valid at operators\.0\.macs")


def test_a_scale_that_is_no_number_is_refused(document: dict[str, Any]) -> None:
    document["inputs"][0]["scale"] = float("nan")
    refused(document, r"not valid at inputs\.0\.scale")


def test_a_tensor_of_the_wrong_size_is_refused(document: dict[str, Any]) -> None:
    document["inputs"][0]["bytes"] += 1
    refused(document, "its shape needs others")


def test_a_cut_of_the_wrong_size_is_refused(document: dict[str, Any]) -> None:
    document["cuts"][1]["bytes"] += 1
    refused(document, "its tensors have others")


def test_a_missing_cut_is_refused(document: dict[str, Any]) -> None:
    del document["cuts"][2]
    refused(document, "4 operators need the cuts 0 to 4")


def test_operators_out_of_order_are_refused(document: dict[str, Any]) -> None:
    document["operators"].reverse()
    refused(document, "not numbered from 0 on")


def test_more_operators_on_board_than_there_are_is_refused(document: dict[str, Any]) -> None:
    refused(document | {"max_cut": 5}, "max_cut is 5, the last cut is 4")


@pytest.mark.parametrize("version", [None, "1", 1.0, True])
def test_a_version_that_is_no_number_is_refused(document: dict[str, Any], version: object) -> None:
    refused(document | {"schema_version": version}, "has no schema_version")


def test_a_version_that_never_was_is_refused(document: dict[str, Any]) -> None:
    refused(document | {"schema_version": 0}, "schema version 0, which no release of cutpoint has written")


def test_an_old_document_is_upgraded_one_version_at_a_time() -> None:
    upgrades = {
        1: lambda old: old | {"schema_version": 2, "steps": [1]},
        2: lambda old: old | {"schema_version": 3, "steps": [*old["steps"], 2]},
    }
    new = upgrade({"schema_version": 1}, "manifest.json", upgrades=upgrades, newest=3)
    assert new == {"schema_version": 3, "steps": [1, 2]}


def test_a_bundle_from_before_there_were_plans_opens_without_one(document: dict[str, Any]) -> None:
    del document["stream"], document["codecs"]
    for cut in document["cuts"]:
        cut["arena_bytes"] = {"tflm": cut["arena_bytes"]["tflm"]}
    old = read_manifest(json.dumps(document | {"schema_version": 1}), "manifest.json")
    assert old.schema_version == SCHEMA_VERSION
    assert (old.stream.operators, old.stream.plan) == (0, None)
    assert old.stream.why is not None
    assert "make it again with `cutpoint split`" in old.stream.why


def test_every_older_version_has_an_upgrade() -> None:
    assert set(UPGRADES) == set(range(1, SCHEMA_VERSION))
