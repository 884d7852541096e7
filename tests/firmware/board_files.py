"""The files that say how firmware/esp32 is built for a board, read as data."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from cutpoint.board import Partition, read_partitions

ROOT = Path(__file__).resolve().parents[2]
ESP32 = ROOT / "firmware" / "esp32"
ENVIRONMENTS = ("esp32dev", "esp32-cam", "esp32-s3-eye", "esp32-s3-devkit", "esp32-c3", "esp32-qemu")
FLASH_MB = {"4MB": 4, "8MB": 8, "16MB": 16}

_SET = re.compile(r"^CONFIG_(\w+)=(.*)$")
_UNSET = re.compile(r"^# CONFIG_(\w+) is not set$")


def partitions(flash: str) -> tuple[Partition, ...]:
    """The table for a size of flash, "4MB"."""
    return read_partitions((ESP32 / "partitions" / f"{flash}.csv").read_text(), f"{flash}.csv")


def fragment(path: Path) -> dict[str, str]:
    """Name without CONFIG_ -> value as written; "n" for what is not set. Raises ValueError for any other line."""
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := _SET.match(line) or _UNSET.match(line):
            name, value = match[1], match[2] if match.re is _SET else "n"
            if name in values:
                raise ValueError(f"{path.name}:{number}: {name} is given twice")
            values[name] = value
        elif line and not line.startswith("# ") and line != "#":
            raise ValueError(f"{path.name}:{number}: {line!r} is neither a value nor a comment")
    return values


def board_file(environment: str) -> Path:
    """What one board adds to sdkconfig.defaults."""
    return ESP32 / "boards" / f"{environment}.defaults"


def board_values(environment: str) -> dict[str, str]:
    """What a build for the board begins with."""
    return {**fragment(ESP32 / "sdkconfig.defaults"), **fragment(board_file(environment))}


def board_head(environment: str) -> dict[str, str]:
    """`net` and `camera`, as board.cmake reads them."""
    lines = board_file(environment).read_text().splitlines()
    heads = [match for line in lines if (match := re.match(r"# (net|camera): (.+)$", line))]
    return {match[1]: match[2] for match in heads}


def flash_of(environment: str) -> str:
    """The size of flash that a board's values choose; the last one wins, as in Kconfig."""
    return next(
        name.removeprefix("ESPTOOLPY_FLASHSIZE_")
        for name, value in reversed(board_values(environment).items())
        if name.startswith("ESPTOOLPY_FLASHSIZE_") and value == "y"
    )


def platformio() -> configparser.ConfigParser:
    """platformio.ini, uninterpolated."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=None)
    parser.read(ROOT / "platformio.ini")
    return parser


def option(environment: str, name: str) -> str:
    """An option as PlatformIO resolves it: of the environment, else of [env]."""
    ini = platformio()
    section = f"env:{environment}"
    value = ini.get(section, name) if ini.has_option(section, name) else ini.get("env", name)
    return value.replace("${this.__env__}", environment)


def sources(*folders: str) -> list[Path]:
    """Every C++ file below folders of firmware/ that a board is built of."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / "firmware" / folder).rglob("*")
        if path.suffix in (".cc", ".h") and not path.name.endswith("_test.cc")
    )


def manifest() -> dict[str, dict[str, str]]:
    """Dependencies of main/idf_component.yml: name -> its fields; `if` is the one rule that an entry may have."""
    entries: dict[str, dict[str, str]] = {}
    field = re.compile(r'^ {4}(\w+):(?: "([^"]*)")?$|^ {6}- (if): "([^"]*)"$')
    for line in (ESP32 / "main" / "idf_component.yml").read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#") or line == "dependencies:":
            continue
        if name := re.match(r"^ {2}([\w/-]+):$", line):
            entries[name[1]] = {}
        elif match := field.match(line):
            name_of, value = match[1] or match[3], match[2] or match[4] or ""
            entries[list(entries)[-1]][name_of] = value
        else:
            raise ValueError(f"idf_component.yml: {line!r} is not of the form that is used here")
    return entries
