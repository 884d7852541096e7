"""Measured profiles of boards as what a planner starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutpoint.plan import MACHINES
from edge_server.errors import ConfigError
from edge_server.planning.machines import machine_classes

BOARD = """
chip = "esp32-s3"
title = "a board"
[planner]
mac_us = 0.01
byte_us = 0.02
overhead_us = 5
basis = "measured"
source = "cutpoint profile, here"
"""


def test_a_profile_replaces_the_builtin_figures_of_its_chip_alone(tmp_path: Path) -> None:
    (tmp_path / "board.toml").write_text(BOARD)
    known = machine_classes([tmp_path / "board.toml"])
    assert known["esp32-s3"].operator_us(1000, 0) == pytest.approx(15.0)
    assert known["esp32-s3"].operator_us(0, 100) == pytest.approx(7.0)
    assert known["esp32"] is MACHINES["esp32"]


def test_a_chip_that_was_unknown_gets_figures_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "board.toml").write_text(BOARD.replace("esp32-s3", "esp32-p9"))
    assert machine_classes([tmp_path / "board.toml"])["esp32-p9"].mac_us == 0.01


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("chip = 3", "chip"),
        ('chip = "x"', "planner"),
        (BOARD.replace("mac_us = 0.01", "mac_us = 0"), "mac_us"),
        (BOARD.replace("mac_us = 0.01", "mac_us = nan"), "mac_us"),
        (BOARD.replace("byte_us = 0.02", "byte_us = -1"), "byte_us"),
        ("chip = ", "not TOML"),
    ],
)
def test_what_is_no_measured_profile_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "board.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"board\.toml") as refused:
        machine_classes([tmp_path / "board.toml"])
    assert complaint in str(refused.value)


def test_two_profiles_of_one_chip_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(BOARD)
    with pytest.raises(ConfigError, match="already"):
        machine_classes([tmp_path / "a.toml", tmp_path / "b.toml"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        machine_classes([tmp_path / "none.toml"])
