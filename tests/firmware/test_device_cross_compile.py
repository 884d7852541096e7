"""firmware/device compiles for the chips that it is meant for, and asks nothing of them but a few memory functions."""

from __future__ import annotations

import re

import pytest
from test_cross_compile import FREESTANDING, MEMORY, OWN, RUNTIME, STACK_BUDGET_BYTES, TARGETS, Target
from toolchain import ROOT, device_headers, device_sources

STRINGS = {"strlen", "strcmp"}  # what __builtin_strlen and its like become; every libc has them
FLOAT = re.compile(
    r"__[a-z]+[sd]f[23]?$|__[a-z]+[sd]i[sd]f$|__[a-z]+[sd]f[sd]i$"
)  # libgcc's soft floating point


@pytest.fixture(scope="module", params=list(TARGETS))
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    return Target(request.param, device_sources(), tmp_path_factory.mktemp(f"device-{request.param}"))


def test_the_objects_of_firmware_device_import_no_library(target: Target) -> None:
    for path in target.objects:
        imported = {line.split()[-1] for line in target.tool("nm", "-u", path) if line.strip()}
        foreign = {
            name
            for name in imported - MEMORY - STRINGS
            if not RUNTIME.match(name) and not OWN.match(name) and not FLOAT.match(name)
        }
        assert not foreign, f"{path.name} imports {sorted(foreign)}; allowed: {sorted(MEMORY | STRINGS)}"


def test_the_objects_of_firmware_device_hold_no_writable_globals(target: Target) -> None:
    for path in target.objects:
        _, data, bss, *_ = target.tool("size", path)[-1].split()
        assert (data, bss) == ("0", "0"), f"{path.name} keeps {data} + {bss} bytes of global state"


def test_no_function_of_firmware_device_needs_much_stack(target: Target) -> None:
    # file:line:column:function <tab> bytes <tab> how far that is known
    lines = [line for path in target.folder.glob("*.su") for line in path.read_text().splitlines()]
    deepest = sorted(((int(line.split("\t")[1]), line) for line in lines), reverse=True)[:5]
    assert not deepest or deepest[0][0] <= STACK_BUDGET_BYTES, deepest
    assert all(line.endswith("static") for line in lines), "a frame whose size depends on data"


def test_firmware_device_includes_only_headers_of_a_freestanding_compiler() -> None:
    for path in [*device_sources(), *device_headers()]:
        system = set(re.findall(r"^\s*#include\s*<([^>]+)>", path.read_text(), re.MULTILINE))
        foreign = system - FREESTANDING
        assert not foreign, (
            f"{path.relative_to(ROOT)} includes {sorted(foreign)}; allowed: {sorted(FREESTANDING)}"
        )
