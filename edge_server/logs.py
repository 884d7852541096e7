"""Log lines with a name and fields, written once and shown either as text or as JSON, one line each."""

from __future__ import annotations

import json
import logging
import math
import re
import time
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Literal

LogFormat = Literal["text", "json"]

RESERVED = frozenset({"time", "level", "logger", "event", "message", "exception"})
"""What every line of JSON says beside its fields, and so no field's name: a test looks for one that is."""
_BARE = re.compile(r"[\w.:/@+,-]+", re.ASCII)
_NAMED = re.compile(r"event=([a-z_]+)")


def log_event(
    log: logging.Logger, level: int, event: str, error: BaseException | None = None, /, **fields: object
) -> None:
    """Log one event by its stable name, with its fields in the order in which they are given.

    A field may hold what a device wrote: text that is not plain is quoted, so that a line stays one line. `error` adds
    its traceback.
    """
    if not log.isEnabledFor(level):
        return
    text = " ".join((f"event={event}", *(f"{name}={_word(value)}" for name, value in fields.items())))
    log.log(level, "%s", text, exc_info=error, stacklevel=2, extra={"event": event, "fields": fields})


class TextFormatter(logging.Formatter):
    """Time, level, logger and message in one line; a traceback follows, indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        line = _one_line(self.formatMessage(record))
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + self.formatException(record.exc_info)
        return line

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(f"    {_one_line(line)}" for line in super().formatException(ei).split("\n"))


class JsonFormatter(logging.Formatter):
    """One JSON object: time (UTC, milliseconds), level, logger, event, the fields, message, exception.

    Lines that were not written by `log_event`, such as those of a library, have the event `log`.
    """

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        named = _NAMED.match(message)
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", named[1] if named else "log"),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):
            line |= {name: _plain(value) for name, value in fields.items() if name not in RESERVED}
        line["message"] = message
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start_logging(log_format: LogFormat, level: int = logging.INFO) -> None:
    """Log to standard error, unless the program logs already. For a program, not for a library."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler])


def _word(value: object) -> str:
    """A value as it stands in a line of text: bare where that is unmistakable, quoted otherwise."""
    if isinstance(value, float):
        return f"{value:.6g}"
    plain = _plain(value)
    if not isinstance(plain, str):
        return json.dumps(plain)
    return plain if _BARE.fullmatch(plain) else repr(plain)


def _plain(value: object) -> Any:
    """A value as JSON has it: numbers, truth and null as they are, an infinite number as null, the rest as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, IntEnum):
        return value.name.lower()
    return value if value is None or isinstance(value, bool | int) else str(value)


def _one_line(text: str) -> str:
    """The text without a character that ends a line or moves a terminal's cursor."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
