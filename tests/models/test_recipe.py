"""The recipe's command line, and what it says when it cannot work."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cutpoint.answer import Box
from models import needs
from models.fomo_digits import pictures
from models.fomo_digits.scenes import Scene

ROOT = Path(__file__).resolve().parents[2]


def recipe(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.fomo_digits", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_a_quick_run_does_not_replace_the_model_that_ships() -> None:
    ended = recipe("--quick")
    assert ended.returncode == 2
    assert "--out" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_size_that_the_recipe_does_not_make_is_refused_with_those_it_makes() -> None:
    ended = recipe("--side", "80", "--out", "/nowhere")
    assert ended.returncode == 2
    assert "96 or 64" in ended.stdout


def test_help_names_every_option() -> None:
    ended = recipe("--help")
    assert ended.returncode == 0
    assert all(
        option in ended.stdout
        for option in ("--out", "--side", "--seed", "--steps", "--quick", "--keep", "--threads")
    )


def test_a_missing_package_is_one_sentence_with_the_mend() -> None:
    with pytest.raises(needs.PackageMissingError, match=r"pip install '.\[models\]'"):
        needs.need("tensorflow_that_is_not_there")


@pytest.mark.parametrize(("room", "work"), [("fomo_digits", "run"), ("tiny", "make")])
def test_the_mend_reaches_the_terminal_whole(
    room: str, work: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def lacks(*_: object, **__: object) -> None:
        needs.need("tensorflow_that_is_not_there")

    program = importlib.import_module(f"models.{room}.__main__")
    monkeypatch.setattr(program, work, lacks)
    command = typer.Typer()
    command.command()(program.main)
    ended = CliRunner().invoke(command, ["--out", str(tmp_path)])
    assert ended.exit_code == 2
    assert "pip install '.[models]'" in " ".join(ended.stdout.split())


def test_pictures_come_back_as_they_were_saved(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    pictures.save([Scene(pixels, (Box(3, 1, 2, 16, 16),))], tmp_path)
    (again,) = pictures.load(tmp_path)
    assert np.array_equal(again.pixels, pixels)
    assert again.objects == (Box(3, 1, 2, 16, 16),)


def test_saving_fewer_pictures_removes_the_rest(tmp_path: Path) -> None:
    scene = Scene(np.zeros((96, 96, 3), np.uint8), ())
    pictures.save([scene, scene], tmp_path)
    pictures.save([scene], tmp_path)
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["labels.json", "scene-000.webp"]
