"""Rollouts: the file that states them, and which version a device gets."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from edge_bundles import make_bundle
from hypothesis import given
from hypothesis import strategies as st

from cutpoint.graph import Bundle
from cutpoint.wire import DeviceId, ModelId
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.rollout import ROLLOUT_FILE, Rollout, Rollouts
from edge_server.catalogue.shelf import Shelf
from edge_server.errors import RolloutError

DEVICES = [DeviceId(f"cam-{number}") for number in range(400)]


def rollout(share: float, new: str = "two.cut", over: str = "one.cut") -> Rollout:
    return Rollout(new=new, over=over, share=share)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_growing_share_keeps_the_devices_that_it_had(one: float, other: float) -> None:
    small, large = sorted((one, other))
    reached = {device for device in DEVICES if rollout(small).reaches(device)}
    assert reached <= {device for device in DEVICES if rollout(large).reaches(device)}


def test_a_share_is_about_that_part_of_the_devices_and_its_ends_are_none_and_all() -> None:
    count = sum(rollout(0.1).reaches(device) for device in DEVICES)
    assert 20 <= count <= 60
    assert not any(rollout(0.0).reaches(device) for device in DEVICES)
    assert all(rollout(1.0).reaches(device) for device in DEVICES)


def test_another_rollout_begins_with_other_devices() -> None:
    first = {device for device in DEVICES if rollout(0.2).reaches(device)}
    second = {device for device in DEVICES if rollout(0.2, new="three.cut").reaches(device)}
    assert first != second


def test_the_choice_of_devices_is_the_documented_one() -> None:
    """Replicas of other versions must choose the same."""
    assert [device for device in DEVICES[:12] if rollout(0.25).reaches(device)] == [
        "cam-0",
        "cam-1",
        "cam-3",
        "cam-8",
    ]


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    stated = Rollouts(rollout=(rollout(0.1), rollout(1 / 3, "three.cut", "two.cut")))
    stated.write(tmp_path / ROLLOUT_FILE)
    assert Rollouts.read(tmp_path / ROLLOUT_FILE) == stated
    assert [path.name for path in tmp_path.iterdir()] == [ROLLOUT_FILE]
    assert Rollouts.read(tmp_path / "nothing.toml") == Rollouts()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("= 1", "is not TOML"),
        ("rolout = []", "rolout: Extra inputs"),
        ('[[rollout]]\nnew = "a.cut"\nover = "b.cut"', "share: Field required"),
        ('[[rollout]]\nnew = "a.cut"\nover = "b.cut"\nshare = 1.5', "share: Input should be less"),
        ('[[rollout]]\nnew = "a.cut"\nover = "b.cut"\nshare = nan', "share: "),
        ('[[rollout]]\nnew = "../a.cut"\nover = "b.cut"\nshare = 1', "new: String should match"),
        ('[[rollout]]\nnew = "a.cut"\nover = "a.cut"\nshare = 1', "circle"),
        (
            '[[rollout]]\nnew = "a.cut"\nover = "b.cut"\nshare = 1\n'
            '[[rollout]]\nnew = "b.cut"\nover = "a.cut"\nshare = 1',
            "circle",
        ),
        (
            '[[rollout]]\nnew = "a.cut"\nover = "b.cut"\nshare = 1\n'
            '[[rollout]]\nnew = "c.cut"\nover = "b.cut"\nshare = 1',
            "in one rollout at most",
        ),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / ROLLOUT_FILE
    path.write_text(text)
    with pytest.raises(RolloutError, match=says) as refused:
        Rollouts.read(path)
    assert "\n" not in str(refused.value)


def test_a_rollout_is_changed_added_and_taken_out() -> None:
    stated = Rollouts().having(rollout(0.1)).having(rollout(0.5))
    assert stated.rollout == (rollout(0.5),)
    assert stated.of("two.cut") == rollout(0.5)
    assert stated.without("two.cut") == Rollouts()
    with pytest.raises(RolloutError, match="circle"):
        stated.having(rollout(0.1, "one.cut", "two.cut"))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """`one` and `two` are one network with other labels, `three` is another network."""
    folder = tmp_path_factory.mktemp("versions")
    one = make_bundle(folder, "fomo_like", output="raw")
    two = shutil.copytree(one.path, folder / "two.cut")
    manifest = json.loads((two / "manifest.json").read_text())
    (two / "manifest.json").write_text(json.dumps(manifest | {"name": "two"}))
    return {"one": one, "two": Bundle.open(two), "three": make_bundle(folder, "uint8_io", output="raw")}


@pytest.fixture
def folder(tmp_path: Path, bundles: dict[str, Bundle]) -> Path:
    for name, bundle in bundles.items():
        shutil.copytree(bundle.path, tmp_path / f"{name}.cut")
    return tmp_path


def versions(catalogue: Catalogue, model: ModelId) -> set[str]:
    found = [catalogue.get(model, device) for device in DEVICES]
    return {version.folder for version in found if version is not None}


def test_a_share_of_the_devices_is_answered_by_the_other_manifest(
    folder: Path, bundles: dict[str, Bundle]
) -> None:
    Rollouts(rollout=(rollout(0.3),)).write(folder / ROLLOUT_FILE)
    catalogue = Shelf([folder], most_bytes=1 << 20).fill(allow_empty=False)
    model = ModelId(bundles["one"].model_id)
    for device in DEVICES:
        version = catalogue.get(model, device)
        assert version is not None
        assert version.folder == ("two.cut" if rollout(0.3).reaches(device) else "one.cut")
    nobody = catalogue.get(model)
    assert nobody is not None
    assert nobody.folder == "one.cut"
    assert catalogue.doubles == []
    assert [version.folder for version in catalogue.versions()] == ["one.cut", "three.cut", "two.cut"]


def test_versions_in_a_row_are_gone_through_as_far_as_the_shares_reach(
    folder: Path, bundles: dict[str, Bundle]
) -> None:
    stated = (rollout(1.0), rollout(0.5, "three.cut", "two.cut"))
    Rollouts(rollout=stated).write(folder / ROLLOUT_FILE)
    catalogue = Shelf([folder], most_bytes=1 << 20).fill(allow_empty=False)
    old, new = ModelId(bundles["one"].model_id), ModelId(bundles["three"].model_id)
    assert versions(catalogue, old) == {"two.cut"}
    for device in DEVICES:
        wanted = catalogue.wanted(old, device)
        assert wanted is catalogue.wanted(new, device)
        assert wanted is not None
        assert wanted.folder == ("three.cut" if stated[1].reaches(device) else "two.cut")
        # Before its share comes, or once it is over, a device is answered for what it runs.
        assert catalogue.get(new, device) is catalogue.get(new)
    assert catalogue.wanted(ModelId(bytes(4)), DEVICES[0]) is None


def test_the_file_is_followed_and_a_bad_one_changes_nothing(
    folder: Path, bundles: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge_server")
    shelf = Shelf([folder], most_bytes=1 << 20)
    model = ModelId(bundles["one"].model_id)
    assert versions(shelf.fill(allow_empty=False), model) == {"one.cut"}
    Rollouts(rollout=(rollout(1.0),)).write(folder / ROLLOUT_FILE)
    catalogue = shelf.look()
    assert catalogue is not None
    assert versions(catalogue, model) == {"two.cut"}
    (folder / ROLLOUT_FILE).write_text("[[rollout]]\nnew = 3")
    assert [shelf.look() for _ in range(3)] == [None] * 3
    refused = [record for record in caplog.records if "rollout_refused" in record.getMessage()]
    assert len(refused) == 1
    Rollouts(rollout=(rollout(0.0),)).write(folder / ROLLOUT_FILE)
    catalogue = shelf.look()
    assert catalogue is not None
    assert versions(catalogue, model) == {"one.cut"}


def test_a_rollout_waits_for_its_bundles_and_says_so_once(
    folder: Path, bundles: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "two.cut").rename(folder / "two.later")
    Rollouts(rollout=(rollout(1.0),)).write(folder / ROLLOUT_FILE)
    shelf = Shelf([folder], most_bytes=1 << 20)
    model = ModelId(bundles["one"].model_id)
    assert versions(shelf.fill(allow_empty=False), model) == {"one.cut"}
    [line] = [r.getMessage() for r in caplog.records if "rollout_waiting" in r.getMessage()]
    assert "two.cut is not on offer" in line
    (folder / "two.later").rename(folder / "two.cut")
    assert shelf.look() is None
    catalogue = shelf.look()
    assert catalogue is not None
    assert versions(catalogue, model) == {"two.cut"}


def test_a_model_that_stands_in_two_rows_is_decided_by_the_first(
    folder: Path, bundles: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(bundles["one"].path, folder / "four.cut")
    stated = (rollout(1.0), rollout(1.0, "three.cut", "four.cut"))
    Rollouts(rollout=stated).write(folder / ROLLOUT_FILE)
    catalogue = Shelf([folder], most_bytes=1 << 20).fill(allow_empty=False)
    assert versions(catalogue, ModelId(bundles["one"].model_id)) == {"two.cut"}
    assert any("stand in another rollout" in record.getMessage() for record in caplog.records)
