"""Native chatter is captured, other writers are not silenced."""

from __future__ import annotations

import os

import pytest

from cutpoint.kernels.quiet import captured_stderr


def test_native_lines_are_handed_over_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with captured_stderr() as printed:
        os.write(
            2,
            b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nDidn't find op for builtin opcode 'X'\n",
        )
    assert printed.reason() == "Didn't find op for builtin opcode 'X'"
    assert capfd.readouterr().err == ""


def test_a_line_of_someone_else_is_shown_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with captured_stderr() as printed:
        os.write(2, b"INFO: native\n2026-01-01 server ready\n")
    assert capfd.readouterr().err == "2026-01-01 server ready\n"
    assert printed.text == "INFO: native\n"


def test_everything_printed_before_a_failure_is_its_explanation(capfd: pytest.CaptureFixture[str]) -> None:
    with captured_stderr() as printed:
        os.write(2, b"Hybrid models are not supported on TFLite Micro.\n")
        printed.claim()
    assert printed.reason() == "Hybrid models are not supported on TFLite Micro."
    assert capfd.readouterr().err == ""


def test_the_terminal_is_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), captured_stderr():
        raise ValueError("inside")
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"


def test_nothing_printed_has_no_reason() -> None:
    with captured_stderr() as printed:
        pass
    assert printed.reason() == ""
