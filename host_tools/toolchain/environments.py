"""The boards that the firmware builds for: one fragment of sdkconfig each, named like PlatformIO's environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import UsageError
from host_tools.flash import Chip, chip_named
from host_tools.toolchain.source_tree import FIRMWARE

BOARDS = FIRMWARE / "boards"
SUFFIX = ".defaults"


@dataclass(frozen=True, slots=True)
class Environment:
    """One board by the name of its build, and its chip."""

    name: str
    chip: Chip


def environments(tree: Path) -> tuple[Environment, ...]:
    """All boards of a source tree, in order of their names."""
    found = []
    for path in sorted((tree / BOARDS).glob(f"*{SUFFIX}")):
        target = re.search(r'^CONFIG_IDF_TARGET="(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        if target is not None:
            found.append(Environment(path.name.removesuffix(SUFFIX), chip_named(target[1])))
    return tuple(found)


def find_environment(tree: Path, name: str) -> Environment:
    """The board of that name.

    Raises:
        UsageError: there is none.
    """
    known = environments(tree)
    for one in known:
        if one.name == name:
            return one
    raise UsageError(f"--env is {name!r}; expected one of {', '.join(one.name for one in known)}")
