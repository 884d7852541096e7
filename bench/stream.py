"""The Stream engine against TensorFlow Lite Micro: memory, instructions, time, code, over four networks."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

import cutpoint
from bench.figure import Figure, Section
from cutpoint._core import StreamEngine
from cutpoint.graph import Model, random_inputs
from cutpoint.graph.stream import StreamPlan, compile_stream
from cutpoint.kernels import arena_bytes, open_runner
from host_tools.qemu import RV32IMC, Objects, compile_program, core_sources, link_program
from host_tools.qemu.stream import FOMO_PROGRAM, PROGRAM, StreamRun, run_stream
from host_tools.toolchain import source_tree

COMMAND = "python -m bench stream"
NETWORKS = {
    "FOMO 96x96": "models/fomo_digits.cut/full.tflite",
    "DS-CNN": "models/tiny/ds_cnn.tflite",
    "ResNet-8": "models/tiny/resnet8.tflite",
    "MobileNetV1 0.25": "models/tiny/mobilenet_v1.tflite",
}
FOMO = next(iter(NETWORKS))
BLOCK_3 = 13
"""The cut after FOMO's block 3: one tensor of 2,304 bytes."""
MOST_BYTES, MOST_BYTES_BLOCK_3 = 40_000, 32_000
MOST_PER_MAC = 6.0
MOST_CODE_BYTES = 24 * 1024
MOST_COMPILE_S = 2.0
LEAST_SPEEDUP = 5.0


@dataclass(frozen=True, slots=True)
class Network:
    """One network, compiled and run on rv32imc."""

    name: str
    model: Model
    plan: StreamPlan
    compile_s: float
    run: StreamRun

    def ram_bytes(self, k: int) -> int:
        """Everything for a head [0, k) but the picture: lines, live tensors, the engine's tables, itself, its stack."""
        return self.plan.head_bytes(k) + self.run.engine_bytes + self.run.stack_bytes


def measure(*, quick: bool) -> Section:
    """Compile each network for both engines, run it under QEMU and on this machine, one engine after the other."""
    if missing := RV32IMC.missing():
        raise SystemExit(f"the Stream engine is measured under QEMU, which needs {' and '.join(missing)}")
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        (folder / "all").mkdir()
        (folder / "fomo").mkdir()
        sources = core_sources()
        every = compile_program(RV32IMC, PROGRAM, folder / "all", sources=sources)
        some = compile_program(RV32IMC, FOMO_PROGRAM, folder / "fomo", sources=sources)
        figures: list[Figure] = []
        for name in NETWORKS:
            network = prepare(name, some if name == FOMO else every, folder)
            figures += memory(network) + speed(network, rounds=3 if quick else 15)
    return Section("stream", COMMAND, tuple(figures))


def prepare(name: str, objects: Objects, folder: Path) -> Network:
    """Compile a network's plan and run it under QEMU on a random picture."""
    model = cutpoint.load(source_tree() / NETWORKS[name])
    began = perf_counter()
    plan = compile_stream(model)
    encoded = plan.encode()
    compile_s = perf_counter() - began
    picture = random_inputs(model, 1, seed=0)[0]
    place = folder / name.replace(" ", "-")
    place.mkdir()
    program = link_program(objects, {"plan": encoded, "picture": picture[0].tobytes()}, place)
    return Network(name, model, plan, compile_s, run_stream(program, timeout_s=600))


def memory(network: Network) -> list[Figure]:
    """RAM of the whole network, and for FOMO of the head up to block 3; code and plan."""
    plan, run, fomo = network.plan, network.run, network.name == FOMO
    figures = [_ram(network, plan.on_board, "whole network", MOST_BYTES if fomo else None)]
    if fomo:
        figures.append(_ram(network, BLOCK_3, "cut after block 3", MOST_BYTES_BLOCK_3))
        figures.append(
            Figure(
                "Stream, code of the engine with FOMO's operators, rv32imc -O2",
                run.code.code / 1024,
                "KB",
                target=MOST_CODE_BYTES / 1024,
                detail="text and constants of firmware/core/stream as linked",
            )
        )
    figures.append(
        Figure(
            f"Stream, {network.name}: compile the plan",
            network.compile_s,
            "s",
            target=MOST_COMPILE_S if fomo else None,
            detail=f"{plan.on_board + 1} cuts; a plan of {run.plan_bytes:,} B "
            f"for a model of {len(network.model.data):,} B",
        )
    )
    return figures


def _ram(network: Network, k: int, what: str, target: int | None) -> Figure:
    arena = arena_bytes(network.model.truncate(k))
    plan, run = network.plan, network.run
    least = plan.least_bytes(k)
    lines = plan.head_bytes(k) - plan.table_bytes
    return Figure(
        f"Stream, {network.name}: RAM, {what}",
        network.ram_bytes(k) / 1000,
        "kB",
        target=None if target is None else target / 1000,
        baseline_name="TFLM's arena, which holds the picture too",
        baseline=None if arena is None else arena / 1000,
        detail=f"lines {lines:,} B (least for this schedule {least:,} B: {100 * (lines / least - 1):.1f} % more), "
        f"tables {plan.table_bytes:,} B, engine {run.engine_bytes} B, stack {run.stack_bytes:,} B",
    )


def speed(network: Network, rounds: int) -> list[Figure]:
    """Instructions a MAC on rv32imc, and time on this machine beside TFLM's reference kernels."""
    fomo = network.name == FOMO
    stream_ms, tflm_ms = _times_ms(network, rounds)
    return [
        Figure(
            f"Stream, {network.name}: instructions per MAC, rv32imc",
            network.run.instructions / network.model.macs,
            "",
            target=MOST_PER_MAC if fomo else None,
            detail=f"{network.run.instructions:,} instructions, {network.model.macs:,} MACs",
        ),
        Figure(
            f"Stream, {network.name}: time on this machine",
            stream_ms,
            "ms",
            target=tflm_ms / LEAST_SPEEDUP if fomo else None,
            baseline_name="TFLM's reference kernels",
            baseline=tflm_ms,
        ),
    ]


def _times_ms(network: Network, rounds: int) -> tuple[float, float]:
    """Medians of interleaved runs; the answers must be equal."""
    inputs = random_inputs(network.model, 1, seed=0)[0]
    tflm = open_runner(network.model.data, "tflm")
    engine = StreamEngine(network.plan.encode())
    for place, array in enumerate(inputs):
        engine.give(place, array.tobytes())
    count = network.plan.on_board
    stream_s: list[float] = []
    tflm_s: list[float] = []
    for _ in range(rounds):
        began = perf_counter()
        engine.begin(0, count)
        engine.advance()
        between = perf_counter()
        expected = tflm.run(inputs)
        tflm_s.append(perf_counter() - between)
        stream_s.append(between - began)
    live = engine.live(count)
    seen = [] if live is None else [np.frombuffer(data, np.uint8).tobytes() for _, _, data, _ in live]
    if seen != [array.tobytes() for array in expected]:
        raise SystemExit(f"{network.name}: the engines disagree")
    return 1000 * statistics.median(stream_s), 1000 * statistics.median(tflm_s)
