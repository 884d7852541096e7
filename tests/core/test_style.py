"""Rules of the core and of firmware/device that a compiler does not check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from toolchain import CORE, ROOT, core_headers, core_sources, device_headers, device_sources

LONGEST_FILE_LINES = 260
FIRMWARE = ROOT / "firmware"
HEADERS = [*core_headers(), *device_headers()]
SOURCES = [*core_sources(), *device_sources()]
FORBIDDEN = {
    r"\bstd::": "there is no C++ library on the bare-metal targets",
    r"\b(new|delete)\s+\w+(\(|\[|;)": "there is no heap after start: take the memory from the caller",
    r"\b(malloc|calloc|realloc|free)\s*\(": "there is no heap after start: take the memory from the caller",
    r"\b(throw|try|catch)\b": "errors are Status values",
    r"\b(dynamic_cast|typeid)\b": "RTTI is off",
    r"^\s*(static|thread_local)\s+(?!constexpr|const|inline)\w[\w:<>]*\s+\w+\s*(=|;|\{)": "no globals with state",
    r"\b(TODO|FIXME|XXX|HACK)\b": "finish it, or say in the documentation what is missing",
}


def code_of(path: Path) -> str:
    """The text without comments and string literals, line numbers kept."""
    text = re.sub(
        r"/\*.*?\*/", lambda match: "\n" * match.group().count("\n"), path.read_text(), flags=re.DOTALL
    )
    return re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"//.*", "", text))


@pytest.mark.parametrize("path", [*HEADERS, *SOURCES], ids=lambda path: path.relative_to(FIRMWARE).as_posix())
def test_a_core_file_keeps_the_rules(path: Path) -> None:
    name = path.relative_to(ROOT)
    lines = code_of(path).splitlines()
    assert len(lines) <= LONGEST_FILE_LINES, (
        f"{name} has {len(lines)} lines: look for the second responsibility"
    )
    for number, line in enumerate(lines, 1):
        for pattern, why in FORBIDDEN.items():
            assert not re.search(pattern, line), f"{name}:{number}: {line.strip()}: {why}"


@pytest.mark.parametrize("path", HEADERS, ids=lambda path: path.relative_to(FIRMWARE).as_posix())
def test_a_header_says_what_it_is_for_and_is_guarded_by_its_name(path: Path) -> None:
    text = path.read_text()
    inside = path.relative_to(CORE if path.is_relative_to(CORE) else FIRMWARE).as_posix()
    guard = f"CUTPOINT_{inside.replace('/', '_').replace('.', '_').upper()}_"
    assert text.startswith("// "), f"{path.relative_to(ROOT)}: the first line says what the header is for"
    assert f"#ifndef {guard}\n#define {guard}\n" in text, (
        f"{path.relative_to(ROOT)}: expected the guard {guard}"
    )
