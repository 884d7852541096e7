"""Building is handed to PlatformIO or idf.py, whichever is here, with the board's own choices."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from host_tools.toolchain import (
    BuildTool,
    Environment,
    build_command,
    environments,
    find_environment,
    source_tree,
)
from host_tools.toolchain import build as module
from tests.cli.conftest import Run
from tests.cli.conftest import run as run
from tests.flash.built_files import ROOT, idf_build, pio_build


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with one board, and neither tool on this machine."""
    boards = tmp_path / "tree/firmware/esp32/boards"
    boards.mkdir(parents=True)
    (boards / "esp32dev.defaults").write_text('# net: wifi\nCONFIG_IDF_TARGET="esp32"\n')
    (tmp_path / "tree/firmware/esp32/CMakeLists.txt").touch()
    (tmp_path / "tree/platformio.ini").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("IDF_PATH", "IDF_PYTHON_ENV_PATH", "CUTPOINT_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "tree")
    (tmp_path / "bin").mkdir()
    return tmp_path / "tree"


def a_tool(tree: Path, name: str, script: str = "exit 0") -> Path:
    path = tree.parent / "bin" / name
    path.write_text(f'#!/bin/sh\necho "$0 $*" >> {tree.parent}/calls\n{script}\n')
    path.chmod(0o755)
    return path


def test_the_boards_of_this_source_tree_have_their_chips() -> None:
    chips = {one.name: one.chip.name for one in environments(ROOT)}
    assert chips["esp32dev"] == chips["esp32-cam"] == chips["esp32-qemu"] == "esp32"
    assert chips["esp32-s3-eye"] == chips["esp32-s3-devkit"] == "esp32s3"
    assert chips["esp32-c3"] == "esp32c3"


def test_without_a_tool_both_are_named(tree: Path, run: Run) -> None:
    outcome = run("build", "--env", "esp32dev")
    assert outcome.code == 2
    assert "neither PlatformIO nor ESP-IDF is here: pip install platformio" in outcome.sentence
    assert "source the export.sh" in run("build", "--env", "esp32dev", "--with", "idf").sentence
    assert "PlatformIO is not installed" in run("build", "--env", "esp32dev", "--with", "pio").sentence


def test_platformio_is_taken_where_it_is(tree: Path) -> None:
    pio, _ = a_tool(tree, "pio"), a_tool(tree, "idf.py")
    command = build_command(tree, find_environment(tree, "esp32dev"), None)
    assert command.tool is BuildTool.pio
    assert command.arguments == (str(pio), "run", "--project-dir", str(tree), "--environment", "esp32dev")
    assert command.folder == tree / ".pio/build/esp32dev"


def test_idf_gets_board_target_and_a_configuration_of_its_own(tree: Path) -> None:
    idf = a_tool(tree, "idf.py")
    command = build_command(tree, find_environment(tree, "esp32dev"), None, ("-DCUTPOINT_NET=openeth",))
    folder = tree / "build/firmware/esp32dev"
    assert command.arguments == (
        *(str(idf), "-C", str(tree / "firmware/esp32"), "-B", str(folder)),
        *("-DCUTPOINT_BOARD=esp32dev", "-DIDF_TARGET=esp32", f"-DSDKCONFIG={folder}/sdkconfig"),
        *("-DCUTPOINT_NET=openeth", "build"),
    )


def test_idf_is_found_by_idf_path_with_its_own_python(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree.parent / "idf/tools").mkdir(parents=True)
    (tree.parent / "idf/tools/idf.py").touch()
    (tree.parent / "env/bin").mkdir(parents=True)
    (tree.parent / "env/bin/python").touch()
    monkeypatch.setenv("IDF_PATH", str(tree.parent / "idf"))
    assert module.find_idf() == ("python3", str(tree.parent / "idf/tools/idf.py"))
    monkeypatch.setenv("IDF_PYTHON_ENV_PATH", str(tree.parent / "env"))
    assert module.find_idf() == (str(tree.parent / "env/bin/python"), str(tree.parent / "idf/tools/idf.py"))


def test_a_build_ends_with_the_size_of_the_app(tree: Path, run: Run) -> None:
    a_tool(tree, "pio")
    pio_build(tree / ".pio/build/esp32dev")
    outcome = run("build", "--env", "esp32dev", "--", "--jobs", "1")
    assert outcome.code == 0
    assert "B of the 1,572,864 B in ota_0, for ESP32 with 4MB of flash" in outcome.sentence
    assert (tree.parent / "calls").read_text().endswith("--environment esp32dev --jobs 1\n")


def test_a_build_that_fails_ends_with_code_1(tree: Path, run: Run) -> None:
    a_tool(tree, "idf.py", "exit 7")
    idf_build(tree / "build/firmware/esp32dev")
    outcome = run("build", "--env", "esp32dev", "--with", "idf")
    assert outcome.code == 1
    assert "idf could not build esp32dev" in outcome.sentence


def test_a_dry_run_prints_the_command_and_runs_nothing(tree: Path, run: Run) -> None:
    a_tool(tree, "idf.py")
    assert "-DCUTPOINT_BOARD=esp32dev" in run("build", "--env", "esp32dev", "--dry-run").out
    assert not (tree.parent / "calls").exists()


def test_without_a_board_they_are_listed(tree: Path, run: Run) -> None:
    outcome = run("build")
    assert outcome.code == 2
    assert "esp32dev ESP32" in outcome.sentence
    assert "expected one of esp32dev" in run("build", "--env", "esp8266").sentence
    assert "'esp32dev' is no option" in run("build", "esp32dev", "--env", "esp32dev").sentence


def test_outside_of_a_source_tree_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTPOINT_SOURCE", str(tmp_path))
    with pytest.raises(UsageError, match=r"no source tree of the firmware \(\$CUTPOINT_SOURCE is"):
        source_tree()
    monkeypatch.setenv("CUTPOINT_SOURCE", str(ROOT))
    assert source_tree() == ROOT


def test_ctrl_c_stops_the_tool(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = a_tool(tree, "pio", "exec /bin/sleep 60")
    command = module.BuildCommand(BuildTool.pio, (str(tool),), tree)
    started = module.subprocess.Popen
    made = []

    class Interrupted(started):  # type: ignore[type-arg,misc,valid-type]
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            made.append(self)
            self.first = True

        def wait(self, timeout: float | None = None) -> int:
            if self.first:
                self.first = False
                raise KeyboardInterrupt
            return int(super().wait(timeout))

    monkeypatch.setattr(module.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        module.run_build(command)
    assert made[0].poll() == -15
    with pytest.raises(ProcessLookupError):
        os.kill(made[0].pid, 0)


def test_an_environment_is_a_plain_value() -> None:
    assert isinstance(environments(ROOT)[0], Environment)
