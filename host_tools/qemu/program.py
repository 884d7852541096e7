"""Compile and link a program of `firmware/qemu` for a machine, with files linked in."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import InternalError, UsageError
from host_tools.qemu.machine import STACK_BYTES, Machine
from host_tools.qemu.sizes import Sizes, sizes_by_object
from host_tools.toolchain import source_tree

LANGUAGE = ("-std=c++17", "-fno-exceptions", "-fno-rtti", "-ffreestanding", "-fno-asynchronous-unwind-tables")
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Werror")
SECTIONS = ("-ffunction-sections", "-fdata-sections")
ROOM = Path("qemu")
COMPILE_S = 120
"""For one source."""
LINKED = """\
    .section .rodata.linked_{name}, "a"
    .balign 16
    .global linked_{name}_begin, linked_{name}_end
linked_{name}_begin:
    .incbin "{path}"
linked_{name}_end:
    .byte 0
"""


@dataclass(frozen=True, slots=True)
class Objects:
    """Everything of a program but the files that are linked in: compiled once, linked as often as there are files."""

    machine: Machine
    program: str
    sources: dict[Path, str]
    """The source of each object, relative to `firmware`."""


@dataclass(frozen=True, slots=True)
class Program:
    """A linked program."""

    machine: Machine
    elf: Path
    parts: dict[str, Sizes]
    """By source, relative to `firmware`; `linked` are the files linked in, `library` is what the toolchain added."""

    @property
    def sizes(self) -> Sizes:
        """Of the whole program, the linked files included."""
        return sum(self.parts.values(), Sizes())

    def sizes_below(self, folder: str) -> Sizes:
        """Of all sources below a folder of `firmware`."""
        below = [sizes for source, sizes in self.parts.items() if source.startswith(f"{folder}/")]
        return sum(below, Sizes())


def core_sources() -> list[Path]:
    """Every source of `firmware/core` but its tests, relative to `firmware`."""
    firmware = source_tree() / "firmware"
    paths = (firmware / "core").rglob("*.cc")
    return sorted(path.relative_to(firmware) for path in paths if not path.stem.endswith("_test"))


def compile_program(
    machine: Machine, program: str, folder: Path, *, sources: Sequence[Path] = (), optimise: str = "-O2"
) -> Objects:
    """Compile `firmware/qemu/PROGRAM.cc` and what it stands on, into an empty folder.

    sources: further sources, relative to `firmware`; functions of them that nobody calls are left out when linking.
    optimise: the compiler's option; "-O2" measures speed, "-Os" is for size.

    Raises:
        UsageError: something that the machine needs is not installed, or there is no source tree.
        InternalError: a source does not compile without warnings; with the compiler's words.
    """
    if missing := machine.missing():
        raise UsageError(f"{machine.name} needs Debian's {' and '.join(missing)}; not installed here")
    firmware = source_tree() / "firmware"
    own = [*(firmware / ROOM).glob("*.cc"), *(firmware / ROOM / machine.folder).glob("*.[cS]*")]
    chosen = [
        *(path.relative_to(firmware) for path in sorted(own) if not path.stem.endswith("_program")),
        ROOM / f"{program}.cc",
        *sources,
    ]
    flags = (*machine.compile_flags, *LANGUAGE, *WARNINGS, *SECTIONS, optimise)
    includes = (f"-I{firmware / 'core'}", f"-I{firmware / ROOM}")

    def compiled(source: Path) -> Path:
        target = folder / (source.as_posix().replace("/", "-") + ".o")
        _run([machine.compiler, *flags, *includes, "-c", str(firmware / source), "-o", str(target)])
        return target

    # Two at a time: tests and bench share small machines.
    with ThreadPoolExecutor(2) as pool:
        made = dict(zip(pool.map(compiled, chosen), map(Path.as_posix, chosen), strict=True))
    return Objects(machine, program, made)


def link_program(objects: Objects, linked: Mapping[str, bytes], folder: Path) -> Program:
    """Link a program with files, in an empty folder.

    linked: contents by the names that the program declares with CUTPOINT_LINKED.

    Raises:
        InternalError: it does not link; with the linker's words.
    """
    machine = objects.machine
    files = _linked_object(machine, linked, folder)
    elf, linker_map = folder / f"{objects.program}.elf", folder / f"{objects.program}.map"
    script = source_tree() / "firmware" / ROOM / machine.folder / "machine.ld"
    # By the C compiler's driver: there is no C++ library to link.
    _run(
        [
            machine.tool("gcc"),
            *map(str, (*objects.sources, files)),
            *((f"-Wl,-T{script}",) if script.is_file() else ()),
            f"-Wl,--gc-sections,-Map={linker_map},--defsym=__stack_size={STACK_BYTES}",
            *machine.link_flags,
            *("-o", str(elf)),
        ]
    )
    names = {**objects.sources, files: "linked"}
    parts: dict[str, Sizes] = {}
    for path, sizes in sizes_by_object(linker_map.read_text(encoding="utf-8")).items():
        name = names.get(path, "library")
        parts[name] = parts.get(name, Sizes()) + sizes
    return Program(machine, elf, parts)


def _linked_object(machine: Machine, linked: Mapping[str, bytes], folder: Path) -> Path:
    source, target = folder / "linked.S", folder / "linked.o"
    text = []
    for name, content in linked.items():
        path = folder / f"{name}.bin"
        path.write_bytes(content)
        text.append(LINKED.format(name=name, path=path))
    source.write_text("".join(text), encoding="utf-8")
    _run([machine.compiler, *machine.compile_flags, "-c", str(source), "-o", str(target)])
    return target


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMPILE_S)
    if done.returncode != 0:
        raise InternalError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
