"""Where the text of a setting comes from: itself, a file, the environment, or standard input.

`@FILE` is a file's content, `@-` is standard input, `env:NAME` a variable, and `@@` or `env::` begin a text that
really starts with `@` or `env:`. Sentences name the source and never what it held.
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutpoint.errors import UsageError

ENVIRONMENT_PREFIX = "CUTPOINT_SET_"
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Given:
    """The text of one setting, and whence it is."""

    key: str
    text: str = field(repr=False)
    origin: str


def resolve(key: str, text: str, origin: str, base: Path | None = None) -> Given:
    """Follow `@FILE`, `@-` and `env:NAME`; files are looked for beside `base`, else in the current folder.

    One line's end at the end of a file, or of standard input, is not part of the value.

    Raises:
        UsageError: the file or variable cannot be read.
    """
    if text.startswith("@@"):
        return Given(key, text[1:], origin)
    if text.startswith("env::"):
        return Given(key, "env:" + text[5:], origin)
    if text.startswith("env:"):
        name = text[4:]
        if name not in os.environ:
            raise UsageError(f"{key}: the environment has no variable {name} ({origin})")
        return Given(key, os.environ[name], f"variable {name}")
    if text == "@-":
        return Given(
            key, _text(key, sys.stdin.buffer.read(MOST_BYTES + 1), "standard input"), "standard input"
        )
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        if base is not None and not path.is_absolute():
            path = base / path
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{key}: cannot read {path}: {error.strerror}") from error
        return Given(key, _text(key, data, str(path)), str(path))
    return Given(key, text, origin)


def from_pairs(pairs: Iterable[str]) -> list[Given]:
    """What `--set KEY=VALUE` says.

    Raises:
        UsageError: a pair has no '=', or its source cannot be read.
    """
    given = []
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            # The pair may be a password whose key was forgotten.
            raise UsageError(
                "--set expects KEY=VALUE, for instance --set period_ms=500 or --set wifi_pass=@FILE"
            )
        given.append(resolve(key.strip(), text, "--set"))
    return given


def from_environment(keys: Iterable[str]) -> list[Given]:
    """Settings named CUTPOINT_SET_<KEY> in the environment, as they are."""
    names = {key: ENVIRONMENT_PREFIX + key.upper() for key in keys}
    return [
        Given(key, os.environ[name], f"variable {name}") for key, name in names.items() if name in os.environ
    ]


def from_toml(path: Path) -> list[Given]:
    """Settings of a TOML file: `key = value` lines at the top or under [settings]; files beside it.

    Raises:
        UsageError: it cannot be read, is no TOML, or has a value that is no text, whole number or boolean.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"cannot read the settings file {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        # From None: the parser's message may quote the line, and the line may be a password.
        raise UsageError(f'{path} is no TOML file; expected lines like wifi_ssid = "name"') from None
    table = values.pop("settings", {})
    if not isinstance(table, dict) or any(isinstance(value, dict) for value in values.values()):
        raise UsageError(f"{path} has a table other than [settings]; settings are plain key = value lines")
    return from_mapping(values | table, str(path), path.parent)


def from_mapping(values: Mapping[str, object], origin: str, base: Path) -> list[Given]:
    """Settings as values of TOML.

    Raises:
        UsageError: a value is no text, whole number or boolean, or its source cannot be read.
    """
    given = []
    for key, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UsageError(
                f"{origin}: {key} is a {type(value).__name__}; expected a text or a whole number"
            )
        text = value if isinstance(value, str) else str(value)
        given.append(resolve(key, text, origin, base))
    return given


def readable_by_others(path: Path) -> bool:
    """Whether anybody but the owner may read a file; False where the system has no such notion."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _text(key: str, data: bytes, origin: str) -> str:
    if len(data) > MOST_BYTES:
        raise UsageError(f"{key}: {origin} has more than {MOST_BYTES // 1024} KiB; this is not what is meant")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{key}: {origin} is not text") from None
    return text.removesuffix("\n").removesuffix("\r")
