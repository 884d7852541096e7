"""What others wrote reaches the terminal as text alone."""

from __future__ import annotations

import json

import pytest

from host_tools.cli.output import console, print_json


def test_control_characters_of_others_never_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.print(
        "cam-1: \x1b]0;owned\x07\x1b[2J\x9bfine \ud800", markup=False, highlight=False, soft_wrap=True
    )
    assert capsys.readouterr().out == "cam-1: ?]0;owned??[2J?fine ?\n"


def test_half_a_character_is_written_as_json_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "a\ud800", "more": ["\udfff"]}, indent=None)
    assert json.loads(capsys.readouterr().out) == {"text": "a?", "more": ["?"]}
