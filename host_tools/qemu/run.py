"""Run a program in QEMU and read its report."""

from __future__ import annotations

import subprocess

from cutpoint.errors import InternalError
from host_tools.qemu.program import Program
from host_tools.qemu.report import Report


def run(program: Program, timeout_s: float = 60.0) -> Report:
    """Run it to its end.

    Raises:
        InternalError: it ended with another exit code than 0, said something that is no report, or did not end within
            `timeout_s` seconds; with what it said.
    """
    # Semihosting writes to standard error on one machine and to standard output on the other.
    try:
        done = subprocess.run(
            [*program.machine.qemu, str(program.elf)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout
        raise InternalError(
            f"{program.elf.name} did not end within {timeout_s:g} s on {program.machine.name}; it said:\n{said or ''}"
        ) from None
    if done.returncode != 0:
        raise InternalError(
            f"{program.elf.name} ended with {done.returncode} on {program.machine.name}; it said:\n{done.stdout}"
        )
    try:
        return Report.parse(done.stdout)
    except ValueError as error:
        raise InternalError(f"{program.elf.name} on {program.machine.name}: {error}") from error
