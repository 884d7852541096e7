"""Log lines in both formats: one definition, one line each, whatever a device wrote."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge_server
from cutpoint.wire import DeviceId, Status
from edge_server.logs import RESERVED, JsonFormatter, TextFormatter, log_event


class Kept(logging.Handler):
    """Keeps what is logged, as both formats show it."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.json: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(TextFormatter().format(record))
        self.json.append(JsonFormatter().format(record))


def logged(level: int, event: str, error: BaseException | None = None, /, **fields: object) -> Kept:
    log = logging.Logger("edge_server")
    kept = Kept()
    log.addHandler(kept)
    log_event(log, level, event, error, **fields)
    return kept


def test_a_line_has_its_name_and_fields_in_both_formats() -> None:
    kept = logged(logging.WARNING, "tail_made", model="0badcafe", cut=4, ms=12.25, stand_in=True, bytes=None)
    (text,) = kept.text
    assert text.endswith(
        "WARNING edge_server event=tail_made model=0badcafe cut=4 ms=12.25 stand_in=true bytes=null"
    )
    said = json.loads(kept.json[0])
    assert said.pop("time").endswith("Z")
    assert said.pop("message") == text.partition("edge_server ")[2]
    assert said == {
        "level": "warning",
        "logger": "edge_server",
        "event": "tail_made",
        "model": "0badcafe",
        "cut": 4,
        "ms": 12.25,
        "stand_in": True,
        "bytes": None,
    }


def test_values_of_ours_are_written_as_people_know_them() -> None:
    kept = logged(
        logging.INFO, "x", device=DeviceId("cam-1"), status=Status.TOO_LATE, path=Path("/a b"), much=1e400
    )
    assert kept.text[0].endswith("event=x device=cam-1 status=too_late path='/a b' much=inf")
    said = json.loads(kept.json[0])
    assert (said["device"], said["status"], said["path"], said["much"]) == ("cam-1", "too_late", "/a b", None)


def test_the_time_is_utc_to_the_millisecond() -> None:
    record = logging.makeLogRecord({"created": 1_700_000_000.1239, "msecs": 123.9, "msg": "x"})
    assert json.loads(JsonFormatter().format(record))["time"] == "2023-11-14T22:13:20.123Z"


def test_a_line_of_a_library_has_an_event_too() -> None:
    for message, event in (("connection lost: reset", "log"), ("event=old_line key=1", "old_line")):
        record = logging.makeLogRecord({"name": "amqtt", "msg": message, "levelname": "INFO"})
        said = json.loads(JsonFormatter().format(record))
        assert (said["logger"], said["event"], said["message"]) == ("amqtt", event, message)


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_breaks_a_line_or_moves_the_cursor(text: str) -> None:
    kept = logged(logging.INFO, "note", device="cam-1", text=text)
    for line in (*kept.text, *kept.json):
        assert line.isprintable()
        line.encode()
    said = json.loads(kept.json[0])
    assert (said["event"], said["text"]) == ("note", text)


@given(st.text(st.characters(exclude_categories=[])))
def test_no_exception_forges_a_line(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        kept = logged(logging.ERROR, "internal_error", error)
    first, *rest = kept.text[0].split("\n")
    assert first.endswith("event=internal_error")
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    assert kept.json[0].isprintable()
    assert json.loads(kept.json[0])["exception"].startswith("Traceback")


def test_nothing_is_formatted_for_a_level_that_is_off() -> None:
    class Costly:
        def __str__(self) -> str:
            raise AssertionError("formatted")

    log = logging.Logger("edge_server", logging.ERROR)
    log_event(log, logging.INFO, "note", text=Costly())


def test_no_field_is_named_as_what_every_line_has() -> None:
    taken = [
        f"{path.name}:{node.lineno}: {keyword.arg}"
        for path in Path(edge_server.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "log_event"
        for keyword in node.keywords
        if keyword.arg in RESERVED
    ]
    assert taken == []


@pytest.mark.parametrize(("log_format", "first"), [("json", "{"), ("text", "2")])
def test_a_program_logs_to_standard_error_in_its_format(log_format: str, first: str) -> None:
    script = (
        "import logging\nfrom edge_server.logs import log_event, start_logging\n"
        f"start_logging({log_format!r})\nlog_event(logging.getLogger('edge_server'), logging.INFO, 'ready', models=2)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == ""
    (line,) = said.stderr.splitlines()
    assert line.startswith(first)
    assert "ready" in line
