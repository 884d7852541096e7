"""Runs the command in this process, as a shell would: arguments in, exit code and both outputs out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from host_tools.cli import main
from tests.flash.conftest import fake_esptool, idf

__all__ = ["fake_esptool", "idf", "run"]

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """Both outputs with line breaks folded, since rich wraps at the width of the terminal."""
        return " ".join((self.out + " " + self.err).split())


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `cutpoint ARGUMENTS`."""

    def call(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["cutpoint", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call
