"""The core compiles for the chips that it is meant for, and asks nothing of them but a few memory functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from toolchain import (
    CORE,
    LANGUAGE,
    ROOT,
    WARNINGS,
    compile_object,
    core_headers,
    core_sources,
    in_parallel,
    program_or_skip,
    run,
)

TARGETS = {
    "rv32imc": ("riscv64-unknown-elf-", ("-march=rv32imc", "-mabi=ilp32")),
    "xtensa": ("xtensa-lx106-elf-", ()),
}
FLAGS = ("-Os", "-ffreestanding", "-ffunction-sections", "-fstack-usage", *LANGUAGE, *WARNINGS)
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "float.h"}
MEMORY = {"memcpy", "memmove", "memset", "memcmp"}
# libgcc's arithmetic that the chip has no instruction for: __udivdi3, __ashldi3, __mulsi3, ...
RUNTIME = re.compile(r"__[a-z]+[sd]i[23]$")
# Of floating point, which one source alone may use.
FLOATING = re.compile(r"__[a-z]+sf(si|2|3)?$")
FLOATS_HERE = "firmware-core-stream-kernels-quantize.cc.o"
OWN = re.compile(r"_ZN?K?T?[VTIS]?N?K?8cutpoint|_Z\w*8cutpoint")

CODE_BUDGET_BYTES = 24 * 1024  # of all but codecs and the Stream engine
# Of every codec with its decoder, which no board calls and the linker leaves out there: raw, bitmap and the port 4 KB,
# the file of tables and lowbit 3, rans 7 (its loop is made twice, with and without a look upwards), delta 1, slicer 9.
CODEC_BUDGET_BYTES = 27 * 1024
STREAM_BUDGET_BYTES = 24 * 1024  # of the Stream engine with every kernel
SESSION_BUDGET_BYTES = 3 * 1024
STACK_BUDGET_BYTES = 768  # of any one function but an encoder
# Of one encoder, which runs below nothing but the session: rans lists where each of 64 tables lies, and the channels
# of a slice.
CODEC_STACK_BUDGET_BYTES = 1152


class Target:
    """Sources as objects for one chip."""

    def __init__(self, name: str, sources: Sequence[Path], folder: Path) -> None:
        self.prefix, machine = TARGETS[name]
        self.folder = folder
        self.compiler = [program_or_skip(self.prefix + "g++"), *machine, *FLAGS]
        self.objects = in_parallel(lambda source: compile_object(self.compiler, source, folder), sources)

    def tool(self, name: str, *arguments: str | Path) -> list[str]:
        done = run([self.prefix + name, *arguments])
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="module", params=list(TARGETS))
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    return Target(request.param, core_sources(), tmp_path_factory.mktemp(request.param))


def test_the_objects_import_no_library(target: Target) -> None:
    for path in target.objects:
        imported = {line.split()[-1] for line in target.tool("nm", "-u", path) if line.strip()}
        foreign = {name for name in imported - MEMORY if not RUNTIME.match(name) and not OWN.match(name)}
        if path.name == FLOATS_HERE:
            foreign = {name for name in foreign if not FLOATING.match(name)}
        assert not foreign, f"{path.name} imports {sorted(foreign)}; the core may use {sorted(MEMORY)} only"


def test_the_objects_hold_no_writable_globals(target: Target) -> None:
    for path in target.objects:
        _, data, bss, *_ = target.tool("size", path)[-1].split()
        assert (data, bss) == ("0", "0"), f"{path.name} keeps {data} + {bss} bytes of global state"


def test_the_code_stays_small(target: Target, record_property: pytest.RecordProperty) -> None:
    sizes = {path.name: int(target.tool("size", path)[-1].split()[0]) for path in target.objects}
    stream = sum(size for name, size in sizes.items() if name.startswith("firmware-core-stream-"))
    codecs = sum(size for name, size in sizes.items() if name.startswith("firmware-core-codec-"))
    rest = sum(sizes.values()) - stream - codecs
    record_property("code_bytes", rest)
    record_property("codec_code_bytes", codecs)
    record_property("stream_code_bytes", stream)
    print("\n".join(f"{size:6} {name}" for name, size in sizes.items()))
    print(f"{rest:6} together, {codecs} more of codecs, {stream} more of the Stream engine")
    assert rest <= CODE_BUDGET_BYTES, sizes
    assert codecs <= CODEC_BUDGET_BYTES, sizes
    assert stream <= STREAM_BUDGET_BYTES, sizes


def test_no_function_needs_much_stack(target: Target, record_property: pytest.RecordProperty) -> None:
    # file:line:column:function <tab> bytes <tab> how far that is known
    lines = [line for path in target.folder.glob("*.su") for line in path.read_text().splitlines()]
    deepest = sorted(((int(line.split("\t")[1]), line) for line in lines), reverse=True)
    record_property("stack_bytes", deepest[0][0])
    print(*(line for _, line in deepest[:8]), sep="\n")
    assert deepest[0][0] <= CODEC_STACK_BUDGET_BYTES, deepest[:8]
    others = [(count, line) for count, line in deepest if "/core/codec/" not in line]
    assert others[0][0] <= STACK_BUDGET_BYTES, others[:8]
    assert all(line.endswith("static") for line in lines), "a frame whose size depends on data"


def test_a_session_stays_small_in_ram(
    target: Target, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    source = tmp_path / "size.cc"
    source.write_text(
        '#include "session/driver.h"\nextern unsigned char bytes[];\n'
        "unsigned char bytes[sizeof(cutpoint::Session) + sizeof(cutpoint::Driver)];\n"
    )
    done = run([*target.compiler, f"-I{CORE}", "-c", source, "-o", tmp_path / "size.o"])
    assert done.returncode == 0, done.stderr
    size = int(target.tool("nm", "-S", tmp_path / "size.o")[0].split()[1], 16)
    record_property("session_bytes", size)
    print(f"{size} bytes, buffers not counted")
    assert size <= SESSION_BUDGET_BYTES


def test_only_headers_of_a_freestanding_compiler_are_included() -> None:
    for path in [*core_sources(), *core_headers()]:
        system = set(re.findall(r"^\s*#include\s*<([^>]+)>", path.read_text(), re.MULTILINE))
        foreign = system - FREESTANDING
        assert not foreign, (
            f"{path.relative_to(ROOT)} includes {sorted(foreign)}; allowed: {sorted(FREESTANDING)}"
        )
