"""What a build for a board begins with, as board.cmake chooses it; CMake itself runs it as a script."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from board_files import ENVIRONMENTS, ESP32, board_head, board_values

pytestmark = pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is not here")
NAMES = ("cutpoint_net", "cutpoint_camera", "SDKCONFIG_DEFAULTS", "SDKCONFIG", "IDF_TARGET")


def run(build: Path, given: dict[str, str], environment: str = "") -> subprocess.CompletedProcess[str]:
    """The choice for these CMake variables in this build folder, IDF_TARGET of the shell being `environment`."""
    script = build / "choose.cmake"
    says = "".join(f'message(STATUS "{name}=${{{name}}}")\n' for name in NAMES)
    script.write_text(f'include("{ESP32}/board.cmake")\ncutpoint_choose_board("{ESP32}")\n{says}')
    shell = {name: value for name, value in os.environ.items() if name != "IDF_TARGET"}
    if environment:
        shell["IDF_TARGET"] = environment
    options = [f"-D{name}={value}" for name, value in given.items()]
    return subprocess.run(
        ["cmake", *options, "-P", str(script)],
        cwd=build,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )


def choose(build: Path, **given: str) -> dict[str, str]:
    done = run(build, given)
    assert done.returncode == 0, done.stderr
    lines = [line.removeprefix("-- ").partition("=") for line in done.stdout.splitlines()]
    return {name: value for name, _, value in lines}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_board_brings_its_chip_its_options_and_its_network(environment: str, tmp_path: Path) -> None:
    chosen = choose(tmp_path, CUTPOINT_BOARD=environment)
    assert chosen["IDF_TARGET"] == board_values(environment)["IDF_TARGET"].strip('"')
    assert chosen["cutpoint_net"] == board_head(environment)["net"]
    assert chosen["cutpoint_camera"] == ("ON" if board_head(environment).get("camera") == "on" else "OFF")
    assert chosen["SDKCONFIG_DEFAULTS"] == f"{ESP32}/sdkconfig.defaults;{ESP32}/boards/{environment}.defaults"


def test_a_board_keeps_its_options_beside_its_build(tmp_path: Path) -> None:
    """One sdkconfig among the sources would hand the first board's chip and options to every other one."""
    assert choose(tmp_path, CUTPOINT_BOARD="esp32-c3")["SDKCONFIG"] == f"{tmp_path}/sdkconfig"


def test_what_is_given_is_left_alone(tmp_path: Path) -> None:
    given = {"SDKCONFIG": "/mine", "SDKCONFIG_DEFAULTS": "a;b", "IDF_TARGET": "esp32"}
    chosen = choose(
        tmp_path, CUTPOINT_BOARD="esp32dev", CUTPOINT_NET="ethernet", CUTPOINT_CAMERA="ON", **given
    )
    assert {name: chosen[name] for name in given} == given
    assert (chosen["cutpoint_net"], chosen["cutpoint_camera"]) == ("ethernet", "ON")


@pytest.mark.parametrize(
    ("given", "environment"),
    [({"IDF_TARGET": "esp32s3"}, ""), ({}, "esp32s3"), ({"IDF_TARGET": "esp32c3"}, "esp32s3")],
)
def test_another_chip_than_the_boards_is_refused(
    given: dict[str, str], environment: str, tmp_path: Path
) -> None:
    done = run(tmp_path, {"CUTPOINT_BOARD": "esp32-c3", **given}, environment)
    assert done.returncode != 0
    assert "whose chip is esp32c3; IDF_TARGET is esp32s3" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"CUTPOINT_BOARD": "esp31"}, "CUTPOINT_BOARD is esp31"),
        ({"CUTPOINT_NET": "lora"}, "CUTPOINT_NET is lora"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(given: dict[str, str], says: str, tmp_path: Path) -> None:
    done = run(tmp_path, given)
    assert done.returncode != 0
    assert says in " ".join(done.stderr.split())
