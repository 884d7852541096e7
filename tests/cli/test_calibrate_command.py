"""`cutpoint calibrate`: what it prints, what it leaves, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.calibration.candidate import Family
from host_tools.cli.app import app, load_commands
from host_tools.cli.calibrate import families_of, points_of

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "models/fomo_digits_64/pictures"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    full = (ROOT / "models/fomo_digits_64.cut/full.tflite").read_bytes()
    return Bundle.create(full, tmp_path, name="x", labels=list("0123456789"), output="fomo").path


def calibrate(*arguments: object) -> tuple[int, str, BaseException | None]:
    load_commands()
    ended = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    return ended.exit_code, ended.stdout, ended.exception


def test_settings_are_printed_and_stand_in_the_bundle(bundle: Path) -> None:
    code, text, _ = calibrate(
        bundle, "--pictures", PICTURES, "--cuts", "17", "--codec", "rans", "--max-loss", "9pp"
    )
    assert code == 0
    codecs = Bundle.open(bundle).manifest.codecs
    assert codecs is not None
    assert (
        f"{len(codecs.settings)} settings, codec.tables {codecs.bytes:,} B, version {codecs.version}"
        in " ".join(text.split())
    )
    assert {setting.codec for setting in codecs.settings} == {"rans"}
    assert (codecs.pictures, codecs.held_out) == (16, 8)


def test_json_says_what_the_manifest_says(bundle: Path) -> None:
    code, text, _ = calibrate(bundle, "--pictures", PICTURES, "--cuts", "21", "--codec", "lowbit", "--json")
    assert code == 0
    said = json.loads(text)
    assert said.pop("bundle") == str(bundle)
    codecs = Bundle.open(bundle).manifest.codecs
    assert codecs is not None
    assert said == json.loads(codecs.model_dump_json())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cuts", "26"), "cut 26 does not exist on a board"),
        (("--max-loss", "little"), "write for instance 0.5pp"),
        (("--max-loss", "-1"), "give 0 or more"),
        (("--held-out", "0.1"), "are too few"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    bundle: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}
    _, _, error = calibrate(bundle, "--pictures", PICTURES, *arguments)
    assert isinstance(error, UsageError)
    assert message in str(error)
    assert {file.name: file.read_bytes() for file in bundle.iterdir()} == before


def test_a_folder_without_pictures_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, _, error = calibrate(bundle, "--pictures", tmp_path / "empty")
    assert "holds no picture" in str(error)
    shutil.rmtree(bundle)
    assert "there is no such folder" in str(calibrate(bundle, "--pictures", PICTURES)[2])


def test_points_are_read_with_and_without_their_unit() -> None:
    assert [points_of(text) for text in ("3pp", " 0.5pp", "2")] == [3.0, 0.5, 2.0]


def test_slices_come_with_rans() -> None:
    assert families_of([]) == frozenset(Family)
    assert families_of(["rans"]) == {Family.RANS, Family.SLICED}
    assert families_of(["delta", "lowbit"]) == {Family.DELTA, Family.LOWBIT}
