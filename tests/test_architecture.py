"""Who may import whom. The table is the one of docs/architecture.md; an import that breaks it fails here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import edge_server

ROOT = Path(__file__).resolve().parents[1]

# room -> rooms of ours that it may import. A room not named here may import nothing of ours.
ALLOWED: dict[str, set[str]] = {
    "cutpoint": {"cutpoint"},
    "edge_server": {"edge_server", "cutpoint"},
    "host_tools": {"host_tools", "cutpoint", "edge_server"},
    "models": {"models", "cutpoint", "host_tools"},
    "bench": {"bench", "cutpoint", "edge_server", "host_tools", "models"},
}
# Inside cutpoint: the folders, and which of their neighbours they may know.
ALLOWED_INSIDE: dict[str, set[str]] = {
    "answer": {"errors"},
    "kernels": {"errors"},
    "graph": {"errors", "kernels", "answer", "codec"},
    "wire": {"errors", "answer", "codec", "_core"},
    "codec": {"errors", "_core"},
    "board": {"errors", "graph", "_core"},
    "bus": {"errors", "wire"},
    "plan": {"errors"},
    "picture": {"errors", "graph"},
    "update": {"errors", "board", "graph", "wire"},
}
NEVER_AT_RUN_TIME = {"tensorflow", "keras", "torch"}


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and dotted name of every import of a file, those inside functions included."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import out in full"
            module = node.module or ""
            found += [(node.lineno, f"{module}.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_the_rooms_it_may_know(room: str) -> None:
    ours = set(ALLOWED)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {room} must not import {name}"
        for path in python_files(room)
        for line, name in imports(path)
        if name.split(".")[0] in ours and name.split(".")[0] not in ALLOWED[room]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", sorted(ALLOWED_INSIDE))
def test_a_folder_of_cutpoint_knows_only_its_neighbours(folder: str) -> None:
    allowed = ALLOWED_INSIDE[folder] | {folder}
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: cutpoint.{folder} must not import {name}"
        for path in python_files(f"cutpoint/{folder}")
        for line, name in imports(path)
        if name.startswith("cutpoint") and [*name.split("."), ""][1] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_cutpoint_has_its_rule() -> None:
    folders = {path.parent.name for path in (ROOT / "cutpoint").glob("*/__init__.py")}
    assert folders == set(ALLOWED_INSIDE)


def test_the_page_names_every_room_and_every_file_of_the_two_programs() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = [f"`{room}`" for room in ALLOWED if room != "cutpoint"]
    rooms += [f"`cutpoint/{folder}`" for folder in ALLOWED_INSIDE]
    for program in ("edge_server", "host_tools"):
        entries = [path for path in (ROOT / program).iterdir() if not path.name.startswith("__")]
        rooms += [f"`{path.name}/`" if path.is_dir() else f"`{path.name}`" for path in entries]
    assert [name for name in rooms if name not in page] == []


def test_host_tools_uses_an_edge_server_only_through_its_public_names() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name} is inside edge_server; import its public names from edge_server"
        for path in python_files("host_tools")
        for line, name in imports(path)
        if name.split(".")[0] == "edge_server"
        and name.removeprefix("edge_server.") not in edge_server.__all__
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["cutpoint", "edge_server", "host_tools"])
def test_what_runs_never_imports_a_training_framework(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files(room)
        for line, name in imports(path)
        if name.split(".")[0] in NEVER_AT_RUN_TIME
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["firmware/core", "firmware/device"])
def test_portable_firmware_includes_only_itself_and_freestanding_c_headers(room: str) -> None:
    freestanding = {"stdint.h", "stddef.h", "string.h", "stdbool.h", "limits.h", "float.h"}
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in {".h", ".cc"} and not path.stem.endswith("_test")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := re.match(r"\s*#\s*include\s*<([^>]+)>", line)) and match[1] not in freestanding
    ]
    assert not wrong, "\n".join(wrong)


def test_folders_are_named_for_what_they_hold() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}
    wrong = [
        str(path.relative_to(ROOT))
        for room in (*ALLOWED, "firmware", "tests")
        for path in (ROOT / room).rglob("*")
        if path.stem in vague
    ]
    assert not wrong


def test_no_two_test_files_share_a_name() -> None:
    """The test runner imports them by their last name alone, so that helpers beside them can be imported too."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts]
    twice = {name for name in names if names.count(name) > 1} - {"conftest.py", "__init__.py"}
    assert not twice
