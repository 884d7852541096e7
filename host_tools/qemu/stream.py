"""The Stream engine on a machine of QEMU: what came out at every cut, and what it took."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from host_tools.qemu.machine import Machine
from host_tools.qemu.program import Program, compile_program, core_sources, link_program
from host_tools.qemu.report import Report
from host_tools.qemu.run import run
from host_tools.qemu.sizes import Sizes

PROGRAM = "stream_program"
"""The engine with all of its operators; files `plan` and `picture`."""
FOMO_PROGRAM = "stream_fomo_program"
"""The engine with the operators of FOMO; the same files, the same words."""
ENGINE = "core/stream"


@dataclass(frozen=True, slots=True)
class StreamCut:
    """One cut. Hashes are CRC-32."""

    k: int
    hash: int
    """Over the live tensors in the order in which they travel."""
    live_bytes: int
    head_bytes: int
    """Of the block that the engine needs for [0, k)."""
    block_bytes: int
    """The same, and for going on to the end."""
    resumed_hash: int
    """Over the outputs, after going on from this cut."""


@dataclass(frozen=True, slots=True)
class StreamRun:
    """A plan and a picture on one machine. Instructions are of the whole network."""

    machine: str
    cuts: tuple[StreamCut, ...]
    fed_hash: int | None
    """Over the outputs when the picture came line by line; None where the picture is one of them."""
    operators: tuple[int, ...]
    """Instructions in the kernel of each operator."""
    instructions: int
    """Of the whole run, the engine's schedule included."""
    stack_bytes: int
    engine_bytes: int
    """The engine's own object; beside the block."""
    plan_bytes: int
    code: Sizes
    """Of the engine as it is linked: schedule, checker and the kernels of this program."""


def measure_stream(
    machine: Machine, plan: bytes, picture: bytes, *, program: str = PROGRAM, optimise: str = "-O2"
) -> StreamRun:
    """Compile, link and run a plan file with the network's inputs, one after the other; about ten seconds.

    Raises UsageError where the machine's packages are missing, and what `run` raises.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled, linked = Path(folder, "objects"), Path(folder, "program")
        compiled.mkdir()
        linked.mkdir()
        objects = compile_program(machine, program, compiled, sources=core_sources(), optimise=optimise)
        return run_stream(link_program(objects, {"plan": plan, "picture": picture}, linked))


def run_stream(program: Program, timeout_s: float = 120.0) -> StreamRun:
    """Run a linked stream program; raises what `run` raises."""
    return _read(program, run(program, timeout_s))


def _read(program: Program, report: Report) -> StreamRun:
    plan = report.one("plan")
    fed = report.all("fed")
    resumed = {line["k"]: line["hash"] for line in report.all("resumed")}
    cuts = tuple(
        StreamCut(
            line["k"],
            line["hash"],
            line["bytes"],
            line["head"],
            line["block"],
            resumed_hash=resumed[line["k"]],
        )
        for line in report.all("cut")
    )
    return StreamRun(
        machine=program.machine.name,
        cuts=cuts,
        fed_hash=fed[0]["hash"] if fed else None,
        operators=tuple(line["instructions"] for line in report.all("operator")),
        instructions=report.one("whole")["instructions"],
        stack_bytes=report.one("stack")["bytes"],
        engine_bytes=plan["engine"],
        plan_bytes=plan["bytes"],
        code=program.sizes_below(ENGINE),
    )
