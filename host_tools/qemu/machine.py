"""The machines: which compiler makes their programs, and which QEMU plays them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

STACK_BYTES = 64 * 1024
"""What a program may use of the stack: how far StackMark looks."""
QEMU_PACKAGE = "qemu-system-misc"
DISPLAY = ("-display", "none", "-serial", "none", "-monitor", "none")


@dataclass(frozen=True, slots=True)
class Machine:
    """An instruction set, its toolchain, and the emulated machine that runs it.

    Folders and files are relative to `firmware/qemu`.
    """

    name: str
    compiler_package: str
    library_package: str
    compiler: str
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    """Behind the objects."""
    library: str
    """A file that the compiler finds where picolibc is installed for it."""
    folder: Path
    """Start-up and semihosting."""
    qemu: tuple[str, ...]
    """The command that runs a program, without the program."""

    def tool(self, name: str) -> str:
        """A binary utility of the same toolchain: `size`, `nm`, ..."""
        return f"{self.compiler.removesuffix('g++')}{name}"

    def missing(self) -> tuple[str, ...]:
        """What this machine needs and is not installed, by the names of Debian's packages."""
        here = {
            self.compiler_package: self._compiler_is_here(),
            self.library_package: self._library_is_here(),
            QEMU_PACKAGE: shutil.which(self.qemu[0]) is not None,
        }
        return tuple(package for package, found in here.items() if not found)

    def _compiler_is_here(self) -> bool:
        return shutil.which(self.compiler) is not None

    def _library_is_here(self) -> bool:
        if not self._compiler_is_here():
            return False
        # gcc answers with the bare name where it finds no such file.
        asked = [self.compiler, f"-print-file-name={self.library}"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        return answer != self.library


RV32IMC = Machine(
    name="rv32imc",
    compiler_package="gcc-riscv64-unknown-elf",
    library_package="picolibc-riscv64-unknown-elf",
    compiler="riscv64-unknown-elf-g++",
    compile_flags=("-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"),
    # picolibc has no build for rv32imc; the one for rv32imac is linked, and a processor without atomics runs it.
    link_flags=(
        "-march=rv32imac",
        "-mabi=ilp32",
        "--specs=picolibc.specs",
        "--crt0=semihost",
        "--oslib=semihost",
        # The machine's RAM starts at 0x80000000, and it starts there: what would be flash on a board comes first.
        "-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x01000000",
        "-Wl,--defsym=__ram=0x81000000,--defsym=__ram_size=0x01000000",
    ),
    library="picolibc.specs",
    folder=Path("rv32"),
    # The instruction set of an ESP32-C3 and nothing more. One instruction takes 1 ns of virtual time (2^0).
    qemu=(
        "qemu-system-riscv32",
        *("-M", "virt", "-cpu", "rv32,a=off,f=off,d=off", "-bios", "none"),
        *("-semihosting-config", "enable=on", "-icount", "shift=0", *DISPLAY, "-kernel"),
    ),
)
XTENSA = Machine(
    name="xtensa-lx106",
    compiler_package="gcc-xtensa-lx106",
    library_package="picolibc-xtensa-lx106-elf",
    compiler="xtensa-lx106-elf-g++",
    compile_flags=(),
    link_flags=("-nostartfiles", "-nodefaultlibs", "-Wl,--start-group", "-lgcc", "-lc", "-Wl,--end-group"),
    library="libc.a",
    folder=Path("xtensa"),
    # shift=7: `firmware/qemu/xtensa/machine.cc` tells instructions from the cycle counter.
    qemu=(
        "qemu-system-xtensa",
        *("-M", "sim", "-cpu", "lx106"),
        *("-semihosting-config", "enable=on", "-icount", "shift=7", *DISPLAY, "-kernel"),
    ),
)
MACHINES = (RV32IMC, XTENSA)
