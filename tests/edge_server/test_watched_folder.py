"""The models folder as its bundles come, change, break and go."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from edge_bundles import make_bundle
from hand_device import until

from cutpoint.graph import Bundle
from cutpoint.wire import ModelId
from edge_server.catalogue.catalogue import Catalogue
from edge_server.catalogue.shelf import Shelf
from edge_server.catalogue.watcher import Watcher
from edge_server.errors import CatalogueError

MOST = 1 << 22


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Three small bundles, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    return {name: make_bundle(folder, name, output="raw") for name in ("float32", "uint8_io", "fomo_like")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = tmp_path / "models"
    models.mkdir()
    return models


def put(bundle: Bundle, folder: Path, name: str | None = None) -> Path:
    return Path(shutil.copytree(bundle.path, folder / f"{name or bundle.name}.cut"))


def filled(folder: Path) -> Shelf:
    shelf = Shelf([folder], most_bytes=MOST)
    shelf.fill(allow_empty=True)
    return shelf


def names(catalogue: Catalogue | None) -> list[str] | None:
    return None if catalogue is None else sorted(model.bundle.name for model in catalogue)


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[str]:
    lines = [record.getMessage() for record in caplog.records]
    return [line for line in lines if line.startswith(f"event={event} ")]


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "edge_server")


def test_a_bundle_that_comes_is_opened_once_it_stood_still(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    shelf = filled(folder)
    put(made["float32"], folder)
    assert shelf.look() is None
    assert names(shelf.look()) == ["float32"]
    assert shelf.look() is None
    assert len(said(caplog, "bundle_added")) == 1


def test_a_bundle_that_is_being_copied_is_left_alone_until_it_is_whole(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    shelf = filled(folder)
    target = folder / "float32.cut"
    target.mkdir()
    whole = (made["float32"].path / "full.tflite").read_bytes()
    for part in range(1, 5):
        (target / "full.tflite").write_bytes(whole[: part * len(whole) // 4])
        assert shelf.look() is None
    for name in ("device.tflite", "manifest.json"):
        shutil.copy(made["float32"].path / name, target)
        assert shelf.look() is None
    assert names(shelf.look()) == ["float32"]
    assert said(caplog, "bundle_skipped") == []


def test_a_half_copied_bundle_is_said_once_and_served_when_the_rest_comes(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    put(made["uint8_io"], folder)
    shelf = filled(folder)
    half = put(made["float32"], folder)
    (half / "manifest.json").unlink()
    assert [shelf.look() for _ in range(5)] == [None] * 5
    [line] = said(caplog, "bundle_skipped")
    assert "manifest.json is missing" in line
    shutil.copy(made["float32"].path / "manifest.json", half)
    assert shelf.look() is None
    assert names(shelf.look()) == ["float32", "uint8_io"]


def test_a_bundle_that_breaks_keeps_its_old_version_on_offer(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    path = put(made["float32"], folder)
    shelf = filled(folder)
    (path / "full.tflite").write_bytes(b"spoilt")
    assert [shelf.look() for _ in range(4)] == [None] * 4
    [line] = said(caplog, "bundle_skipped")
    assert "stays on offer" in line
    shutil.copy(made["float32"].path / "full.tflite", path)
    assert shelf.look() is None
    assert names(shelf.look()) == ["float32"]


def test_a_bundle_that_is_replaced_by_another_model_serves_that(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    path = put(made["float32"], folder)
    shelf = filled(folder)
    shutil.rmtree(path)
    put(made["uint8_io"], folder, "float32")
    assert shelf.look() is None
    changed = shelf.look()
    assert names(changed) == ["uint8_io"]
    assert len(said(caplog, "bundle_changed")) == 1
    assert changed is not None
    assert changed.offered(ModelId(made["float32"].model_id)) == (ModelId(made["uint8_io"].model_id),)


def test_a_bundle_that_is_removed_leaves_and_one_that_vanishes_for_a_moment_stays(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    put(made["uint8_io"], folder)
    path = put(made["float32"], folder)
    shelf = filled(folder)
    aside = path.rename(folder.parent / "aside")
    assert shelf.look() is None
    aside.rename(path)
    assert [shelf.look() for _ in range(3)] == [None] * 3
    shutil.rmtree(path)
    assert shelf.look() is None
    assert names(shelf.look()) == ["uint8_io"]
    assert len(said(caplog, "bundle_removed")) == 1


def test_the_last_bundle_may_be_removed(folder: Path, made: dict[str, Bundle]) -> None:
    path = put(made["float32"], folder)
    shelf = filled(folder)
    shutil.rmtree(path)
    assert shelf.look() is None
    assert names(shelf.look()) == []


def test_a_folder_that_vanishes_as_a_whole_removes_nothing(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    put(made["float32"], folder)
    put(made["uint8_io"], folder)
    shelf = filled(folder)
    disk = folder.rename(folder.parent / "disk")
    assert [shelf.look() for _ in range(3)] == [None] * 3
    folder.mkdir()  # the mount point that a disk leaves behind
    assert [shelf.look() for _ in range(3)] == [None] * 3
    assert len(said(caplog, "models_folder_gone")) == 1
    folder.rmdir()
    disk.rename(folder)
    assert [shelf.look() for _ in range(3)] == [None] * 3
    assert len(said(caplog, "models_folder_back")) == 1
    assert said(caplog, "bundle_removed") == []


def test_a_named_bundle_that_vanishes_stays_on_offer(folder: Path, made: dict[str, Bundle]) -> None:
    path = put(made["float32"], folder)
    shelf = filled(path)
    path.rename(folder.parent / "aside")
    assert [shelf.look() for _ in range(4)] == [None] * 4


def test_nothing_is_read_again_that_did_not_change(
    folder: Path, made: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(made["float32"], folder)
    shelf = filled(folder)
    monkeypatch.setattr(Bundle, "open", lambda path: pytest.fail(f"{path} was opened again"))
    assert [shelf.look() for _ in range(3)] == [None] * 3


def test_a_folder_of_200_bundles_is_served_and_looked_at_quickly(
    folder: Path, made: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Bundle.open(made["float32"].path)
    for number in range(200):
        put(made["float32"], folder, f"model-{number:03}")

    def other_id(path: Path) -> Bundle:
        # 200 networks of one architecture: opening each for real would test Bundle.open alone.
        digest = f"{int(path.stem[-3:]):08x}{opened.manifest.sha256[8:]}"
        manifest = opened.manifest.model_copy(update={"sha256": digest, "name": path.stem})
        return replace(opened, path=path, manifest=manifest)

    monkeypatch.setattr(Bundle, "open", other_id)
    shelf = Shelf([folder], most_bytes=MOST)
    catalogue = shelf.fill(allow_empty=False)
    assert len(catalogue) == 200
    assert all(model.bundle._model is None for model in catalogue)
    assert len(catalogue.offered(ModelId(bytes(4)))) == 64
    assert shelf.look() is None
    (folder / "model-007.cut" / "manifest.json").touch()
    shutil.rmtree(folder / "model-008.cut")
    assert shelf.look() is None
    changed = shelf.look()
    assert changed is not None
    assert len(changed) == 199
    assert changed.get(ModelId.of_hex("00000009")) is catalogue.get(ModelId.of_hex("00000009"))
    assert changed.get(ModelId.of_hex("00000008")) is None


def test_two_bundles_of_one_model_are_said_once_and_the_first_is_on_offer(
    folder: Path, made: dict[str, Bundle], caplog: pytest.LogCaptureFixture
) -> None:
    put(made["float32"], folder, "a")
    put(made["float32"], folder, "b")
    shelf = filled(folder)
    put(made["uint8_io"], folder, "c")
    shelf.look()
    catalogue = shelf.look()
    assert catalogue is not None
    chosen = catalogue.get(ModelId(made["float32"].model_id))
    assert chosen is not None
    assert chosen.folder == "a.cut"
    [line] = said(caplog, "bundle_skipped")
    assert "same model as" in line


def test_an_empty_folder_may_wait_for_its_first_bundle(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = Shelf([folder], most_bytes=MOST)
    assert len(shelf.fill(allow_empty=True)) == 0
    [line] = said(caplog, "models_empty")
    assert "cutpoint split" in line
    with pytest.raises(CatalogueError, match="no usable bundle"):
        Shelf([folder], most_bytes=MOST).fill(allow_empty=False)
    with pytest.raises(CatalogueError, match="no such folder"):
        Shelf([folder / "nowhere"], most_bytes=MOST).fill(allow_empty=True)


def test_the_watcher_hands_over_what_changed_and_ends(folder: Path, made: dict[str, Bundle]) -> None:
    seen: list[Catalogue] = []
    watcher = Watcher(filled(folder), 0.02, seen.append)
    watcher.start()
    try:
        put(made["float32"], folder)
        until(lambda: bool(seen) and names(seen[-1]) == ["float32"])
    finally:
        assert watcher.stop(2)


def test_a_folder_that_cannot_be_listed_removes_nothing(
    folder: Path, made: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(made["float32"], folder)
    shelf = filled(folder)

    def stale(_path: object) -> object:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("edge_server.catalogue.folder.os.scandir", stale)
    assert [shelf.look() for _ in range(3)] == [None] * 3
